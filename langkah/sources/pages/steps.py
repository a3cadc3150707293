"""Steps that a page counts by hand: headings "Step 1: ...", paragraphs "1. ...", items of a list that carry their number."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from langkah.sources.pages.blocks import INLINE, SOFT_BREAK, Block, Heading, Listing, Scope, Text
from langkah.sources.pages.wording import asks, is_note, opens_step

_NUMBER: Final = re.compile(
    r"(?:(?P<word>step|langkah|tahap)\s*(?:ke-?\s*)?(?P<c>\d{1,2})(?:\s*[:.)\-–—]+\s*|\s+|$)|\(?(?P<a>\d{1,2})[.)]\s+)(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_LETTER: Final = re.compile(r"\(?([a-z])[.)]\s+(.*)", re.IGNORECASE | re.DOTALL)
_CHAPTER: Final = re.compile(r"(\d{1,2})\s+(\S.*)", re.DOTALL)
_LONGEST_HEADING: Final = 100
_SENTENCE_ENDS: Final = (".", "!", ",", ";")


class Numbered(NamedTuple):
    """A text that carries its number; `worded` where it says "Step 1", not just "1.", `lettered` where it says "a."."""

    number: int
    rest: str
    worded: bool = False
    lettered: bool = False


def number_of(text: str, *, letters: bool = False) -> Numbered | None:
    """The number that a text begins with, or with `letters` the letter, and what follows it."""
    found = _NUMBER.fullmatch(text.strip())
    if found:
        return Numbered(int(found["a"] or found["c"]), found["rest"].strip(), worded=found["word"] is not None)
    lettered = _LETTER.fullmatch(text.strip()) if letters else None
    return Numbered(ord(lettered[1].lower()) - ord("a") + 1, lettered[2].strip(), lettered=True) if lettered else None


def without_chapter_numbers(blocks: Sequence[Block]) -> list[Block]:
    """Headings that count "1 Opening", "2 Refunds", without their numbers; "3 ways to pay" alone counts nothing."""
    counted = {place: found for place, block in enumerate(blocks) if (found := _chapter(block))}
    counts: dict[int, list[int]] = {}
    for level, number, _ in counted.values():
        counts.setdefault(level, []).append(number)
    stripped = {level for level, numbers in counts.items() if len(numbers) > 1 and numbers == list(range(1, len(numbers) + 1))}
    return [
        Heading(counted[place][0], counted[place][2]) if place in counted and counted[place][0] in stripped else block
        for place, block in enumerate(blocks)
    ]


def _chapter(block: Block) -> tuple[int, int, str] | None:
    """Level, number and text of a heading with a bare number."""
    found = _CHAPTER.fullmatch(block.text) if isinstance(block, Heading) else None
    return (block.level, int(found[1]), found[2]) if found and isinstance(block, Heading) else None


def with_bold_headings(blocks: Sequence[Block]) -> list[Block]:
    """Lines in bold that ask, or that stand above steps, as headings."""
    return [
        Heading(INLINE, block.shown) if isinstance(block, Text) and _is_bold_heading(blocks, place) else block
        for place, block in enumerate(blocks)
    ]


def _is_bold_heading(blocks: Sequence[Block], place: int) -> bool:
    block = blocks[place]
    if not _looks_like_heading(block):
        return False
    if isinstance(block, Text) and asks(block.shown):
        return True
    for following in blocks[place + 1 :]:
        if isinstance(following, Heading) or _looks_like_heading(following):
            return False
        if isinstance(following, Listing) and following.ordered:
            return True
        if isinstance(following, Text) and any(_unit_number(following, line) for line in _lines(following)):
            return True
    return False


def _looks_like_heading(block: Block) -> bool:
    if not isinstance(block, Text) or not block.bold or block.code:
        return False
    short = "\n" not in block.text and len(block.text) <= _LONGEST_HEADING
    return short and not block.text.endswith(_SENTENCE_ENDS) and not is_note(block.text) and number_of(block.text) is None


def with_stepped_headings(blocks: Sequence[Block]) -> list[Block]:
    """Runs of headings that count from 1, with what is below each, as one list.

    "Step 1" is a step wherever it stands. "1. Open the app" is one where most such headings open as steps do and none has a
    numbered list of its own: chapters are numbered too.
    """
    made: list[Block] = []
    place = 0
    while place < len(blocks):
        block = blocks[place]
        run = _run(blocks, place) if isinstance(block, Heading) else None
        if run is None:
            made.append(block)
            place += 1
        else:
            listing, place = run
            made.append(listing)
    return made


def _run(blocks: Sequence[Block], start: int) -> tuple[Listing, int] | None:
    """The list that begins with the heading at `start`, and where it ends."""
    opening = blocks[start]
    level = opening.level if isinstance(opening, Heading) else 0
    titles: list[Numbered] = []
    bodies: list[list[Block]] = []
    place = start
    while place < len(blocks):
        block = blocks[place]
        if isinstance(block, Heading) and block.level <= level:
            found = number_of(block.text)
            if block.level < level or found is None or found.number != len(titles) + 1:
                break
            titles.append(found)
            bodies.append([])
        elif titles:
            bodies[-1].append(block)
        place += 1
    if len(titles) < 2 or not (all(title.worded for title in titles) or _are_steps(titles, bodies)):
        return None
    items = tuple(
        ((Text(title.rest), *body) if title.rest else tuple(body)) for title, body in zip(titles, bodies, strict=True)
    )
    return Listing(items, ordered=True), place


def _are_steps(titles: Sequence[Numbered], bodies: Sequence[Sequence[Block]]) -> bool:
    lists = any(isinstance(block, Scope) or (isinstance(block, Listing) and block.ordered) for body in bodies for block in body)
    return not lists and 2 * sum(opens_step(title.rest) for title in titles) > len(titles)


def with_numbered_texts(blocks: Sequence[Block]) -> list[Block]:
    """Paragraphs and lines that count from 1, two of them or more, as lists; what stands between two belongs to the first."""
    units = [unit for block in blocks for unit in _units(block)]
    made: list[Block] = []
    place = 0
    while place < len(units):
        ends = _count(units, place)
        if len(ends) < 2:
            made.append(units[place].block)
            place += 1
            continue
        last = ends[-1] + 1
        while last < len(units) and units[last].continues:
            last += 1
        bounds = [*ends, last]
        made.append(Listing(tuple(_item(units[a:b]) for a, b in itertools.pairwise(bounds)), ordered=True))
        place = last
    return [_without_numbers(block) if isinstance(block, Listing) else block for block in made]


class _Unit(NamedTuple):
    block: Block
    numbered: Numbered | None = None
    continues: bool = False  # the paragraph of the unit before


def _units(block: Block) -> list[_Unit]:
    """A block, or where it is a text with numbered lines, a unit for each of these and for what is between them."""
    if not isinstance(block, Text) or block.code:
        return [_Unit(block)]
    lines = _lines(block)
    if not any(_unit_number(block, line) for line in lines):
        return [_Unit(block)]
    units: list[_Unit] = []
    for line in lines:
        numbered = _unit_number(block, line)
        units.append(_Unit(Text(line), numbered, continues=bool(units) and numbered is None))
    return units


def _unit_number(text: Text, line: str) -> Numbered | None:
    """The number or letter of a line; a letter in bold ("a. By post") heads what follows."""
    return number_of(line, letters=not text.bold)


def _lines(text: Text) -> list[str]:
    return [line.strip() for line in text.text.replace(SOFT_BREAK, "\n").split("\n")]


def _count(units: Sequence[_Unit], start: int) -> list[int]:
    """The places of the units that count on from the 1 at `start`."""
    first = units[start].numbered
    if first is None or first.number != 1:
        return []
    places = [start]
    for place in range(start + 1, len(units)):
        block, found = units[place].block, units[place].numbered
        if isinstance(block, (Heading, Scope)) or (isinstance(block, Listing) and block.ordered):
            break
        if found is None or found.lettered != first.lettered:
            continue
        if found.number != len(places) + 1:
            break
        places.append(place)
    return places


def _item(units: Sequence[_Unit]) -> tuple[Block, ...]:
    opening = units[0].numbered
    own = (Text(opening.rest),) if opening and opening.rest else ()
    return (*own, *(unit.block for unit in units[1:]))


def _without_numbers(listing: Listing) -> Listing:
    """A list whose items carry their numbers as text: a numbered one, the text without them."""
    openings = [item[0] if item else None for item in listing.items]
    found = [number_of(opening.text) if isinstance(opening, Text) and not opening.code else None for opening in openings]
    numbers = [each.number for each in found if each is not None]
    if len(numbers) < 2 or numbers != list(range(1, len(listing.items) + 1)):
        return listing
    items = tuple(
        ((Text(each.rest), *item[1:]) if each.rest else item[1:])
        for each, item in zip(found, listing.items, strict=True)
        if each
    )
    return Listing(items, ordered=True)
