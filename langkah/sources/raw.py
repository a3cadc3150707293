"""One row as a record with its text, or the reason why it is none."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from langkah.config import IngestConfig
from langkah.language import OTHER, in_neither, label, parse_language
from langkah.sources.columns import find_columns
from langkah.sources.files import SourceFile
from langkah.sources.rows import SourceRow, kind_of


@dataclass(frozen=True, slots=True)
class RawRecord:
    """A question with its answer, not scrubbed: it lives in memory only, and `repr` hides its text."""

    file: str
    row: int
    id: str | None = field(repr=False)
    source: str = field(repr=False)
    prompt: str = field(repr=False)
    output: str = field(repr=False)
    language: str


class RowError(Exception):
    """Why a row is rejected, without its text; never leaves this room."""


def to_record(row: SourceRow, file: SourceFile, config: IngestConfig, language: str | None = None) -> RawRecord:
    """Make a record of a row of `file`; outer space of its cells is dropped.

    A row without source has the bare name of its file: an intent's name must not depend on the other files of the run.

    Args:
        row: from `read_rows`.
        file: its source.
        config: what is taken.
        language: of a row that was judged before; where None, what its own column and the config say.

    Raises:
        RowError: the row cannot be read, or a cell is missing, empty, no text, too long, or holds NUL characters.
    """
    if row.fields is None:
        raise RowError(row.problem or "unreadable")
    fields = row.fields
    columns = find_columns((name for name, value in fields.items() if value is not None), file.columns)
    prompt = _text(fields, columns.prompt, "prompt", config)
    output = _text(fields, columns.output, "output", config)
    if not any(map(str.isalpha, output)):
        raise RowError("output without letters")
    given = fields[columns.id] if columns.id is not None else None
    if isinstance(given, int | float) and not isinstance(given, bool):
        given = str(int(given)) if float(given).is_integer() else str(given)
    return RawRecord(
        file=file.name,
        row=row.row,
        id=_optional(given, "id", config),
        source=_optional(fields[columns.source] if columns.source is not None else None, "source", config) or file.source,
        prompt=prompt,
        output=output,
        language=language
        or _language(fields[columns.language] if columns.language is not None else None, prompt, output, config),
    )


def language_of(given: Any, text: str, config: IngestConfig) -> str | None:
    """The language that a row is treated as: what its own column says, else the config, else what the text looks like.

    Returns:
        `en`, `id` or `mixed`; None where the row's column names no language that Langkah knows.
    """
    if given is not None and not isinstance(given, str):
        return None
    if _is_given(given):
        return parse_language(given)
    return label(text) if config.language == "auto" else config.language


def _is_given(language: str | None) -> TypeGuard[str]:
    return language is not None and bool(language.strip())


def _language(given: Any, prompt: str, output: str, config: IngestConfig) -> str:
    """The language of a row; `other` where only its text can say, and certainly says neither English nor Indonesian."""
    text = f"{prompt}\n{output}"
    language = language_of(given, text, config)
    if language is None:
        raise RowError("unknown language: expected en, id or mixed")
    return OTHER if config.language == "auto" and not _is_given(given) and in_neither(text) else language


def _text(fields: Mapping[str, Any], name: str | None, role: str, config: IngestConfig) -> str:
    if name is None:
        raise RowError(f"missing {role}")
    value = fields[name]
    if not isinstance(value, str):
        raise RowError(f"{role} is no text: got {kind_of(value)}")
    if is_blank(value):
        raise RowError(f"empty {role}")
    return _checked(value, role, config)


def _optional(value: Any, role: str, config: IngestConfig) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise RowError(f"{role} is no text: got {kind_of(value)}")
    return None if is_blank(value) else _checked(value, role, config)


def _checked(value: str, role: str, config: IngestConfig) -> str:
    if "\0" in value:
        raise RowError(f"NUL character in {role}")
    if len(value) > config.max_chars:
        raise RowError(f"{role} too long: {len(value)} characters, at most {config.max_chars}")
    return value.strip()


def is_blank(text: str) -> bool:
    """Whether a text shows nothing: spaces, controls, zero-width characters (`str.strip` leaves the last)."""
    return all(unicodedata.category(character)[0] in "CZ" for character in text)
