"""Items, their decisions, and the runs that published them."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_KEY = 64


def upgrade() -> None:
    """Make the tables, and name the database."""
    places = op.create_table(
        "review_places",
        sa.Column("id", sa.String(32), primary_key=True, comment="names this database in exported files"),
    )
    op.bulk_insert(places, [{"id": uuid.uuid4().hex}])
    op.create_table(
        "review_items",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("key", sa.String(_KEY), nullable=False, unique=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("intent", sa.Text, nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("prompt", sa.Text, nullable=False),
        sa.Column("output", sa.Text, nullable=False),
        sa.Column("before", sa.Text),
        sa.Column("variant_of", sa.Text),
        sa.Column("reasons", sa.Text, nullable=False, comment="a JSON array"),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("row", sa.Integer, nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer, nullable=False, comment="counts decisions; who writes must have seen the last"),
    )
    op.create_table(
        "review_reasons",
        sa.Column("item_key", sa.String(_KEY), sa.ForeignKey("review_items.key"), primary_key=True),
        sa.Column("label", sa.String(200), primary_key=True, comment="what a reason says before its first colon"),
    )
    op.create_table(
        "review_decisions",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("item_key", sa.String(_KEY), sa.ForeignKey("review_items.key"), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("prompt", sa.Text, nullable=False),
        sa.Column("output", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("reviewer", sa.String(200), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("undo", sa.Boolean, nullable=False, comment="takes the decision before it back"),
        sa.UniqueConstraint("item_key", "version", name="one_decision_a_version"),
    )
    op.create_table(
        "review_runs",
        sa.Column("run_id", sa.String(200), primary_key=True),
        sa.Column("published", sa.DateTime, nullable=False),
    )
    op.create_table(
        "review_memberships",
        sa.Column("run_id", sa.String(200), sa.ForeignKey("review_runs.run_id"), primary_key=True),
        sa.Column("item_key", sa.String(_KEY), sa.ForeignKey("review_items.key"), primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
    )
    op.create_index("review_decisions_of_reviewer", "review_decisions", ["reviewer", "id"])
    op.create_index("review_items_by_kind", "review_items", ["kind", "verdict"])
    op.create_index("review_items_of_original", "review_items", ["intent", "kind"])
    op.create_index("review_memberships_in_order", "review_memberships", ["run_id", "position"])
    op.create_index("review_memberships_of_item", "review_memberships", ["item_key"])


def downgrade() -> None:
    """Remove the tables, with every decision in them."""
    for table in ("memberships", "runs", "decisions", "reasons", "items", "places"):
        op.drop_table(f"review_{table}")
