"""A text as the recognizers read it, with the way back to the positions of the original.

Zero-width characters are gone, each placeholder and each span already found is one private character that no
recognizer matches, and exotic blanks, dashes and digits are the plain ones. Since a scrubbed text reads the same as the
last view of its original, a second pass finds nothing.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import pairwise
from typing import Final

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

_INVISIBLE: Final = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]+")


@cache
def _plain() -> dict[int, str]:
    """One character for one: blanks but newline, dashes, full-width forms and digits of any script."""
    table: dict[int, str] = {ord(MASK): " "}
    for code in range(0x80, 0x20000):
        character = chr(code)
        category = unicodedata.category(character)
        if category == "Zs":
            table[code] = " "
        elif category == "Nd":
            table[code] = str(unicodedata.digit(character))
        elif category == "Pd" or code == 0x2212:
            table[code] = "-"
        elif 0xFF01 <= code <= 0xFF5E:
            table[code] = chr(code - 0xFEE0)
    table[0x2019] = table[0x2018] = "'"
    return table


class View:
    """`text` is what the recognizers read; `original(start, end)` is where that stands in the original."""

    __slots__ = ("_bounds", "text")

    def __init__(self, original: str) -> None:
        self.text: str = original
        self._bounds: tuple[list[int], list[int]] | None = None
        if not original.isascii():
            self._cut([(match.start(), match.end()) for match in _INVISIBLE.finditer(original)], "")
            self.text = self.text.translate(_plain())
        if "[" in self.text:
            self.mask([(match.start(), match.end()) for match in PLACEHOLDER.finditer(self.text)])

    def mask(self, spans: list[tuple[int, int]]) -> None:
        """Put one `MASK` in the place of each of these spans of `text` (sorted, apart)."""
        self._cut(spans, MASK)

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Bounds in the original of the characters `start` to `end` of `text` (at least one)."""
        if self._bounds is None:
            return start, end
        return self._bounds[0][start], self._bounds[1][end - 1]

    def _cut(self, spans: list[tuple[int, int]], filling: str) -> None:
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
