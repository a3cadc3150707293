"""From the blocks of a page to its procedures: a heading, the numbered steps below it, and what stands around them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from langkah.procedure import Procedure, how_procedural, parse_procedure, render
from langkah.sources.pages.blocks import Block, Heading, Listing, Scope, Text, bulleted, lines_of, unmarked
from langkah.sources.pages.dom import read_page
from langkah.sources.pages.steps import with_bold_headings, with_numbered_texts, with_stepped_headings, without_chapter_numbers
from langkah.sources.pages.wording import (
    asks,
    is_action,
    is_boilerplate,
    is_generic,
    is_variant,
    opens_step,
    plain_heading,
    promises_no_steps,
)

_SHARE: Final = 0.6
"""Share of a list's items that must open as steps do."""
_SHARE_BELOW_ACTION: Final = 0.3
"""The same below a heading that names something to do."""
_CASE_WORDS: Final = 4
"""A heading of so few words, below one that names something to do, names a case of it."""
_LEAD_IN_WORDS: Final = 20
_TITLE_MARKS: Final = (" | ", " – ", " — ", " - ", " · ", " :: ")


@dataclass(frozen=True, slots=True)
class Found:
    """A procedure of a page: its question, and its answer in the form of `langkah.procedure.render`.

    `steps` is empty where the page answers without any; the answer is then its text.
    """

    prompt: str = field(repr=False)
    output: str = field(repr=False)
    steps: tuple[str, ...] = field(repr=False)


def procedures_in_html(html: str) -> list[Found]:
    """The procedures of an HTML page, in the order of the page.

    Raises:
        NestedTooDeeplyError: the page cannot be parsed in a time worth waiting.
    """
    page = read_page(html)
    title = _page_title(page.title)
    found: list[Found] = []
    _scan(page.blocks, [Heading(0, title)] if title else [], found)
    return found


def _page_title(title: str) -> str:
    """A page's title without the name of its site."""
    for mark in _TITLE_MARKS:
        if mark in title:
            return title.rpartition(mark)[0].strip() or title
    return title


def _scan(blocks: Sequence[Block], above: Sequence[Heading], found: list[Found]) -> None:
    """Read one scope: its sections one after the other, each below its own headings and those around the scope."""
    headings: list[Heading] = []
    section: list[Block] = []
    headed = True  # whether the section stands right below its heading, not behind a scope or as an introduction
    for block in with_stepped_headings(with_bold_headings(without_chapter_numbers(blocks))):
        if isinstance(block, Heading):
            if not _only_opens(block, headings, section):
                deeper = not headings or block.level > headings[-1].level
                _read_section(section, [*above, *headings], found, answers=headed and not deeper)
                section, headed = [], True
            while headings and headings[-1].level >= block.level:
                headings.pop()
            text = plain_heading(block.text)
            if text:
                headings.append(replace(block, text=text))
        elif isinstance(block, Scope):
            _read_section(section, [*above, *headings], found)
            section, headed = [], False
            _scan(block.blocks, [*above, *headings], found)
        else:
            section.append(block)
    _read_section(section, [*above, *headings], found, answers=headed)


def _only_opens(heading: Heading, headings: Sequence[Heading], section: Sequence[Block]) -> bool:
    """Whether a heading ("Steps") only opens the steps that the section above it introduces."""
    deeper = not headings or headings[-1].level < heading.level
    return deeper and is_generic(heading.text) and not any(isinstance(block, Listing) and block.ordered for block in section)


def _read_section(section: Sequence[Block], headings: Sequence[Heading], found: list[Found], *, answers: bool = False) -> None:
    """Make a record of each procedure between two headings; with `answers`, of an answer in any form to a heading that asks."""
    blocks = _joined([block for block in with_numbered_texts(section) if not _is_page_furniture(block)])
    nearest = [heading.text for heading in reversed(headings)]
    lists = {place: block for place, block in enumerate(blocks) if isinstance(block, Listing) and _is_procedure(block, nearest)}
    if not lists:
        if answers and (answer := _answer(blocks, headings)):
            found.append(answer)
        return
    places = list(lists)
    cases = {place: _lead_in(blocks, place, places) if len(lists) > 1 else None for place in places}
    # Where the text above a list ends: a line that only leads in the list belongs to its prompt.
    starts = [place - 1 if cases[place] else place for place in places]
    intro = list(bulleted(blocks[: starts[0]]))
    for place, end in zip(places, [*starts[1:], len(blocks)], strict=True):
        prompt, opening = _prompt(headings, cases[place]), intro
        if not prompt and intro:
            *opening, prompt = intro
            prompt = plain_heading(prompt)
        steps = tuple("\n".join(lines) for item in lists[place].items if (lines := list(lines_of(item))))
        procedure = Procedure("\n".join(opening), steps, "\n".join(bulleted(blocks[place + 1 : end])))
        found.append(Found(prompt, render(procedure), steps))


def _answer(blocks: Sequence[Block], headings: Sequence[Heading]) -> Found | None:
    """What answers a heading that asks, in bullets or running text; one without steps is flagged by the index, not lost.

    A list of things rather than of what to do (what is included, what it costs) is given without its marks, as the text that
    it is.
    """
    telling = [heading.text for heading in reversed(headings) if not (is_generic(heading.text) or _names_case(heading))]
    text = "\n".join(lines_of(blocks))
    if not text or not telling or not asks(telling[0]) or promises_no_steps(telling):
        return None
    prompt = _prompt(headings, None)
    procedure = parse_procedure(text)
    if procedure is None or not how_procedural(text).procedural:
        return Found(prompt, "\n".join(unmarked(blocks)), ())
    return Found(prompt, render(procedure), procedure.steps)


def _joined(blocks: Sequence[Block]) -> list[Block]:
    """Numbered lists that go on after a note or a picture, as one: what stands between belongs to the step above."""
    made: list[Block] = []
    current: int | None = None  # the place of the list that may go on
    singles = False  # whether it was made of lists of one item each
    for block in blocks:
        if isinstance(block, Listing) and block.ordered:
            before = made[current] if current is not None else None
            single = len(block.items) == 1
            if current is not None and isinstance(before, Listing):
                between = made[current + 1 :]
                if _goes_on(before, block) or (singles and single and _is_aside(between)):
                    *items, last = before.items
                    made[current:] = [replace(before, items=(*items, (*last, *between), *block.items))]
                    continue
            current, singles = len(made), single
        made.append(block)
    return made


def _goes_on(before: Listing, after: Listing) -> bool:
    """Whether a list says by its `start` that it goes on from another one."""
    return after.first > 1 and after.first == before.first + len(before.items) and before.letters == after.letters


def _is_aside(between: Sequence[Block]) -> bool:
    """Whether what stands between two lists of one step each belongs to the first: editors number both 1."""
    return not (between and isinstance(between[-1], Text) and between[-1].text.endswith(":"))


def _is_page_furniture(block: Block) -> bool:
    """Whether a block belongs to the page around the text: "Was this helpful?", "Contact us", a list of links."""
    if isinstance(block, Text):
        return block.link or is_boilerplate(block.shown)
    return isinstance(block, Listing) and not block.ordered and bool(block.items) and all(map(_is_link, block.items))


def _is_link(item: Iterable[Block]) -> bool:
    return all(isinstance(block, Text) and block.link for block in item)


def _is_procedure(listing: Listing, headings: Sequence[str]) -> bool:
    """Whether a list is one of steps: numbered, most of them opening as steps do, below no heading that says otherwise."""
    items = [item for item in listing.items if any(True for _ in lines_of(item))]
    if not listing.ordered or not items or all(map(_is_link, items)) or promises_no_steps(_telling(headings)):
        return False
    opened = sum(opens_step(next(iter(lines_of(item)))) for item in items)
    told = next((heading for heading in _telling(headings) if not is_variant(heading)), "")
    needed = _SHARE_BELOW_ACTION if is_action(told) else _SHARE
    return opened >= needed * len(items)


def _telling(headings: Sequence[str]) -> list[str]:
    """The headings that say of what, nearest first."""
    return [heading for heading in headings if not is_generic(heading)]


def _lead_in(blocks: Sequence[Block], place: int, places: Sequence[int]) -> str | None:
    """The line right above one of several lists of a section that says which case it is of ("On Windows:")."""
    before = blocks[place - 1] if place and place - 1 not in places else None
    if not isinstance(before, Text) or before.code or "\n" in before.text:
        return None
    text = before.shown
    told = text.endswith(":") or (len(text.split()) <= _CASE_WORDS and text[-1:].isalnum())
    short = len(text.split()) <= _LEAD_IN_WORDS
    return plain_heading(text) if told and short and not is_generic(text) else None


def _prompt(headings: Sequence[Heading], case: str | None) -> str:
    """The nearest heading that says what is done; what only names a case of it follows in brackets."""
    cases = [case] if case else []
    remaining = [heading for heading in headings if not is_generic(heading.text)]
    while remaining:
        heading = remaining.pop()
        if not remaining or not _is_case(heading, remaining[-1]):
            return " ".join([heading.text, *(f"({each})" for each in cases)])
        cases.insert(0, heading.text)
    return " ".join(cases)


def _names_case(heading: Heading) -> bool:
    return heading.variant or is_variant(heading.text)


def _is_case(heading: Heading, above: Heading) -> bool:
    if _names_case(heading):
        return True
    short = len(heading.text.split()) <= _CASE_WORDS and not heading.text.endswith("?")
    return short and not is_action(heading.text) and is_action(above.text)
