"""Where the originals of an item are kept, encrypted, and who looked at them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_DIGEST = 64


def upgrade() -> None:
    """Add the reference, never the text, and the table of looks."""
    op.add_column("review_items", sa.Column("vault", sa.String(_DIGEST), comment="names the sealed file with its originals"))
    op.create_table(
        "review_looks",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("item_key", sa.String(_DIGEST), sa.ForeignKey("review_items.key"), nullable=False),
        sa.Column("vault", sa.String(_DIGEST), nullable=False),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("row", sa.Integer, nullable=False),
        sa.Column("reviewer", sa.String(200), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
    )
    op.create_index("review_looks_of_item", "review_looks", ["item_key"])


def downgrade() -> None:
    """Remove both, with the record of who looked."""
    op.drop_table("review_looks")
    op.drop_column("review_items", "vault")
