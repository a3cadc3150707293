"""Steps that share a line, put on lines of their own."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Final

from langkah.procedure.markers import (
    CIRCLED,
    INLINE_LETTER,
    INLINE_NUMERAL,
    Marker,
    count_on,
    find_markers,
    grammar,
    letter_value,
    number_value,
    roman_value,
)

_DIGIT: Final = re.compile(rf"[\d🔟{CIRCLED[1:-1]}]")
_WINDOW: Final = 40  # characters before a number that may hold the noun it belongs to


def split_inline(lines: Sequence[str], candidates: Sequence[Marker]) -> list[str]:
    """Put steps that share a line on lines of their own.

    Done where the count needs it: in a text with at most one number at a line's start, and where such numbers leave a
    gap that the line above fills ("1. Open 2. Click" above "3. Save"). Letters and Roman numerals are split in brackets
    only (`a)`, `(ii)`), in a text with no other list.

    Args:
        lines: the text.
        candidates: its `number_markers`.
    """
    markers = count_on(candidates)
    if not markers and not any(_may_hold_marker(line) and grammar().inline.search(line) for line in lines):
        return list(lines) if find_markers(lines, candidates) else [piece for line in lines for piece in _lettered(line)]
    opened = {marker.line: marker for marker in markers}
    next_number = {marker.line: following.number for marker, following in itertools.pairwise(markers)}
    split: list[str] = []
    filled = len(markers) < 2
    for place, line in enumerate(lines):
        marker = opened.get(place)
        following = next_number.get(place)
        if marker is None and markers:
            split.append(line)
            continue
        if marker is not None and following is None and not filled:
            split.append(line)
            continue
        if not _may_hold_marker(marker.rest if marker else line):
            split.append(line)
            continue
        last = following - 1 if following is not None else None
        pieces = _numbered(line, marker.number + 1 if marker else 1, last)
        if len(pieces) > 1 and following is not None:
            filled = True
        split.extend(pieces)
    return split


def _may_hold_marker(text: str) -> bool:
    """Whether a text has what every inline marker has; much faster than looking for one."""
    if _DIGIT.search(text):
        return True
    lower = text.lower()
    return any(word in lower for word in grammar().step_words)


def _numbered(line: str, number: int, last: int | None) -> list[str]:
    """Cut a line before each inline marker that counts on from `number` (up to `last`); one piece where it does not."""
    cuts: list[int] = []
    wanted = number
    for match in grammar().inline.finditer(line):
        found = number_value(match)
        if match.start() == 0 and number > 1:
            continue
        if found == -1 and cuts:
            found = wanted
        if found != wanted or (last is not None and found > last):
            continue
        before = line[max(0, match.start() - _WINDOW) : match.start()]
        if match["b"] is None or not _counts_a_noun(before, found):  # "(2)", "②" and "Step 2:" belong to no noun
            cuts.append(match.start())
            wanted += 1
    if not cuts or (last is not None and wanted <= last) or (number == 1 and len(cuts) == 1 and cuts[0] > 0):
        return [line]
    return _cut(line, cuts)


def _lettered(line: str) -> list[str]:
    """Cut a line before `a)`, `b)` ... or `i)`, `ii)` ..., where there are at least two."""
    for pattern, value in ((INLINE_LETTER, letter_value), (INLINE_NUMERAL, roman_value)):
        cuts: list[int] = []
        for match in pattern.finditer(line):
            if value(match["n"] or match["m"]) == len(cuts) + 1:
                cuts.append(match.start())
        if len(cuts) > 1:
            return _cut(line, cuts)
    return [line]


def _cut(line: str, cuts: Sequence[int]) -> list[str]:
    joint = grammar().joint
    indent = " " * (len(line) - len(line.lstrip()))
    ends = [*cuts[1:], len(line)]
    pieces = [line[: cuts[0]].rstrip(), *(indent + line[start:end] for start, end in zip(cuts, ends, strict=True))]
    tidy = [joint.sub("", piece.rstrip()) for piece in pieces[:-1]]
    return [piece for piece in [*tidy, pieces[-1]] if piece.strip()]


def _counts_a_noun(before: str, number: int) -> bool:
    """Whether the number belongs to the word before it ("version 2.", "Windows 11."), and opens no step."""
    words = before.split()
    return number > 1 and bool(words) and words[-1].strip("\"'“”‘’([").lower() in grammar().numbered_nouns
