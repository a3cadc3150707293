"""One row of a source, with all its fields: the layer below the index, and what `langkah scrub` reads."""

from __future__ import annotations

import datetime
import decimal
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from langkah.config import ColumnsConfig, SourcesConfig
from langkah.errors import SourceError

_KINDS: Final[tuple[tuple[type | tuple[type, ...], str], ...]] = (
    (str, "text"),
    (bool, "true or false"),  # before int, which it is
    ((int, float), "a number"),
    (list, "an array"),
    (dict, "an object"),
)
BOM: Final = b"\xef\xbb\xbf"
NOT_UTF8: Final = "not valid UTF-8"
TOO_DEEP: Final = "nested too deeply"


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row as it is in the source, its text hidden from `repr`.

    Attributes:
        row: 1-based: the data row of a CSV, the element of a JSON array, the line of a JSONL, the row of a sheet, the
            place of a procedure on its page.
        fields: all columns, by the file's own names, in its order; JSON values as they are. None where there is a problem.
        problem: why the row cannot be read, without its text.
    """

    row: int
    fields: Mapping[str, Any] | None = field(default=None, repr=False)
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What a format's reader is told besides the bytes.

    Attributes:
        where: the source as an error names it.
        columns: the user's own names of the columns.
        limit: most bytes that the content may unpack to.
    """

    where: str
    columns: ColumnsConfig
    limit: int

    def too_large(self) -> SourceError:
        """The error of a source that unpacks to more than the limit."""
        return too_large(self.where, self.limit)


def limit_of(config: SourcesConfig) -> int:
    """The most bytes that a source may hold, packed or not."""
    return int(config.max_megabytes * 1e6)


def too_large(where: str, limit: int) -> SourceError:
    """The error of a source of more bytes than the limit."""
    return SourceError(f"{where}: larger than sources.max_megabytes ({limit / 1e6:g} MB, unpacked too)")


def decode(data: bytes) -> str:
    """UTF-8 text without byte order mark. A wrong byte becomes a lone surrogate, so that only its row is set aside."""
    return data.removeprefix(BOM).decode("utf-8", errors="surrogateescape")


def is_text(text: str) -> bool:
    """Whether a text is valid Unicode: no wrong byte that `decode` met, no half of a surrogate pair."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def kind_of(value: Any) -> str:
    """What a JSON value is, in words."""
    for kinds, words in _KINDS:
        if isinstance(value, kinds):
            return words
    return "null"


def object_row(row: int, value: Any) -> SourceRow:
    """The row of a JSON value: an object, or the reason why it is none."""
    if not isinstance(value, dict):
        return SourceRow(row, problem=f"not an object: got {kind_of(value)}")
    fields = cast("dict[str, Any]", value)
    if all(isinstance(each, str) and is_text(each) for pair in fields.items() for each in pair):
        return SourceRow(row, fields)
    try:
        whole = json.dumps(fields, ensure_ascii=False, allow_nan=False)
    except RecursionError:
        return SourceRow(row, problem=f"invalid JSON: {TOO_DEEP}")
    except ValueError:  # 1e999 is infinite once read
        return SourceRow(row, problem="invalid JSON: a number that is too large")
    # Lone surrogates: wrong bytes of a .json, or an escape such as "\ud83d" cut in half.
    return SourceRow(row, fields) if is_text(whole) else SourceRow(row, problem=NOT_UTF8)


def typed_row(row: int, fields: Mapping[str, Any]) -> SourceRow:
    """The row of typed values (Parquet, SQL): dates become ISO text, bytes UTF-8 text, NaN null, the rest is as it is."""
    try:
        return object_row(row, {name: json_value(value) for name, value in fields.items()})
    except UnicodeDecodeError:
        return SourceRow(row, problem=NOT_UTF8)
    except RecursionError:
        return SourceRow(row, problem=TOO_DEEP)


def json_value(value: Any) -> Any:
    """A value of a typed source as JSON has it.

    Raises:
        UnicodeDecodeError: bytes that are no UTF-8 text.
    """
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, decimal.Decimal):
        return json_value(int(value) if value.is_finite() and value == value.to_integral_value() else float(value))
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).decode("utf-8")
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): json_value(inner) for name, inner in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [json_value(inner) for inner in cast("list[Any]", value)]
    return str(value)
