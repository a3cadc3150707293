"""A text as the recognizers read it, with the way back to the positions of the original.

What stands for other characters is read as those: HTML entities, Markdown's escapes, `%40`, exotic blanks, dashes and digits.
What a value could hide behind is gone: zero-width characters, and tags, whose attributes are read after the text. Each
placeholder and each span already found is one private character that no recognizer matches. Since a scrubbed text reads
the same as the last view of its original, a second pass finds nothing; and since the steps after scrubbing take out no more
than a view does (`langkah.procedure.leftovers`), none of them brings a value back.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence
from typing import Final, NamedTuple

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

_TAG: Final = re.compile(
    r"<(?P<closes>/)?(?:(?P<inline>b|strong|i|em|u|span|a|font|code|kbd|small|mark|sub|sup|wbr)|(?P<cell>t[dh])"
    r"|br|ol|ul|li|p|div|h[1-6]|table|thead|tbody|tr|blockquote)(?P<attributes>\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_ENTITY: Final = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{1,6}|#x[0-9a-fA-F]{1,5});")
_MOST_ENTITIES: Final = 3
"""How often an entity may stand for another: `&amp;amp;#64;`."""
_ESCAPED: Final = re.compile(r"\\(?=[_*@.+#()~-])|(?<=\w)(?:%40|%2[Ee])(?=\w)")
_PERCENT: Final = {"%40": "@", "%2e": "."}
_UNDERSCORED: Final = re.compile(r"(?<![\w.-])\d{2,}(?:_\d{2,})+(?!\w|[.-]\w)")
"""A number with its groups apart by underscores; one with letters is the name of a file."""
_JOINED: Final = re.compile(r"(?<![^\W_])([^\W\d_]{3,})_(?=[^\W\d_]{3,}(?![\w.@]))")
"""`Siti_Aminah`, but neither a longer name of a file nor an address."""
_DOTTED: Final = re.compile(r"(?<=\d) ?[\u00b7\u2022\u2027\u2219\u22c5] ?(?=\d)")
"""A dot in the middle, as between the groups of a telephone number."""
_WRAPPED: Final = re.compile(r"(?<=\d-)\r?\n(?=\d{3})")
_INVISIBLE: Final = regex.compile(r"(?V1)[[\p{Cf}\p{Cc}\p{Default_Ignorable_Code_Point}\u20e3\u2800\ufffc]--[\t\n\v\f\r\x85]]+")


_LIKE: Final = {"\u2018": "'", "\u2019": "'", "\u3002": ".", "\uff61": "."}


class _Plain(dict[int, str | int]):
    """A `str.translate` table, one character for one: blanks but newline, dashes, full-width forms, digits of any script."""

    def __missing__(self, code: int) -> str | int:
        character = chr(code)
        category = unicodedata.category(character)
        if category == "Zs" or character in f"\t\v\f{MASK}":
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


def _room(tag: re.Match[str]) -> str:
    """What a tag leaves between the texts at its sides."""
    if tag["inline"]:
        return ""
    if tag["cell"]:
        return "" if tag["closes"] else " "
    return "\n"


class _Edit(NamedTuple):
    """What stands for a span of a view from now on; each of its characters leads back to the whole span."""

    start: int
    end: int
    text: str


class View:
    """`text` is what the recognizers read; `original(start, end)` is where that stands in the original."""

    __slots__ = ("_bounds", "text")

    def __init__(self, original: str) -> None:
        self.text: str = original
        self._bounds: tuple[list[int], list[int]] | None = None
        if "<" in self.text:
            tags = list(_TAG.finditer(self.text))
            self._edit(
                [_Edit(*tag.span(), _room(tag)) for tag in tags],
                after=[tag.span("attributes") for tag in tags if tag["attributes"]],
            )
        for _ in range(_MOST_ENTITIES if "&" in self.text else 0):
            found = [(each, html.unescape(each[0])) for each in _ENTITY.finditer(self.text)]
            self._edit([_Edit(*each.span(), text) for each, text in found if text != each[0]])
        if "\\" in self.text or "%" in self.text:
            self._edit([_Edit(*each.span(), _PERCENT.get(each[0].lower(), "")) for each in _ESCAPED.finditer(self.text)])
        if not self.text.isprintable() or not self.text.isascii():  # a line break is not printable either
            self._edit([_Edit(*each.span(), "") for each in _INVISIBLE.finditer(self.text)])
            self._edit([_Edit(*each.span(), "-") for each in _DOTTED.finditer(self.text)])
            self._edit([_Edit(*each.span(), "") for each in _WRAPPED.finditer(self.text)])
            self.text = self.text.translate(_PLAIN)
        if "_" in self.text:
            self.text = _UNDERSCORED.sub(lambda number: number[0].replace("_", "-"), self.text)
            self.text = _JOINED.sub(r"\1 ", self.text)
        if "[" in self.text:
            self.mask([match.span() for match in PLACEHOLDER.finditer(self.text)])

    def mask(self, spans: Sequence[tuple[int, int]]) -> None:
        """Put one `MASK` in the place of each of these spans of `text` (sorted, apart)."""
        self._edit([_Edit(start, end, MASK) for start, end in spans])

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Bounds in the original of the characters `start` to `end` of `text` (at least one)."""
        if self._bounds is None:
            return start, end
        return self._bounds[0][start], self._bounds[1][end - 1]

    def _edit(self, edits: Sequence[_Edit], after: Sequence[tuple[int, int]] = ()) -> None:
        """Put other text in the place of some spans (sorted, apart), and some of what stood there at the end."""
        if not edits:
            return
        text = self.text
        starts, ends = self._bounds or (list(range(len(text))), list(range(1, len(text) + 1)))
        pieces: list[str] = []
        new_starts: list[int] = []
        new_ends: list[int] = []

        def keep(start: int, end: int) -> None:
            pieces.append(text[start:end])
            new_starts.extend(starts[start:end])
            new_ends.extend(ends[start:end])

        def put(edit: _Edit) -> None:
            pieces.append(edit.text)
            new_starts.extend([starts[edit.start]] * len(edit.text))
            new_ends.extend([ends[edit.end - 1]] * len(edit.text))

        done = 0
        for edit in edits:
            keep(done, edit.start)
            put(edit)
            done = edit.end
        keep(done, len(text))
        for start, end in after:
            put(_Edit(start, end, "\n"))
            keep(start, end)
        self.text = "".join(pieces)
        self._bounds = (new_starts, new_ends)
