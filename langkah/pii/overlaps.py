"""From the findings of all recognizers to spans that do not overlap, each of one entity."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from langkah.pii.view import MASK

_ORDER: Final = (
    "EMAIL_ADDRESS", "IBAN_CODE", "ID_NIK", "ID_NPWP", "CREDIT_CARD", "PHONE_NUMBER", "ORDER_ID", "ACCOUNT_NUMBER", "PERSON",
)  # fmt: skip
"""Which entity wins where two findings are as sure."""
_RANK: Final = {entity: rank for rank, entity in enumerate(_ORDER)}


@dataclass(frozen=True)
class Finding:
    """A span of a view (characters `start` to `end`) that a recognizer takes for `entity`."""

    entity: str
    start: int
    end: int
    score: float
    guessed: bool = False
    """By NER: to be checked against interface words."""
    known: bool = False
    """Because the same name was found elsewhere in the record: a menu path does not excuse it."""


def resolve(text: str, findings: Iterable[Finding]) -> list[Finding]:
    """Spans apart from each other, in order.

    Overlapping numbers and addresses become one span, so that no rest of a value stays; its entity is that of the surest.
    A name gives way to them, and keeps what is left of it. Names that touch become one.
    """
    found = [piece for finding in findings for piece in _unmasked(text, finding)]
    values = _unite([each for each in found if each.entity != "PERSON"])
    names = [piece for each in found if each.entity == "PERSON" for piece in _outside(text, each, values)]
    return sorted(values + _joined(text, _unite(names)), key=lambda each: each.start)


def _unmasked(text: str, finding: Finding) -> list[Finding]:
    """The finding without blanks at its ends and without what is already a placeholder."""
    if MASK not in text[finding.start : finding.end]:
        return [finding]
    pieces: list[Finding] = []
    start = finding.start
    for part in text[finding.start : finding.end].split(MASK):
        bare = part.strip(" \t\n,.;:()-")
        if len(bare) > 1:
            at = start + part.index(bare)
            pieces.append(replace(finding, start=at, end=at + len(bare)))
        start += len(part) + 1
    return pieces


def _unite(findings: Sequence[Finding]) -> list[Finding]:
    united: list[list[Finding]] = []
    reach = -1
    for each in sorted(findings, key=lambda each: (each.start, each.end)):
        if each.start < reach:
            united[-1].append(each)
        else:
            united.append([each])
        reach = max(reach, each.end)
    spans: list[Finding] = []
    for group in united:
        best = min(group, key=lambda each: (-each.score, _RANK[each.entity], each.start - each.end))
        spans.append(replace(best, start=group[0].start, end=max(each.end for each in group)))
    return spans


def _outside(text: str, name: Finding, values: Sequence[Finding]) -> list[Finding]:
    pieces = [(name.start, name.end)]
    for value in values:
        pieces = [
            (start, end)
            for first, last in pieces
            for start, end in (
                ((first, min(last, value.start)), (max(first, value.end), last))
                if value.start < last and first < value.end
                else ((first, last),)
            )
            if end > start
        ]
    kept: list[Finding] = []
    for start, end in pieces:
        part = text[start:end]
        bare = part.strip(" \t\n,.;:()-'\"") if (start, end) != (name.start, name.end) else part
        if sum(character.isalpha() for character in bare) > 1:
            at = start + part.index(bare)
            kept.append(replace(name, start=at, end=at + len(bare)))
    return kept


def _joined(text: str, names: Sequence[Finding]) -> list[Finding]:
    joined: list[Finding] = []
    for each in names:
        gap = text[joined[-1].end : each.start] if joined else None
        initial = gap == ". " and not text[joined[-1].end - 2 : joined[-1].end - 1].isalpha()
        if joined and (gap in ("", " ", "  ") or initial):
            joined[-1] = replace(joined[-1], end=each.end)
        else:
            joined.append(each)
    return joined
