"""Further readings of a view: what its text says once a later step has taken tags, entities and escapes out of it.

`rina&#64;mail.id` and `08<b>12</b>-3456-7890` are values, and would be plain ones again after `langkah.procedure.leftovers`, so
they are looked for in a text without such things. What is found there counts only where something was taken out of it, or
beside it: all else is the first reading's to find, since a text without its tags runs words together.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import phonenumbers

from langkah.pii.overlaps import Finding

_SURE: Final = 0.85
"""Score from which a finding counts across cells, tabs and dots: the cells of a table hold numbers side by side."""
_ADDS: Final = 3
"""Letters and digits by which a value must be longer than what the first reading found of it: `<sup>2</sup>` adds none."""
_TELEPHONE: Final = 9
"""Digits of a number that begins as a telephone's: `08.00` and `17.00`, side by side, have fewer."""
_REGIONS: Final = ("ID", "US", "GB")

_ENTITY: Final = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{1,6}|#x[0-9a-fA-F]{1,5});")
_MOST_ENTITIES: Final = 3
"""How often an entity may stand for another: `&amp;amp;#64;`."""


class _Rule(NamedTuple):
    """What is taken out, and what stands there instead."""

    pattern: re.Pattern[str]
    instead: str | Callable[[re.Match[str]], str]
    glues: bool = False
    """Whether it may run two words into one: what is found across must add something to the first reading's."""
    tag: bool = False
    """Whether it is one of HTML's."""
    loose: bool = False
    """Whether the parts around it may be values of their own: what is found across must be sure."""


def _character(entity: re.Match[str]) -> str:
    return html.unescape(entity[0])


def _with_hyphens(number: re.Match[str]) -> str:
    return number[0].replace("_", "-")


_RULES: Final = (
    _Rule(re.compile(r"<!--.{0,500}?-->", re.DOTALL), "", glues=True, tag=True),
    _Rule(re.compile(r"</?t[dh](?:\s[^<>]{0,500})?>\s*", re.IGNORECASE), " ", loose=True, tag=True),
    _Rule(
        re.compile(r"</?(?:br|ol|ul|li|p|div|h[1-6]|table|thead|tbody|tr|blockquote)(?:\s[^<>]{0,500})?/?>", re.IGNORECASE),
        "\n",
        tag=True,
    ),
    _Rule(re.compile(r"</?[a-zA-Z][a-zA-Z0-9]{0,15}(?:\s[^<>]{0,500})?/?>"), "", glues=True, tag=True),
    *[_Rule(_ENTITY, _character)] * _MOST_ENTITIES,
    _Rule(re.compile(r"^[ \t]*>[ \t]?", re.MULTILINE), ""),
    _Rule(re.compile(r"(?<=[\d@]-)\s*\n\s*(?=\d{3})|(?<=@)\s*\n\s*(?=\w)"), ""),
    _Rule(re.compile(r"\\(?=[_*@.+#()~-])"), ""),
    _Rule(re.compile(r"(?<=[\w.+-])%40(?=\w)"), "@"),
    _Rule(re.compile(r"(?<=\w)%2[Ee](?=\w)"), "."),
    _Rule(re.compile(r"(?<!\w)_{1,2}(?=[^\W_])|(?<=[^\W_])_{1,2}(?!\w)"), ""),
    _Rule(re.compile(r"(?<=[^\W\d_]{3})_(?=[^\W\d_]{3,}(?![\w.@]))"), " "),  # `Siti_Aminah`, no longer name of a file
    _Rule(re.compile(r"(?<![\w.-])\d{2,}(?:_\d{2,})+(?!\w|[.-]\w)"), _with_hyphens),  # with letters it names a file
    _Rule(re.compile(r"(?<=\d) ?[\u00b7\u2022\u2027\u2219\u22c5] ?(?=\d)"), "-", loose=True),
    _Rule(re.compile(r"(?<=[^\s|])[ ]*\|[ ]*(?=[^\s|])"), " ", loose=True),
    _Rule(re.compile(r"[\t\v\f]+"), " ", loose=True),
)
_RULES_WITHIN_TAGS: Final = [rule for rule in _RULES if not rule.tag]
_MAY_HIDE: Final = re.compile(r"[<&\\%_|\t\v\f\u00b7\u2022\u2027\u2219\u22c5]|^[ \t]*>|[-@]\s*\n", re.MULTILINE)


class Unveiled:
    """A further reading of a view's `text`; `findings` leads what was found in it back to that text."""

    def __init__(self, text: str, rules: Sequence[_Rule] = _RULES) -> None:
        self.text = self._first = text
        self._starts = list(range(len(text)))
        self._ends = list(range(1, len(text) + 1))
        self._out: list[tuple[int, int, _Rule]] = []
        """Bounds, in the first reading, of what was taken out."""
        for rule in rules:
            self._apply(rule)

    def _apply(self, rule: _Rule) -> None:
        pieces: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        done = 0
        for match in rule.pattern.finditer(self.text):
            instead = rule.instead if isinstance(rule.instead, str) else rule.instead(match)
            start, end = match.span()
            if start == end or instead == match[0]:
                continue
            pieces += [self.text[done:start], instead]
            starts += [*self._starts[done:start], *[self._starts[start]] * len(instead)]
            ends += [*self._ends[done:start], *[self._ends[end - 1]] * len(instead)]
            self._out.append((self._starts[start], self._ends[end - 1], rule))
            done = end
        if done:
            self.text = "".join([*pieces, self.text[done:]])
            self._starts, self._ends = [*starts, *self._starts[done:]], [*ends, *self._ends[done:]]

    def findings(self, found: Sequence[Finding], plain: Sequence[Finding]) -> list[Finding]:
        """What of `found`, in this text, was hidden; in characters of the first reading's text.

        Args:
            found: in this text.
            plain: in the first reading; what it has of a value is no longer hidden.
        """
        hidden: list[Finding] = []
        for each in found:
            start, end = self._starts[each.start], self._ends[each.end - 1]
            value = self.text[each.start : each.end]
            within = [rule for first, last, rule in self._out if start < last and first < end]
            if not within and not any(first == end or last == start for first, last, _ in self._out):
                continue
            if any(rule.loose for rule in within) and not _sure(each, value):
                continue
            mine = [other for other in plain if other.start < end and start < other.end]
            if any(rule.glues or rule.loose for rule in within):
                whole = [
                    o for o in mine if o.entity == each.entity == "EMAIL_ADDRESS" and self._first[o.start : o.end] in value
                ]
                if whole:  # what follows it is the next word; what stands before it may be its beginning
                    end = max(other.end for other in whole)
                covered = {index for other in mine for index in range(other.start, other.end)}
                here = [at for at in range(each.start, each.end) if self._starts[at] < end and self.text[at].isalnum()]
                if mine and sum(self._starts[at] not in covered for at in here) < _ADDS:
                    continue
            hidden.append(replace(each, start=start, end=end))
        return hidden


def unveiled(text: str) -> list[Unveiled]:
    """The further readings of a text, those that differ from the first: without its tags, and with what stands in them."""
    if not _MAY_HIDE.search(text):
        return []
    readings = {reading.text: reading for reading in (Unveiled(text, _RULES_WITHIN_TAGS), Unveiled(text))}
    return [reading for reading in readings.values() if reading.text != text]


def _sure(finding: Finding, value: str) -> bool:
    if finding.entity == "EMAIL_ADDRESS":
        return True
    if finding.entity != "PHONE_NUMBER":
        return finding.score >= _SURE
    for region in _REGIONS:
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(value, region)):
                return True
        except phonenumbers.NumberParseException:
            continue
    number = sum(character.isdigit() for character in value)
    return value.lstrip("(")[:1] in ("+", "0") and number >= _TELEPHONE and "." not in value
