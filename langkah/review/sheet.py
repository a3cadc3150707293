"""Tables in XLSX and CSV files, as text in and text out; no cell can be taken for a formula."""

from __future__ import annotations

import csv
import io
import os
import re
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from langkah.errors import InputError

SUFFIXES: Final = (".xlsx", ".csv")
_FORMULA: Final = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
_ESCAPED: Final = re.compile(r"'+[=+\-@\t\r＝＋－＠]")
_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
LONGEST: Final = 32_000
"""Characters that a cell of a workbook takes, and some to spare."""
ERRORS: Final = frozenset({"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"})
"""What a spreadsheet shows for a formula that it cannot compute, such as an answer typed with `-` in front."""
_MAX_BYTES: Final = 200_000_000
_MAX_COLUMNS: Final = 60
"""Read of a workbook: one whose last column was touched has 16,384."""
_WIDE: Final = {
    "prompt": 44,
    "output": 70,
    "before": 50,
    "set_aside_for": 30,
    "reason": 30,
    "variant_of": 36,
    "source": 18,
    "file": 18,
}


class Layout(NamedTuple):
    """The columns of a table, and what a person may do with them in a workbook."""

    columns: Sequence[str]
    choices: Mapping[str, str]
    """Of columns where one of a few words is due, those words, parted by commas."""
    typed: Collection[str]
    """Columns that a person fills in; all others are locked, without a password."""
    hidden: Collection[str]


def cell(text: str) -> str:
    """A text as a cell has it: with `'` before what a spreadsheet would compute, no control characters, not too long."""
    cleaned = _NOT_XML.sub("�", text.replace("\r\n", "\n").replace("\r", "\n"))[:LONGEST]
    return f"'{cleaned}" if _FORMULA.match(cleaned) else cleaned


def text_of(cell_text: str) -> str:
    """The text in a cell that `cell` wrote, or that a person did."""
    text = cell_text.replace("\r\n", "\n").replace("\r", "\n")
    return text[1:] if _ESCAPED.match(text) else text


def write_table(path: Path, layout: Layout, rows: Iterable[Mapping[str, str]]) -> None:
    """Write rows below a header; the file is whole or not there.

    Args:
        path: ends with `.xlsx` or `.csv`.
        layout: its columns, in order.
        rows: texts by column.

    Raises:
        InputError: another ending, or the file cannot be written.
    """
    check_suffix(path)
    fresh = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix.lower()}")
    cells = ([cell(row[name]) for name in layout.columns] for row in rows)
    try:
        if path.suffix.lower() == ".csv":
            with fresh.open("w", encoding="utf-8-sig", newline="") as handle:  # Excel needs the mark
                csv.writer(handle).writerows([list(layout.columns), *cells])
        else:
            _write_workbook(fresh, layout, cells)
        fresh.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from None
    finally:
        fresh.unlink(missing_ok=True)


def read_table(path: Path) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """Read what `write_table` wrote, and what a spreadsheet program made of it.

    Returns:
        The names of the columns, and each row that is not empty with its number as a spreadsheet shows it.

    Raises:
        InputError: another ending, or a file that cannot be read.
    """
    check_suffix(path)
    try:
        lines = _csv_lines(path) if path.suffix.lower() == ".csv" else _workbook_lines(path)
        numbered = [(number, line) for number, line in enumerate(lines, start=1) if any(value.strip() for value in line)]
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    if not numbered:
        raise InputError(f"{path}: the file is empty")
    header = [name.strip().lower() for name in numbered[0][1]]
    if twice := sorted({name for name in header if name and header.count(name) > 1}):
        raise InputError(f"{path}: expected each column once; {', '.join(name[:40] for name in twice)} is there twice")
    rows = [
        (number, {name: text_of(value) for name, value in zip(header, line, strict=False)}) for number, line in numbered[1:]
    ]
    return header, rows


def check_suffix(path: Path) -> None:
    """Refuse a file that is neither XLSX nor CSV by its name."""
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"{path}: expected a name that ends with {' or '.join(SUFFIXES)}")


def _write_workbook(path: Path, layout: Layout, cells: Iterable[Sequence[str]]) -> None:
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font, Protection
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    book = Workbook()
    sheet: Any = book.active
    sheet.title = "review"
    sheet.append(list(layout.columns))
    top = Alignment(wrap_text=True, vertical="top")
    locked = {lock: Protection(locked=lock) for lock in (False, True)}
    count = 1
    for count, line in enumerate(cells, start=2):
        for place, value in enumerate(line, start=1):
            written = sheet.cell(count, place, value)
            written.data_type = "s"  # never "f"
            written.alignment = top
            written.protection = locked[layout.columns[place - 1] not in layout.typed]
    for place, name in enumerate(layout.columns, start=1):
        letter = get_column_letter(place)
        sheet.cell(1, place).font = Font(bold=True)
        sheet.column_dimensions[letter].width = _WIDE.get(name, 13)
        sheet.column_dimensions[letter].hidden = name in layout.hidden
        if name in layout.choices:
            rule = DataValidation(type="list", formula1=f'"{layout.choices[name]}"', allow_blank=True)
            sheet.add_data_validation(rule)
            rule.add(f"{letter}2:{letter}{max(count, 2)}")
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(layout.columns))}{count}"
    sheet.protection.sheet = True
    for allowed in ("autoFilter", "formatCells", "formatColumns", "formatRows"):
        setattr(sheet.protection, allowed, False)  # whether it is forbidden
    book.save(path)


def _csv_lines(path: Path) -> Iterator[list[str]]:
    if path.stat().st_size > _MAX_BYTES:
        raise InputError(f"{path}: expected at most {_MAX_BYTES // 1_000_000} MB")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path}: expected UTF-8; save it as `CSV UTF-8`, or as XLSX") from None
    first = text.partition("\n")[0]
    mark = max(",;\t", key=first.count)  # Excel writes what its country does
    csv.field_size_limit(2**31 - 1)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    except csv.Error:
        raise InputError(f"{path}: is no CSV file that can be read") from None


def _workbook_lines(path: Path) -> Iterator[list[str]]:
    from openpyxl import load_workbook

    damaged = InputError(f"{path}: is no XLSX workbook that can be read")
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except zipfile.BadZipFile:
        raise damaged from None
    if size > _MAX_BYTES:
        raise InputError(f"{path}: expected at most {_MAX_BYTES // 1_000_000} MB once unpacked")
    try:
        book = load_workbook(path, read_only=True, data_only=True)
        for row in book.worksheets[0].iter_rows(max_col=_MAX_COLUMNS, values_only=True):
            yield [_written(value) for value in row] if any(value is not None for value in row) else []
        book.close()
    except OSError:
        raise
    except Exception:  # whatever a damaged workbook makes the parsers raise
        raise damaged from None


def _written(value: Any) -> str:
    """A value as its cell shows it: a program may have made a number of `0`, and 0.0 of that."""
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
