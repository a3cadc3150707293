"""The tables of human ratings, beside those of the review. The migrations make them; a test compares the two."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from langkah.review.tables import KEY_LENGTH, UtcDateTime, metadata

_ITEM: Final = "rating_items.key"

rating_items = Table(
    "rating_items",
    metadata,
    Column("key", String(KEY_LENGTH), primary_key=True),
    Column("language", String(16), nullable=False),
    Column("prompt", Text, nullable=False),
)
rating_answers = Table(
    "rating_answers",
    metadata,
    Column("item_key", String(KEY_LENGTH), ForeignKey(_ITEM), primary_key=True),
    Column("system", String(32), primary_key=True),
    Column("text", Text, nullable=False),
)
rating_runs = Table(
    "rating_runs",
    metadata,
    Column("run_id", String(200), primary_key=True),
    Column("published", UtcDateTime, nullable=False),
)
rating_memberships = Table(
    "rating_memberships",
    metadata,
    Column("run_id", String(200), ForeignKey("rating_runs.run_id"), primary_key=True),
    Column("item_key", String(KEY_LENGTH), ForeignKey(_ITEM), primary_key=True),
    Column("answer_row", Integer, nullable=False, comment="place among the answers of the run, from 0"),
    Column("intent", Text, nullable=False),
    Column("slice", String(16), nullable=False),
    Column("drawn", String(16), nullable=False),
)
rating_sheets = Table(
    "rating_sheets",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("item_key", String(KEY_LENGTH), ForeignKey(_ITEM), nullable=False),
    Column("rater", String(200), nullable=False),
    Column("version", Integer, nullable=False, comment="the last one stands; one without scores was skipped"),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("item_key", "rater", "version", name="one_sheet_a_version"),
)
rating_scores = Table(
    "rating_scores",
    metadata,
    Column("sheet", Integer, ForeignKey("rating_sheets.id"), primary_key=True),
    Column("system", String(32), primary_key=True),
    Column("clarity", Integer, nullable=False),
    Column("correctness", Integer, nullable=False),
    Column("completeness", Integer, nullable=False),
    Column("relevance", Integer, nullable=False),
)
rating_drafts = Table(
    "rating_drafts",
    metadata,
    Column("item_key", String(KEY_LENGTH), ForeignKey(_ITEM), primary_key=True),
    Column("rater", String(200), primary_key=True),
    Column("system", String(32), primary_key=True),
    Column("clarity", Integer),
    Column("correctness", Integer),
    Column("completeness", Integer),
    Column("relevance", Integer),
)
rating_reveals = Table(
    "rating_reveals",
    metadata,
    Column("item_key", String(KEY_LENGTH), ForeignKey(_ITEM), primary_key=True),
    Column("rater", String(200), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)
Index("rating_sheets_of_rater", rating_sheets.c.rater, rating_sheets.c.item_key)
