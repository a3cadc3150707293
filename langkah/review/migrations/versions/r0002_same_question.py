"""What an item asks, so that records with one question and several answers are found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from langkah.review.rows import question_of

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, and fill it from the questions as the last decisions left them."""
    op.add_column("review_items", sa.Column("question", sa.String(64), comment="equal where two records ask the same"))
    connection = op.get_bind()
    rows = connection.execute(
        sa.text(
            "SELECT i.number, i.kind, i.language, COALESCE(d.prompt, i.prompt) FROM review_items i"
            " LEFT JOIN review_decisions d ON d.item_key = i.key AND d.version = i.version"
        )
    ).all()
    values = [{"number": number, "question": question_of(kind, language, prompt)} for number, kind, language, prompt in rows]
    if values:
        connection.execute(sa.text("UPDATE review_items SET question = :question WHERE number = :number"), values)
    op.create_index("review_items_by_question", "review_items", ["question"])


def downgrade() -> None:
    """Remove it again."""
    op.drop_index("review_items_by_question", "review_items")
    op.drop_column("review_items", "question")
