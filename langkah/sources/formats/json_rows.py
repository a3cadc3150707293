"""JSON (an array of objects, or an object with an array `data`) and JSONL (one object a line)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Final, NoReturn, cast

from langkah.errors import SourceError
from langkah.sources.columns import mapping_of, unfound
from langkah.sources.rows import BOM, NOT_UTF8, Reading, SourceRow, decode, is_text, kind_of, object_row

_NO_JSON: Final = "invalid JSON: nested too deeply, NaN, or a number that is too long"


def json_rows(stream: BinaryIO, reading: Reading) -> Iterator[SourceRow]:
    """Read the elements of the array; their places are the row numbers.

    Raises:
        SourceError: at the call: invalid JSON, no array, or a mapped column that no object has.
    """
    values = _json_array(decode(stream.read()), reading.where)
    return _mapped(lambda: (object_row(row, value) for row, value in enumerate(values, start=1)), reading)


def jsonl_rows(stream: BinaryIO, reading: Reading) -> Iterator[SourceRow]:
    """Read the lines; an empty one is no row, but counts.

    Raises:
        SourceError: at the call: a mapped column that no object has.
    """
    return _mapped(lambda: _lines(stream), reading)


def _mapped(rows: Callable[[], Iterator[SourceRow]], reading: Reading) -> Iterator[SourceRow]:
    """The rows, once it is known that each mapped column is one of some row."""
    if mapping_of(reading.columns) and (
        problem := unfound((row.fields for row in rows() if row.fields is not None), reading.columns)
    ):
        raise SourceError(f"{reading.where}: {problem}")
    return rows()


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _load(text: str) -> Any:
    """`json.loads` without NaN and Infinity, which no other program reads back; too deep nesting is a ValueError."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _json_array(text: str, where: str) -> list[Any]:
    try:
        loaded = _load(text)
    except json.JSONDecodeError as error:
        hint = "; one object a line belongs in a .jsonl" if error.msg == "Extra data" and error.lineno > 1 else ""
        raise SourceError(f"{where}: line {error.lineno}, column {error.colno}: invalid JSON: {error.msg}{hint}") from None
    except ValueError:  # the message of a number too long for int() is Python's own, and no help
        raise SourceError(f"{where}: {_NO_JSON}") from None
    rows = cast("dict[str, Any]", loaded).get("data") if isinstance(loaded, dict) else loaded
    if not isinstance(rows, list):
        got = "an object without it" if isinstance(loaded, dict) else kind_of(loaded)
        raise SourceError(f"{where}: expected an array of objects, or an object with an array `data`, got {got}")
    return cast("list[Any]", rows)


def _lines(stream: BinaryIO) -> Iterator[SourceRow]:
    # Line by line, never the whole; by "\n" alone, for U+2028 may stand in a JSON string.
    stream.seek(0)
    for row, whole in enumerate(stream, start=1):
        line = (whole.removeprefix(BOM) if row == 1 else whole).decode("utf-8", errors="surrogateescape").removesuffix("\n")
        if not line.strip():
            continue
        if not is_text(line):
            yield SourceRow(row, problem=NOT_UTF8)
            continue
        try:
            value = _load(line)
        except json.JSONDecodeError as error:
            yield SourceRow(row, problem=f"invalid JSON: column {error.colno}")
        except ValueError:
            yield SourceRow(row, problem=_NO_JSON)
        else:
            yield object_row(row, value)
