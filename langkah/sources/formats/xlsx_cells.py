"""The cells of a sheet of an XLSX workbook, streamed from its XML, as the text that a person sees."""

from __future__ import annotations

import datetime
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

FORMULA: Final = "a formula without a stored value; open the file in a spreadsheet program and save it"
ERROR: Final = "an error value in place of text"
_MAX_ROW: Final = 1_048_576
_MAX_COLUMN: Final = 16_384
_MAX_MERGES: Final = 1_000
"""Merges over one row; they may not overlap, so that more is no workbook that a spreadsheet program wrote."""
_WHOLE: Final = 1e15
"""Numbers from here on lose digits in a spreadsheet, and are written with an exponent."""
_DECIMALS: Final = re.compile(r"(?P<grouped>#,##)?0(?:\.(?P<places>0+))?(?P<percent>%)?(?:[;_].*)?")
_ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
"""Characters that XML cannot hold are written so (ECMA-376, part 1, 22.9.2.19)."""


class Cell(NamedTuple):
    """A cell's text, or the problem with it."""

    text: str
    problem: str | None = None


class Merge(NamedTuple):
    """A range of cells that is shown as one; all ends belong to it."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(slots=True)
class Sheet:
    """What is in a sheet: cells by row and column, from 1, and merges in the order of their first row."""

    cells: dict[int, dict[int, Cell]] = field(default_factory=dict[int, dict[int, Cell]], repr=False)
    merges: dict[int, list[Merge]] = field(default_factory=dict[int, list[Merge]])
    """By the row, among those with cells, that they cover."""

    def merges_at(self, row: int) -> list[Merge]:
        """The merges that cover a row with cells."""
        return self.merges.get(row, [])


def read_sheet(package: Any, part: str) -> Sheet:
    """Read one sheet.

    Args:
        package: openpyxl's `ExcelReader`, its strings and styles read.
        part: its XML, by name in the archive.

    Raises:
        Exception: whatever damage to the XML makes the parsers raise.
    """
    from defusedxml.ElementTree import iterparse
    from openpyxl.worksheet.worksheet import Worksheet

    formats = _Formats(Worksheet(package.wb), package.wb.epoch)
    rows: dict[int, dict[int, Cell]] = {}
    merges: list[Merge] = []
    current = 0
    with package.archive.open(part) as content:
        for event, element in iterparse(content, events=("start", "end")):
            tag = element.tag.rpartition("}")[2]
            if event == "start":
                if tag == "row":
                    current = _within(int(element.get("r", current + 1)), _MAX_ROW)
                continue
            if tag == "row":
                cells = _cells(element, package.shared_strings, formats)
                if cells:
                    rows.setdefault(current, {}).update(cells)
                element.clear()
            elif tag == "mergeCell":
                merges.append(_merge(element.get("ref", "")))
    return Sheet(rows, _by_row(merges, rows))


def _by_row(merges: list[Merge], rows: dict[int, dict[int, Cell]]) -> dict[int, list[Merge]]:
    """The merges of each row that has cells: a merge of the whole sheet costs no more than its rows."""
    used = sorted(rows)
    found: dict[int, list[Merge]] = defaultdict(list)
    waiting = sorted(merges)
    place = 0
    active: list[Merge] = []
    for row in used:
        while place < len(waiting) and waiting[place].top <= row:
            active.append(waiting[place])
            place += 1
        active = [merge for merge in active if merge.bottom >= row]
        if len(active) > _MAX_MERGES:
            raise ValueError("merges over merges")
        if active:
            widest = max(rows[row], default=1)
            found[row] = [merge._replace(right=min(merge.right, max(widest, merge.left + 255))) for merge in active]
    return dict(found)


def _merge(ref: str) -> Merge:
    from openpyxl.utils.cell import range_boundaries

    left, top, right, bottom = range_boundaries(ref)
    return Merge(top or 1, left or 1, bottom or _MAX_ROW, right or _MAX_COLUMN)


def _cells(row: Any, strings: list[str], formats: _Formats) -> dict[int, Cell]:
    from openpyxl.utils.cell import coordinate_to_tuple

    cells: dict[int, Cell] = {}
    place = 0
    for element in row:
        if element.tag.rpartition("}")[2] != "c":
            continue
        place = coordinate_to_tuple(element.get("r"))[1] if element.get("r") else place + 1
        cell = _cell(element, strings, formats)
        if cell.text or cell.problem:
            cells[_within(place, _MAX_COLUMN)] = cell
    return cells


def _cell(element: Any, strings: list[str], formats: _Formats) -> Cell:
    kind = element.get("t", "n")
    parts = {child.tag.rpartition("}")[2]: child for child in element}
    value = parts["v"].text if "v" in parts else None
    if kind == "inlineStr":
        return Cell(_unescaped("".join(_shown(parts["is"]))) if "is" in parts else "")
    if not value:
        # An empty text that a formula gave is stored as t="str" with an empty value.
        return Cell("", FORMULA if "f" in parts and kind != "str" else None)
    if kind == "s":
        return Cell(_unescaped(strings[int(value)]))
    if kind == "e":
        return Cell(value, ERROR)
    if kind == "b":
        return Cell("TRUE" if value == "1" else "FALSE")
    if kind == "n":
        return Cell(formats.text(float(value), int(element.get("s", 0))))
    return Cell(_unescaped(value))  # "str", the text that a formula gave, and "d", an ISO date


def _shown(inline: Any) -> Iterator[str]:
    """The runs of a rich text, without the readings above them."""
    for child in inline:
        tag = child.tag.rpartition("}")[2]
        if tag == "t":
            yield child.text or ""
        elif tag == "r":
            yield from _shown(child)


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _within(number: int, most: int) -> int:
    if not 1 <= number <= most:
        raise ValueError("a cell outside of the sheet")
    return number


class _Formats:
    """Numbers as text, by the number format of their style."""

    def __init__(self, sheet: Any, epoch: datetime.datetime) -> None:
        self._sheet = sheet
        self._epoch = epoch
        self._by_style: dict[int, tuple[str, bool]] = {}

    def text(self, value: float, style: int) -> str:
        """What is shown: dates in ISO form, whole numbers without a point, and the zeros, percents and decimals asked for."""
        code, date = self._format(style)
        return _date(value, self._epoch) if date else number_text(value, code)

    def _format(self, style: int) -> tuple[str, bool]:
        if style not in self._by_style:
            from openpyxl.cell.read_only import ReadOnlyCell
            from openpyxl.styles.numbers import is_date_format

            code: str = ReadOnlyCell(self._sheet, 1, 1, 1, "n", style).number_format
            self._by_style[style] = (code, bool(is_date_format(code)))
        return self._by_style[style]


def number_text(value: float, code: str = "General") -> str:
    """A number as its format shows it; formats beyond zeros, decimals, thousands and percent are shown as General."""
    if set(code) == {"0"} and value == int(value):  # "00000": postal codes, account numbers
        return f"{int(value):0{len(code)}d}"
    shape = _DECIMALS.fullmatch(code)
    if shape is None or abs(value) >= _WHOLE:
        return str(int(value)) if value == int(value) and abs(value) < _WHOLE else f"{value:.15g}"
    places = len(shape["places"] or "")
    grouped = "," if shape["grouped"] else ""
    if shape["percent"]:
        return f"{value * 100:{grouped}.{places}f}%"
    return f"{value:{grouped}.{places}f}"


def _date(value: float, epoch: datetime.datetime) -> str:
    from openpyxl.utils.datetime import from_excel

    try:
        found = from_excel(value, epoch)
    except (ValueError, OverflowError):  # no date there is
        return number_text(value)
    if isinstance(found, datetime.datetime):
        midnight = found.time() == datetime.time()
        return found.date().isoformat() if midnight else found.isoformat(" ", "seconds").removesuffix(":00")
    if isinstance(found, datetime.time):
        return found.isoformat("seconds").removesuffix(":00")
    return str(found)
