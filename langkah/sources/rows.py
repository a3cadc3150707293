"""Every row of one file, in order, with all its fields: the layer below the index, and what `langkah scrub` reads."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn, cast

from langkah.errors import SourceError
from langkah.sources.columns import missing_columns, unique_names
from langkah.sources.files import decode, read_bytes

_DELIMITERS: Final = (",", ";", "\t", "|")
_KINDS: Final[tuple[tuple[type | tuple[type, ...], str], ...]] = (
    (str, "text"),
    (bool, "true or false"),  # before int, which it is
    ((int, float), "a number"),
    (list, "an array"),
    (dict, "an object"),
)
_ANY_SIZE: Final = 2**31 - 1
NOT_UTF8: Final = "not valid UTF-8"


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row as it is in the file, its text hidden from `repr`.

    Attributes:
        row: 1-based: the data row of a CSV, the element of a JSON array, the line of a JSONL.
        fields: all columns, by the file's own names, in its order; JSON values as they are. None where there is a problem.
        problem: why the row cannot be read, without its text.
    """

    row: int
    fields: Mapping[str, Any] | None = field(default=None, repr=False)
    problem: str | None = None


def read_rows(file_path: Path) -> Iterator[SourceRow]:
    """Read all rows of a file.

    Empty lines are no rows (the lines of a JSONL keep their number).

    Raises:
        SourceError: at the call, before the first row: the file cannot be read, see `describe_files`.
    """
    return parse_rows(read_bytes(file_path), file_path)


def parse_rows(data: bytes, path: Path) -> Iterator[SourceRow]:
    """Read all rows from the bytes of `path`.

    Raises:
        SourceError: at the call: invalid JSON as a whole, or a CSV without a column for prompt or output.
    """
    text = decode(data)
    suffix = path.suffix.lower()
    if suffix == ".json":
        return _json_rows(_json_array(text, path))
    if suffix in (".jsonl", ".ndjson"):
        return _jsonl_rows(text)
    return _csv_rows(text, _delimiter(text, path, "\t" if suffix == ".tsv" else None))


# --- JSON -------------------------------------------------------------------------------------------------------------


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _load(text: str) -> Any:
    """`json.loads` without NaN and Infinity, which no other program reads back; too deep nesting is a ValueError."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _json_array(text: str, path: Path) -> list[Any]:
    try:
        loaded = _load(text)
    except json.JSONDecodeError as error:
        hint = "; one object a line belongs in a .jsonl" if error.msg == "Extra data" and error.lineno > 1 else ""
        raise SourceError(f"{path}: line {error.lineno}, column {error.colno}: invalid JSON: {error.msg}{hint}") from None
    except ValueError:  # the message of a number too long for int() is Python's own, and no help
        raise SourceError(f"{path}: invalid JSON: nested too deeply, NaN, or a number that is too long") from None
    rows = cast("dict[str, Any]", loaded).get("data") if isinstance(loaded, dict) else loaded
    if not isinstance(rows, list):
        got = "an object without it" if isinstance(loaded, dict) else kind_of(loaded)
        raise SourceError(f"{path}: expected an array of objects, or an object with an array `data`, got {got}")
    return cast("list[Any]", rows)


def _json_rows(values: list[Any]) -> Iterator[SourceRow]:
    for row, value in enumerate(values, start=1):
        yield _object_row(row, value)


def _jsonl_rows(text: str) -> Iterator[SourceRow]:
    for row, line in enumerate(text.split("\n"), start=1):  # not splitlines: U+2028 may stand in a JSON string
        if not line.strip():
            continue
        if not _is_text(line):
            yield SourceRow(row, problem=NOT_UTF8)
            continue
        try:
            value = _load(line)
        except json.JSONDecodeError as error:
            yield SourceRow(row, problem=f"invalid JSON: column {error.colno}")
        except ValueError:
            yield SourceRow(row, problem="invalid JSON: nested too deeply, NaN, or a number that is too long")
        else:
            yield _object_row(row, value)


def _object_row(row: int, value: Any) -> SourceRow:
    if not isinstance(value, dict):
        return SourceRow(row, problem=f"not an object: got {kind_of(value)}")
    fields = cast("dict[str, Any]", value)
    try:
        whole = json.dumps(fields, ensure_ascii=False)
    except RecursionError:
        return SourceRow(row, problem="invalid JSON: nested too deeply")
    # Lone surrogates: wrong bytes of a .json, or an escape such as "\ud83d" cut in half.
    return SourceRow(row, fields) if _is_text(whole) else SourceRow(row, problem=NOT_UTF8)


def kind_of(value: Any) -> str:
    """What a JSON value is, in words."""
    for kinds, words in _KINDS:
        if isinstance(value, kinds):
            return words
    return "null"


def _is_text(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


# --- CSV --------------------------------------------------------------------------------------------------------------


class _Lines:
    """The lines of a CSV, remembering those of the row being read."""

    def __init__(self, text: str) -> None:
        self._lines = io.StringIO(text, newline="")
        self.taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self.taken.append(line)
            yield line


def _delimiter(text: str, path: Path, only: str | None) -> str:
    """The delimiter with which the header has its columns; the user's file says `;` where the decimal sign is a comma."""
    headers = {delimiter: _header(text, delimiter) for delimiter in ([only] if only else _DELIMITERS)}
    for delimiter, header in headers.items():
        if missing_columns(header) is None:
            return delimiter
    widest = max(headers.values(), key=len)
    if not all(_is_text(name) for name in widest):
        raise SourceError(f"{path}: {NOT_UTF8} in the header")
    raise SourceError(f"{path}: {missing_columns(widest)}")


def _header(text: str, delimiter: str) -> list[str]:
    csv.field_size_limit(_ANY_SIZE)  # the module's own limit would end the file at a cell of 128 kB
    return next((row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if _filled(row)), list[str]())


def _filled(row: list[str]) -> bool:
    """Whether a row is one: an empty line has no cell, or one of spaces."""
    return len(row) > 1 or any(cell.strip() for cell in row)


def _csv_rows(text: str, delimiter: str) -> Iterator[SourceRow]:
    csv.field_size_limit(_ANY_SIZE)
    lines = _Lines(text)
    keys: list[str] | None = None
    row = 0
    for cells in csv.reader(lines, delimiter=delimiter):
        taken, lines.taken = lines.taken, []
        if not _filled(cells):
            continue
        if keys is None:
            keys = unique_names(cells)
            continue
        row += 1
        if not all(map(_is_text, cells)):
            yield SourceRow(row, problem=NOT_UTF8)
        elif _unclosed(taken, delimiter):
            yield SourceRow(row, problem=f"unclosed quote: the row runs to the end of the file, over {len(taken)} lines")
        elif len(cells) != len(keys):
            yield SourceRow(row, problem=f"wrong number of cells: {len(cells)}, the header has {len(keys)}")
        else:
            yield SourceRow(row, dict(zip(keys, cells, strict=True)))


def _unclosed(taken: list[str], delimiter: str) -> bool:
    """Whether a row ended only because the file did. The lenient reader does not tell, the strict one does."""
    if sum(line.count('"') for line in taken) % 2 == 0:
        return False
    try:
        list(csv.reader(taken, delimiter=delimiter, strict=True))
    except csv.Error as error:
        return "unexpected end of data" in str(error)
    return False
