"""Tables: those that lay a page out, those whose cells hold lists, those whose rows are steps or answers, and data."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from langkah.sources.pages.blocks import Block, Heading, Listing, Scope, Text
from langkah.sources.pages.wording import asks

_NUMBER: Final = re.compile(r"(?:step|langkah|tahap)?\s*(\d{1,2})[.)]?", re.IGNORECASE)
_LABEL_LENGTH: Final = 200


class Cell(NamedTuple):
    """One cell: whether it is a heading of its row or column, and what it holds."""

    header: bool
    blocks: tuple[Block, ...]

    @property
    def plain(self) -> str | None:
        """Its text, where it holds nothing else."""
        texts = [block for block in self.blocks if isinstance(block, Text) and not block.code]
        return "\n".join(text.shown for text in texts) if len(texts) == len(self.blocks) else None

    @property
    def rich(self) -> bool:
        """Whether it holds what a cell of data does not: headings, numbered lists, numbered paragraphs."""
        return any(
            isinstance(block, (Heading, Scope)) or (isinstance(block, Listing) and block.ordered) for block in self.blocks
        ) or (len(self.blocks) > 1 and self.plain is not None)


Row = Sequence[Cell]


def table_blocks(rows: Sequence[Row]) -> list[Block]:
    """The blocks of a table."""
    rows = [row for row in rows if any(cell.blocks for cell in row)]
    if any(cell.rich for row in rows for cell in row):
        return _layout(rows)
    if (steps := _steps(rows)) is not None:
        return [steps]
    if answers := _answers(rows):
        return answers
    lines = [" | ".join((cell.plain or "").replace("\n", " ") for cell in row if cell.blocks) for row in rows]
    return [Text("\n".join(lines))] if lines else []


def _layout(rows: Sequence[Row]) -> list[Block]:
    """Cells one after the other, each under the label of its row and, where several stand side by side, of its column."""
    top = [cell.plain or "" for cell in rows[0]] if len(rows) > 1 and all(cell.header for cell in rows[0]) else []
    blocks: list[Block] = []
    for row in rows[1:] if top else rows:
        if len(row) == 1:
            blocks.extend(row[0].blocks)
            continue
        label = row[0].plain if not row[0].rich and len(row[0].plain or "") <= _LABEL_LENGTH else None
        cells = list(enumerate(row))[1 if label else 0 :]
        several = sum(cell.rich for _, cell in cells) > 1
        inner: list[Block] = [Heading(0, label.replace("\n", " "))] if label else []
        for place, cell in cells:
            name = top[place] if place < len(top) else ""
            named = bool(name) and cell.rich and (several or not label)
            inner.append(Scope((*((Heading(0, name, variant=True),) if named else ()), *cell.blocks)))
        blocks.append(Scope(tuple(inner)))
    return blocks


def _steps(rows: Sequence[Row]) -> Listing | None:
    """The rows as a list, where their first cells count from 1, the first row apart where it does not: a heading."""
    numbers = [_number(row[0]) if len(row) > 1 else None for row in rows]
    body = rows[1:] if numbers and numbers[0] is None else rows
    if len(body) < 2 or numbers[-len(body) :] != list(range(1, len(body) + 1)):
        return None
    return Listing(tuple(tuple(block for cell in row[1:] for block in cell.blocks) for row in body), ordered=True)


def _answers(rows: Sequence[Row]) -> list[Block]:
    """The rows as questions with their answers, where each has two cells and the first asks, but for a row of headings."""
    asked = [row for row in rows if len(row) == 2 and asks(row[0].plain or "")]
    body = rows[1:] if rows and rows[0] not in asked else rows
    if not asked or len(asked) < len(body):
        return []
    return [Scope((Heading(0, (row[0].plain or "").replace("\n", " ")), *row[1].blocks)) for row in asked]


def _number(cell: Cell) -> int | None:
    found = _NUMBER.fullmatch((cell.plain or "").strip())
    return int(found[1]) if found else None
