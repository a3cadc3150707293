"""Where rows come from, how they are read, and which are taken."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from langkah.config.sections import DatabaseUrl, Float, Int, Section, Texts


class IngestConfig(Section):
    """Which rows of the sources are taken."""

    form = ("language", "max_intents")

    language: Literal["auto", "en", "id"] = Field(default="auto", title="Language")
    """Labels rows that have no `language` of their own; `auto` detects it row by row. Never filters."""
    max_intents: Int | None = Field(default=None, ge=1, title="At most so many intents", examples=[40])
    """Take the first N intents, by a stable hash, of the rows that ingest accepts; None takes all. What the later steps flag
    or find repeated is not made up for, so a dataset may have fewer."""
    max_chars: Int = Field(default=20_000, ge=100, le=1_000_000, title="Longest prompt or answer, characters")
    """A longer cell is set aside as rejected."""


class ColumnsConfig(Section):
    """The file's own names of the columns, where they are none that Langkah knows."""

    prompt: str | None = Field(default=None, title="Column of the question", examples=["Customer asks"])
    """None: `prompt`, `question`, `instruction`, `pertanyaan` ..., see `langkah/sources/columns.py`."""
    output: str | None = Field(default=None, title="Column of the answer")
    """None: `output`, `answer`, `response`, `jawaban` ..."""
    id: str | None = Field(default=None, title="Column of the row's own number")
    """None: `id`."""
    source: str | None = Field(default=None, title="Column of the source")
    """None: `source`."""
    language: str | None = Field(default=None, title="Column of the language")
    """None: `language`."""


class DatabaseConfig(Section):
    """One query whose rows are FAQ rows; `--data sql:NAME` takes it, NAME being its key in `sources.databases`."""

    url: DatabaseUrl = Field(title="SQLAlchemy URL", examples=["postgresql+psycopg://faq:${FAQ_PASSWORD}@db/helpdesk"])
    """`${NAME}` stands for an environment variable, so that no password stands in a settings file or in Prefect."""
    query: str = Field(title="Query", examples=["SELECT question, answer FROM faq ORDER BY id"])
    """A SELECT with an ORDER BY: the order gives the rows their numbers."""


class SourcesConfig(Section):
    """Where rows come from, and how they are read."""

    columns: ColumnsConfig = Field(default=ColumnsConfig(), title="Column names")
    """The file's own names, where they are none that Langkah knows."""
    databases: dict[str, DatabaseConfig] = Field(default={}, title="Database queries by name")
    """`--data sql:NAME` takes the rows of one."""
    max_megabytes: Float = Field(default=512, gt=0, le=1_000_000, title="Largest file, megabytes once unpacked")
    """A larger one is refused, as is an XLSX or gzip file that unpacks to more."""
    allowed_roots: Texts = Field(default=(), title="Folders and URLs that deployed runs may read")
    """A deployed run reads only below these; empty: only below the worker's own folder. The command line reads anything.
    Where the worker has roots of its own (LANGKAH_ALLOWED_ROOTS), these can only narrow them."""
