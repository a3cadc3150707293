"""The tables of the review database. The migrations make them; a test compares the two."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

KEY_LENGTH: Final = 64


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC: stored without a zone, since SQLite has none, and read with it."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """On the way in: UTC, without a zone."""
        return value.astimezone(UTC).replace(tzinfo=None) if value else None

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """On the way out: with the zone."""
        return value.replace(tzinfo=UTC) if value else None


metadata: Final = MetaData()

places = Table(
    "review_places",
    metadata,
    Column("id", String(32), primary_key=True, comment="names this database in exported files"),
)
items = Table(
    "review_items",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("key", String(KEY_LENGTH), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("intent", Text, nullable=False),
    Column("language", String(16), nullable=False),
    Column("source", Text, nullable=False),
    Column("prompt", Text, nullable=False),
    Column("output", Text, nullable=False),
    Column("before", Text),
    Column("variant_of", Text),
    Column("reasons", Text, nullable=False, comment="a JSON array"),
    Column("file", Text, nullable=False),
    Column("row", Integer, nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("version", Integer, nullable=False, comment="counts decisions; who writes must have seen the last"),
    Column("question", String(KEY_LENGTH), comment="equal where two records ask the same"),
    Column("vault", String(KEY_LENGTH), comment="names the sealed file with its originals"),
)
reasons = Table(
    "review_reasons",
    metadata,
    Column("item_key", String(KEY_LENGTH), ForeignKey("review_items.key"), primary_key=True),
    Column("label", String(200), primary_key=True, comment="what a reason says before its first colon"),
)
decisions = Table(
    "review_decisions",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("item_key", String(KEY_LENGTH), ForeignKey("review_items.key"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("prompt", Text, nullable=False),
    Column("output", Text, nullable=False),
    Column("reason", Text),
    Column("reviewer", String(200), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("restores", Integer, comment="of an undo, the version that stands again; 0: none does"),
    UniqueConstraint("item_key", "version", name="one_decision_a_version"),
)
looks = Table(
    "review_looks",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("item_key", String(KEY_LENGTH), ForeignKey("review_items.key"), nullable=False),
    Column("vault", String(KEY_LENGTH), nullable=False),
    Column("file", Text, nullable=False),
    Column("row", Integer, nullable=False),
    Column("reviewer", String(200), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
runs = Table(
    "review_runs",
    metadata,
    Column("run_id", String(200), primary_key=True),
    Column("published", UtcDateTime, nullable=False),
)
memberships = Table(
    "review_memberships",
    metadata,
    Column("run_id", String(200), ForeignKey("review_runs.run_id"), primary_key=True),
    Column("item_key", String(KEY_LENGTH), ForeignKey("review_items.key"), primary_key=True),
    Column("position", Integer, nullable=False),
)
Index("review_decisions_of_reviewer", decisions.c.reviewer, decisions.c.id)
Index("review_items_by_kind", items.c.kind, items.c.verdict)
Index("review_items_of_original", items.c.intent, items.c.kind)
Index("review_items_by_question", items.c.question)
Index("review_looks_of_item", looks.c.item_key)
Index("review_memberships_in_order", memberships.c.run_id, memberships.c.position)
Index("review_memberships_of_item", memberships.c.item_key)
