"""What a page is made of, once navigation and decoration are gone. No text shows in `repr`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

SOFT_BREAK = "\v"
"""A line end of a Markdown source that is none on the page: a space, unless numbered lines follow."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading, level 1 to 6; 0 opens a scope, `INLINE` is a line in bold that serves as one.

    `variant` says that it names a case of the heading above (a tab, a column of a table).
    """

    level: int
    text: str = field(repr=False)
    variant: bool = False


INLINE = 7


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; its lines are parted by newlines. `bold` and `link` say that all of it is; `code` is a code sample."""

    text: str = field(repr=False)
    bold: bool = False
    link: bool = False
    code: bool = False

    @property
    def shown(self) -> str:
        """The text as the page shows it."""
        return self.text.replace(SOFT_BREAK, " ")


@dataclass(frozen=True, slots=True)
class Listing:
    """A list: for each item its blocks. `first` is the number of the first; `letters` counts a, b, c."""

    items: tuple[tuple[Block, ...], ...]
    ordered: bool
    first: int = 1
    letters: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """Blocks whose headings end with it: an accordion's panel, a tab, a cell, a definition list."""

    blocks: tuple[Block, ...]


Block = Heading | Text | Listing | Scope


def lines_of(blocks: Iterable[Block]) -> Iterator[str]:
    """Blocks as lines of plain text, lists indented under the text that they follow."""
    for block in blocks:
        if isinstance(block, Scope):
            yield from lines_of(block.blocks)
        elif isinstance(block, Listing):
            yield from _list_lines(block)
        elif isinstance(block, Heading):
            yield block.text
        else:
            yield from (line for line in block.shown.split("\n") if line.strip())


def bulleted(blocks: Iterable[Block]) -> Iterator[str]:
    """As `lines_of`, with bullets for numbers: beside steps, another count would be taken for theirs."""
    for block in blocks:
        yield from lines_of([Listing(block.items, ordered=False)] if isinstance(block, Listing) else [block])


def unmarked(blocks: Iterable[Block]) -> Iterator[str]:
    """As `lines_of`, lists without numbers, bullets and indent."""
    for block in blocks:
        if isinstance(block, Listing):
            for item in block.items:
                yield from unmarked(item)
        else:
            yield from lines_of([block])


def _list_lines(listing: Listing) -> Iterator[str]:
    for place, item in enumerate(listing.items):
        mark = _mark(listing, place)
        opening, *more = list(lines_of(item)) or [""]
        if not opening:
            continue
        yield f"{mark} {opening}"
        yield from (" " * (len(mark) + 1) + line for line in more)


def _mark(listing: Listing, place: int) -> str:
    if not listing.ordered:
        return "-"
    number = listing.first + place
    return f"{chr(ord('a') + number - 1)}." if listing.letters and number <= 26 else f"{number}."
