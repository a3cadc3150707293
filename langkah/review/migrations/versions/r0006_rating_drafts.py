"""Ratings that were begun and not saved."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_CRITERIA = ("clarity", "correctness", "completeness", "relevance")


def upgrade() -> None:
    """Make their table."""
    op.create_table(
        "rating_drafts",
        sa.Column("item_key", sa.String(64), sa.ForeignKey("rating_items.key"), primary_key=True),
        sa.Column("rater", sa.String(200), primary_key=True),
        sa.Column("system", sa.String(32), primary_key=True),
        *(sa.Column(name, sa.Integer) for name in _CRITERIA),
    )


def downgrade() -> None:
    """Remove it, with all that was begun."""
    op.drop_table("rating_drafts")
