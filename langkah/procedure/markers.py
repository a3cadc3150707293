"""The marks that open a step at the start of a line: numbers of all kinds, letters, Roman numerals, bullets.

A number opens a step only where the count goes on: `2.1`, `10.30` and the `11.` of a wrapped "Windows 11." do not. A count that
starts again at 1 is another list.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache
from typing import Final, NamedTuple

from langkah.procedure.word_lists import word_lists, words_of

NESTED: Final = 2
"""Columns by which a line is deeper than its step's marker when it is nested in the step."""
_MAX_SKIP: Final = 2
"""A count may skip one number ("1. 2. 4."): people delete a step and leave the rest."""
_NEXT: Final = -1
"""The value of `Last step:` and `Next step:`: whatever comes next."""
CIRCLED: Final = "[①-⑳❶-❿⓫-⓴➀-➉➊-➓]"
KEYCAP: Final = "(?:[0-9]\ufe0f?\u20e3|\U0001f51f)"
_BULLET: Final = re.compile(r"(\s*)(?:[-*+–](?:\s+(?=\S))|[•‣▪▫●○◦■□◆➤➔➜➡►▶→✓✔✅☑☐👉·]\ufe0f?\s*(?=\S))(?:\[[ xX]?\]\s+)?(.*)")
_ROMAN: Final = ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii", "xiv", "xv")


class Marker(NamedTuple):
    """A line that opens a step: where it is, how deep (columns), its number, and the text after the marker."""

    line: int
    indent: int
    number: int
    rest: str


class Grammar(NamedTuple):
    """The patterns made from `marks.json`."""

    number: re.Pattern[str]
    inline: re.Pattern[str]
    note: re.Pattern[str]
    joint: re.Pattern[str]
    numbered_nouns: frozenset[str]
    numerals: dict[str, int]
    step_words: tuple[str, ...]


@cache
def grammar() -> Grammar:
    """The patterns, built at first use."""
    data = word_lists("marks")
    step, note, joining = ("|".join(words_of(data[name])) for name in ("step_words", "note_words", "joining_words"))
    numerals = {word: int(value) for value, words in data["numerals"].items() for word in words_of(words)}
    word = "|".join(numerals)
    numerals |= {numeral: value for value, numeral in enumerate(_ROMAN) if value}
    named = (
        rf"(?:(?:{step})\s+(?:ke-?\s*|no\.?\s*|\#\s*)?(?P<c>\d{{1,2}}|{'|'.join(numerals)})(?:\s+(?:of|dari)\s+\d{{1,2}}|/\d{{1,2}})?"
        rf"|(?:the\s+)?(?P<d>{word})\s+step)(?![^\W_])"
    )
    digits = r"\((?P<a>\d{1,2})\)|(?P<b>\d{1,2})(?:\.\)|\)\.|[.)]|\s\))"
    sign = rf"(?P<e>{CIRCLED}|{KEYCAP})[.):]?"
    return Grammar(
        number=re.compile(
            r"(?P<indent>\s*)(?:[-*•]\s+)?(?:\#{1,6}\s+)?(?P<bold>\*\*?|__?)?"
            rf"(?:{digits}|{sign}|{named}(?:\s*(?:->|[:.)\-–—→>])|(?=[*_]{{1,2}}\s*[:.\-–—]?\s*)|(?=\s*$)))"
            r"(?P<unbold>(?P=bold)(?:\s*[:\-–—](?=\s))?)?(?:\s+|$|(?=[^\W\d_*])|(?<=[^\x00-\x7f]))(?P<rest>.*)",
            re.IGNORECASE,
        ),
        inline=re.compile(
            rf"(?<!\S)(?:{digits}|{named}\s*[:.)])(?:\s+(?=\S)|(?=[^\W\d_]))|{sign}\s*(?=\S)",
            re.IGNORECASE,
        ),
        note=re.compile(rf"\**+(?:{note})\b(?:\s*+\d+)?\s*+\**+\s*+[:!.\-–—]", re.IGNORECASE),
        joint=re.compile(rf"(?:[,;]|(?:[,;]?\s|^)(?:{joining}))$", re.IGNORECASE),
        numbered_nouns=frozenset(word for line in data["numbered_nouns"] for word in line.split()),
        numerals=numerals,
        step_words=tuple(data["step_words"].split()),
    )


_WEAK: Final = re.compile(
    r"(?P<indent>\s*)(?:(?P<n>\d{1,2})\s*(?:[-–—]\s+|:\s+|/\s+)|\[(?P<m>\d{1,2})\]\s+|\#(?P<k>\d{1,2})[.:)]?\s+"
    r"|no\.?\s*(?P<o>\d{1,2})\s*[:.]\s+)(?P<rest>\D.*)",
    re.IGNORECASE,
)
"""Marks that are as often something else ("1 - 2 days", "#1 in town"): a list where they count from 1, without a gap."""
_LETTER: Final = re.compile(r"(?P<indent>\s*)(?:\((?P<n>[a-z])\)|(?P<m>[a-z])[.)])\s+(?P<rest>\S.*)", re.IGNORECASE)
_NUMERAL: Final = re.compile(r"(?P<indent>\s*)(?:\((?P<n>[ivx]{1,5})\)|(?P<m>[ivx]{1,5})[.)])\s+(?P<rest>\S.*)", re.IGNORECASE)
_SECTION: Final = re.compile(r"(?P<indent>\s*)\d{1,2}\.(?P<n>\d{1,2})[.)]?\s+(?P<rest>[^\Wa-z].*)")
INLINE_LETTER: Final = re.compile(r"(?<!\S)(?:\((?P<n>[a-z])\)|(?P<m>[a-z])\))\s+(?=\S)", re.IGNORECASE)
INLINE_NUMERAL: Final = re.compile(r"(?<!\S)(?:\((?P<n>[ivx]{1,5})\)|(?P<m>[ivx]{1,5})\))\s+(?=\S)", re.IGNORECASE)


def letter_value(text: str) -> int:
    """The place of a letter in the alphabet."""
    return ord(text.lower()) - ord("a") + 1


def roman_value(text: str) -> int:
    """The value of a Roman numeral up to 15; 0 where it is none."""
    return _ROMAN.index(text.lower()) if text.lower() in _ROMAN else 0


def number_value(match: re.Match[str]) -> int:
    """The number that a match of `Grammar.number` or `Grammar.inline` stands for."""
    text = match["a"] or match["b"] or match["c"] or match["d"] or match["e"]
    if text.isdecimal():
        return int(text)
    if match["e"]:
        return 10 if text == "\U0001f51f" else int(unicodedata.numeric(text[0]))
    return grammar().numerals[text.lower()]


def find_markers(lines: Sequence[str], candidates: Sequence[Marker]) -> list[Marker]:
    """The markers that open the steps of the outermost list: numbers before letters, and bullets where nothing counts.

    Args:
        lines: the text.
        candidates: its `number_markers`.
    """
    numbers = count_on(candidates)
    others = [
        _count_strictly(lines, _LETTER, letter_value),
        _count_strictly(lines, _NUMERAL, roman_value),
    ]
    if not numbers:
        others += [_count_strictly(lines, pattern, int) for pattern in (_WEAK, _SECTION)]
    for found in others:
        if found and (not numbers or (found[0].line < numbers[0].line and numbers[0].indent >= found[0].indent + NESTED)):
            return found
    return numbers or _bullets(lines)


def number_markers(lines: Sequence[str]) -> list[Marker]:
    """Every line that opens with a number of some kind."""
    pattern = grammar().number
    found: list[Marker] = []
    for place, line in enumerate(lines):
        match = pattern.fullmatch(line)
        if match is None:
            continue
        rest = match["rest"].strip()
        bold = match["bold"]
        if bold and not match["unbold"]:  # "**Step 1: Open**" is a step in bold; "**1. Open** it" has a bold word
            if rest.startswith(bold):
                rest = rest.removeprefix(bold).lstrip()
            elif rest.endswith(bold) and rest.count(bold) == 1:
                rest = rest.removesuffix(bold).rstrip()
            elif rest:
                rest = f"{bold}{rest}"
        found.append(Marker(place, len(match["indent"]), number_value(match), rest))
    return found


def count_on(candidates: Sequence[Marker]) -> list[Marker]:
    """The markers that count on from the first step; the others are text, or another list."""
    first = _first(candidates)
    if first is None:
        return []
    taken = [candidates[first]]
    for marker in candidates[first + 1 :]:
        previous = taken[-1].number
        nested = marker.indent >= taken[0].indent + NESTED
        if not nested and marker.number == _NEXT:
            taken.append(marker._replace(number=previous + 1))
        elif not nested and previous <= marker.number <= previous + _MAX_SKIP:
            taken.append(marker)
        elif not nested and marker.number == 1:
            break
    return taken


def _first(candidates: Sequence[Marker]) -> int | None:
    """Where the count starts: the first 1 or 0, else the first number that its neighbour counts on from."""
    for place, marker in enumerate(candidates):
        if marker.number in (0, 1):
            return place
    for place, (marker, following) in enumerate(itertools.pairwise(candidates)):
        if following.number == marker.number + 1 > 0:
            return place
    return None


def _count_strictly(lines: Sequence[str], pattern: re.Pattern[str], value: Callable[[str], int]) -> list[Marker]:
    """The lines that count 1, 2, 3 ... at one depth, where there are at least two."""
    taken: list[Marker] = []
    for place, line in enumerate(lines):
        match = pattern.fullmatch(line)
        if match is None:
            continue
        number = value(next(text for name, text in match.groupdict().items() if text and name not in ("indent", "rest")))
        indent = len(match["indent"])
        if number == len(taken) + 1 and (not taken or indent < taken[0].indent + NESTED):
            taken.append(Marker(place, indent, number, match["rest"].strip()))
    return taken if len(taken) > 1 else []


def _bullets(lines: Sequence[str]) -> list[Marker]:
    """The outermost bullets, where there are at least two."""
    found = [
        Marker(place, len(match[1]), 0, match[2].strip())
        for place, line in enumerate(lines)
        if (match := _BULLET.fullmatch(line))
    ]
    base = min((marker.indent for marker in found), default=0)
    outer = [marker for marker in found if marker.indent < base + NESTED]
    return outer if len(outer) > 1 else []
