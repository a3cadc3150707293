"""XLSX workbooks: the rows of every sheet, with merged cells filled, values as a person sees them.

openpyxl reads the package, its strings and its number formats. Cells are streamed by our own reader of the sheet's XML: a
sheet may claim a million rows and hold three, openpyxl's streaming reader knows no merged cells, and its other one takes
some fifty times the file in memory.
"""

from __future__ import annotations

import io
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, Final, NamedTuple

from langkah.errors import SourceError
from langkah.sources.columns import Columns, find_columns, missing_columns, unique_names
from langkah.sources.formats.xlsx_cells import FORMULA, Cell, Sheet, read_sheet
from langkah.sources.rows import NOT_UTF8, Reading, SourceRow, is_text

_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""What password-protected workbooks and those of the old .xls begin with."""
_HEADER_ROWS: Final = 10
"""The header is looked for so far down: above it there is often a title."""
_CHUNK: Final = 1 << 20
_NO_HEADER: Final = "in a sheet without a header that has the columns prompt and output"


class _Table(NamedTuple):
    """What is known of a sheet that has the columns."""

    header: int  # the row it stands in
    places: list[int]  # the columns with a header or any value, 1-based
    keys: list[str]  # their names


def xlsx_rows(stream: BinaryIO, reading: Reading) -> Iterator[SourceRow]:
    """Read the rows of all sheets, hidden ones too; those of a sheet without the columns are set aside.

    Such a sheet is told by its place among the sheets: its name may be a person's. A row's number is the sheet's own; a
    further sheet goes on counting from the last row of the one before, those without the columns last. The value of a
    merge belongs to all its cells. A row without a value of its own is none. A formula whose value was never stored, or an
    error value, in a column that Langkah reads sets its row aside.

    Raises:
        SourceError: at the call: no workbook, damaged, with a password, without a sheet that has the columns, or one that
            unpacks to more than the limit.
    """
    data = stream.read()
    if data.startswith(_OLE):
        raise SourceError(f"{reading.where}: a workbook with a password, or an old .xls: save it as .xlsx without one")
    _check_archive(data, reading)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of extensions that it leaves out
            sheets = [*_sheets(data)]
    except MemoryError:
        raise
    except Exception as error:  # openpyxl meets damage with whatever its code happens to raise
        raise SourceError(f"{reading.where}: a damaged workbook ({type(error).__name__})") from None
    tables = [_table(sheet, reading) for sheet in sheets]
    if not any(tables):
        headers = [row for sheet in sheets if (row := _first_row(sheet))]
        problem = missing_columns(max(headers, key=len), reading.columns) if headers else "every sheet is empty"
        raise SourceError(f"{reading.where}: no sheet has the columns: {problem}")
    return _rows(sheets, tables, reading)


def _check_archive(data: bytes, reading: Reading) -> None:
    """Refuse a bomb by the sizes that its directory claims, then by those that it has."""
    unpacked = 0
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if sum(part.file_size for part in parts) > reading.limit:
                raise reading.too_large()
            for part in parts:
                if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise zipfile.BadZipFile
                with archive.open(part) as content:
                    while chunk := content.read(_CHUNK):
                        unpacked += len(chunk)
                        if unpacked > reading.limit:
                            raise reading.too_large()
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, ValueError, OSError, EOFError, OverflowError):
        raise SourceError(f"{reading.where}: expected an .xlsx workbook (damaged, cut off, or something else)") from None


def _sheets(data: bytes) -> Iterator[Sheet]:
    from openpyxl.reader.excel import ExcelReader
    from openpyxl.styles.stylesheet import apply_stylesheet

    package: Any = ExcelReader(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    package.read_manifest()
    package.read_strings()
    package.read_workbook()
    apply_stylesheet(package.archive, package.wb)
    for _, part in package.parser.find_sheets():
        if part.target in package.valid_files and "chartsheet" not in part.Type:
            yield read_sheet(package, part.target)


def _table(sheet: Sheet, reading: Reading) -> _Table | None:
    for row in sorted(sheet.cells)[:_HEADER_ROWS]:
        cells = _filled(sheet, row)
        places = [place for place, cell in sorted(cells.items()) if cell.text.strip()]
        names = [cells[place].text for place in places]
        if missing_columns(names, reading.columns) is None:
            used = sorted({place for own in sheet.cells.values() for place in own} | set(places))
            keys = unique_names([cells[place].text if place in cells else "" for place in used])
            return _Table(row, used, keys)
    return None


def _first_row(sheet: Sheet) -> list[str]:
    """The first row with two cells or more, what a header looks like, for the error."""
    rows = [[cell.text for cell in sheet.cells[row].values()] for row in sorted(sheet.cells)[:_HEADER_ROWS]]
    return next((row for row in rows if len(row) > 1), rows[0] if rows else [])


def _rows(sheets: Sequence[Sheet], tables: Sequence[_Table | None], reading: Reading) -> Iterator[SourceRow]:
    before = 0
    numbered = enumerate(zip(sheets, tables, strict=True), start=1)
    for place, (sheet, table) in sorted(numbered, key=lambda each: each[1][1] is None):
        columns = find_columns(table.keys, reading.columns) if table else Columns()
        for row in sorted(sheet.cells):
            if not any(cell.text.strip() or cell.problem for cell in sheet.cells[row].values()):
                continue
            if table is None:
                yield SourceRow(before + row, problem=f"{_NO_HEADER} (sheet {place})")
            elif row > table.header:
                yield _row(before + row, _filled(sheet, row), table, columns)
        before += max(sheet.cells, default=0)


def _row(number: int, cells: dict[int, Cell], table: _Table, columns: Columns) -> SourceRow:
    roles = {name: role for role, name in columns._asdict().items() if name is not None}
    fields: dict[str, str | None] = {}
    for place, key in zip(table.places, table.keys, strict=True):
        cell = cells.get(place)
        if cell is not None and cell.problem and key in roles:
            return SourceRow(number, problem=f"{roles[key]}: {cell.problem}")
        fields[key] = cell.text if cell is not None and cell.problem != FORMULA else None
    whole = "".join(text for text in fields.values() if text)
    return SourceRow(number, fields) if is_text(whole) else SourceRow(number, problem=NOT_UTF8)


def _filled(sheet: Sheet, row: int) -> dict[int, Cell]:
    """A row's cells, with those of the merges that it lies in."""
    cells = dict(sheet.cells.get(row, {}))
    for merge in sheet.merges_at(row):
        if (cell := sheet.cells.get(merge.top, {}).get(merge.left)) is not None:
            for place in range(merge.left, merge.right + 1):
                if place not in cells or not cells[place].text:
                    cells[place] = cell
    return cells
