"""Answers that people rate without knowing whose they are, and what they gave them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_KEY = 64
_CRITERIA = ("clarity", "correctness", "completeness", "relevance")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "rating_items",
        sa.Column("key", sa.String(_KEY), primary_key=True),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("prompt", sa.Text, nullable=False),
    )
    op.create_table(
        "rating_answers",
        sa.Column("item_key", sa.String(_KEY), sa.ForeignKey("rating_items.key"), primary_key=True),
        sa.Column("system", sa.String(32), primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_table(
        "rating_runs",
        sa.Column("run_id", sa.String(200), primary_key=True),
        sa.Column("published", sa.DateTime, nullable=False),
    )
    op.create_table(
        "rating_memberships",
        sa.Column("run_id", sa.String(200), sa.ForeignKey("rating_runs.run_id"), primary_key=True),
        sa.Column("item_key", sa.String(_KEY), sa.ForeignKey("rating_items.key"), primary_key=True),
        sa.Column("answer_row", sa.Integer, nullable=False, comment="place among the answers of the run, from 0"),
        sa.Column("intent", sa.Text, nullable=False),
        sa.Column("slice", sa.String(16), nullable=False),
        sa.Column("drawn", sa.String(16), nullable=False),
    )
    op.create_table(
        "rating_sheets",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("item_key", sa.String(_KEY), sa.ForeignKey("rating_items.key"), nullable=False),
        sa.Column("rater", sa.String(200), nullable=False),
        sa.Column("version", sa.Integer, nullable=False, comment="the last one stands; one without scores was skipped"),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.UniqueConstraint("item_key", "rater", "version", name="one_sheet_a_version"),
    )
    op.create_table(
        "rating_scores",
        sa.Column("sheet", sa.Integer, sa.ForeignKey("rating_sheets.id"), primary_key=True),
        sa.Column("system", sa.String(32), primary_key=True),
        *(sa.Column(name, sa.Integer, nullable=False) for name in _CRITERIA),
    )
    op.create_table(
        "rating_reveals",
        sa.Column("item_key", sa.String(_KEY), sa.ForeignKey("rating_items.key"), primary_key=True),
        sa.Column("rater", sa.String(200), primary_key=True),
        sa.Column("at", sa.DateTime, nullable=False),
    )
    op.create_index("rating_sheets_of_rater", "rating_sheets", ["rater", "item_key"])


def downgrade() -> None:
    """Remove the tables, with every rating in them."""
    for table in ("reveals", "scores", "sheets", "memberships", "runs", "answers", "items"):
        op.drop_table(f"rating_{table}")
