"""CSV, with the delimiter that its header shows, and TSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final

from langkah.errors import SourceError
from langkah.sources.columns import missing_columns, unique_names
from langkah.sources.rows import BOM, NOT_UTF8, Reading, SourceRow, is_text

_DELIMITERS: Final = (",", ";", "\t", "|")
_DECLARED: Final = re.compile(r'"?sep=(?P<delimiter>[^\r\n"])"?[ \t]*(?:\r\n|\r|\n)', re.IGNORECASE)
"""Excel's own first line, which names the delimiter and is no row."""
_ANY_SIZE: Final = 2**31 - 1


def csv_rows(stream: BinaryIO, reading: Reading) -> Iterator[SourceRow]:
    """Read the rows below the header; their places are the row numbers, empty lines are none.

    A line `sep=;` above the header names the delimiter, as it does for Excel.

    Raises:
        SourceError: at the call: no header with a column for prompt and output.
    """
    return _rows(stream, reading, _DELIMITERS)


def tsv_rows(stream: BinaryIO, reading: Reading) -> Iterator[SourceRow]:
    """Read tab-separated rows as `csv_rows` does."""
    return _rows(stream, reading, ("\t",))


class _Lines:
    """The lines of a CSV, remembering those of the row being read."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = lines
        self.taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self.taken.append(line)
            yield line


@contextmanager
def _text(stream: BinaryIO, start: int) -> Generator[io.TextIOWrapper]:
    """The text from a byte on, decoded as it is read; lines end as they do in the file."""
    stream.seek(start)
    text = io.TextIOWrapper(stream, encoding="utf-8", errors="surrogateescape", newline="")
    try:
        yield text
    finally:
        text.detach()  # it would close what is read again


def _rows(stream: BinaryIO, reading: Reading, delimiters: tuple[str, ...]) -> Iterator[SourceRow]:
    start = len(BOM) if stream.read(len(BOM)) == BOM else 0
    with _text(stream, start) as text:
        first = next(text, "")
    if declared := _DECLARED.match(first):
        start, delimiters = start + len(declared[0].encode("utf-8", "surrogateescape")), (declared["delimiter"],)
    return _data_rows(stream, start, _delimiter(stream, start, reading, delimiters))


def _delimiter(stream: BinaryIO, start: int, reading: Reading, delimiters: tuple[str, ...]) -> str:
    """The delimiter with which the header has its columns; the user's file says `;` where the decimal sign is a comma."""
    headers = {delimiter: _header(stream, start, delimiter) for delimiter in delimiters}
    for delimiter, header in headers.items():
        if missing_columns(header, reading.columns) is None:
            return delimiter
    widest = max(headers.values(), key=len)
    if not all(is_text(name) for name in widest):
        raise SourceError(f"{reading.where}: {NOT_UTF8} in the header")
    raise SourceError(f"{reading.where}: {missing_columns(widest, reading.columns)}")


def _header(stream: BinaryIO, start: int, delimiter: str) -> list[str]:
    csv.field_size_limit(_ANY_SIZE)  # the module's own limit would end the file at a cell of 128 kB
    with _text(stream, start) as text:
        return next((row for row in csv.reader(text, delimiter=delimiter) if _filled(row)), list[str]())


def _filled(row: list[str]) -> bool:
    """Whether a row is one: an empty line has no cell, or one of spaces."""
    return len(row) > 1 or any(cell.strip() for cell in row)


def _data_rows(stream: BinaryIO, start: int, delimiter: str) -> Iterator[SourceRow]:
    csv.field_size_limit(_ANY_SIZE)
    with _text(stream, start) as text:
        yield from _read(_Lines(text), delimiter)


def _read(lines: _Lines, delimiter: str) -> Iterator[SourceRow]:
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
        if not all(map(is_text, cells)):
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
