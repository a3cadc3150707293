"""A text as the recognizers read it, with the way back to the positions of the original.

Characters that show nothing are gone, each placeholder and each span already found is one private character that no
recognizer matches, and exotic blanks, dashes and digits are the plain ones. Since a scrubbed text reads the same as the
last view of its original, a second pass finds nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import regex

PLACEHOLDERS: Final[dict[str, str]] = {
    "PERSON": "NAME",
    "EMAIL_ADDRESS": "EMAIL",
    "PHONE_NUMBER": "PHONE",
    "CREDIT_CARD": "CARD",
    "IBAN_CODE": "IBAN",
    "ID_NIK": "NIK",
    "ID_NPWP": "NPWP",
    "ORDER_ID": "ORDER_ID",
    "ACCOUNT_NUMBER": "ACCOUNT",
}
"""Placeholder of each Presidio entity."""

PLACEHOLDER: Final = re.compile(r"\[(" + "|".join(PLACEHOLDERS.values()) + r")(?:_(\d{1,9}))?\]")
"""`[NAME]`, `[NAME_2]`: group 1 the type, group 2 the number."""

MASK: Final = "\ue000"
"""Stands for a placeholder or a span already found: no letter, no digit, no blank."""

_INVISIBLE: Final = regex.compile(r"(?V1)[[\p{Cf}\p{Cc}\p{Default_Ignorable_Code_Point}\u20e3\u2800\ufffc]--[\t\n\v\f\r\x85]]+")


_LIKE: Final = {"\u2018": "'", "\u2019": "'", "\u3002": ".", "\uff61": "."}


class _Plain(dict[int, str | int]):
    """A `str.translate` table, one character for one: blanks but newline, dashes, full-width forms, digits of any script."""

    def __missing__(self, code: int) -> str | int:
        character = chr(code)
        category = unicodedata.category(character)
        if category == "Zs" or character == MASK:
            self[code] = " "
        elif category == "Nd":
            self[code] = str(unicodedata.digit(character))
        elif category == "Pd" or character == "\N{MINUS SIGN}":
            self[code] = "-"
        elif 0xFF01 <= code <= 0xFF5E or 0xFE50 <= code <= 0xFE6B:  # full-width forms, small forms
            self[code] = unicodedata.normalize("NFKC", character)
        else:
            self[code] = _LIKE.get(character, code)
        return self[code]


_PLAIN: Final = _Plain()


class View:
    """`text` is what the recognizers read; `original(start, end)` is where that stands in the original."""

    __slots__ = ("_bounds", "text")

    def __init__(self, original: str) -> None:
        self.text: str = original
        self._bounds: tuple[list[int], list[int]] | None = None
        if not original.isprintable() or not original.isascii():  # a line break is not printable either
            self._cut([match.span() for match in _INVISIBLE.finditer(original)], "")
            self.text = self.text.translate(_PLAIN)
        if "[" in self.text:
            self.mask([match.span() for match in PLACEHOLDER.finditer(self.text)])

    def mask(self, spans: Sequence[tuple[int, int]]) -> None:
        """Put one `MASK` in the place of each of these spans of `text` (sorted, apart)."""
        self._cut(spans, MASK)

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Bounds in the original of the characters `start` to `end` of `text` (at least one)."""
        if self._bounds is None:
            return start, end
        return self._bounds[0][start], self._bounds[1][end - 1]

    def _cut(self, spans: Sequence[tuple[int, int]], filling: str) -> None:
        if not spans:
            return
        starts, ends = self._bounds or (list(range(len(self.text))), list(range(1, len(self.text) + 1)))
        pieces: list[str] = []
        new_starts: list[int] = []
        new_ends: list[int] = []
        edges = [(0, 0), *spans, (len(self.text), len(self.text))]
        for (_, before), (start, end) in pairwise(edges):
            pieces.append(self.text[before:start])
            new_starts += starts[before:start]
            new_ends += ends[before:start]
            if filling and end > start:
                pieces.append(filling)
                new_starts.append(starts[start])
                new_ends.append(ends[end - 1])
        self.text = "".join(pieces)
        self._bounds = (new_starts, new_ends)
