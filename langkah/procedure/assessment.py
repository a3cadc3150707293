"""How procedural an answer is, from 0 (a policy, a greeting) to 1 (steps that each tell the reader what to do).

A weighted sum of what can be pointed at in the text, so that a score can be explained; nothing is learned. The weights and the
threshold were set by hand and measured by `benchmarks/steps.py` on how-to texts against answers that are no procedures.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple

from pydantic import Field

from langkah.procedure.actions import opens_action
from langkah.procedure.order import counts_order, split_sentences
from langkah.procedure.reading import parse_procedure
from langkah.procedure.steps import Procedure
from langkah.procedure.word_lists import word_lists, words_of
from langkah.records import Record

PROCEDURAL: Final = 0.4
"""The score from which an answer is taken for a procedure."""
_ACTIONS: Final = 0.7
_ORDER: Final = 0.15
_OBJECTS: Final = 0.15
_STATEMENTS: Final = 0.3
_FULL_ORDER: Final = 2
"""Steps or words of order from which the order is plain."""
_HEADED: Final = 2
"""Lines of a step that may hold its action: the first may be a heading ("Registration")."""
_WORD: Final = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_QUOTED: Final = re.compile(r"[\"“‘][^\"”’]{1,40}[\"”’]|\S > \S|<[A-Z]\w+>|\w [A-Z][a-z]+")
"""A name on the screen: in quotation marks, in a menu path, as a key, or with a capital within the sentence."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """How procedural an answer is: the score and its parts, all from 0 to 1, and how many steps it has (0: none explicit)."""

    score: float
    actions: float
    """Share of the steps, or of the sentences of a text without steps, that open with an action."""
    order: float
    """How plain the order is: 1 from two steps or two words of order on."""
    objects: float
    """Share of them that name something to act on: a button, a menu, a name on the screen."""
    statements: float
    """Share of them that speak of the writer, greet, define or rule; asking the reader to get in touch counts here."""
    steps: int

    @property
    def procedural(self) -> bool:
        """Whether the answer is taken for a procedure."""
        return self.score >= PROCEDURAL

    def explain(self) -> str:
        """The parts in one line, without any of the text."""
        return (
            f"score {self.score:.2f}: {self.actions:.0%} of the parts open with an action, {self.objects:.0%} name what to act "
            f"on, {self.statements:.0%} are statements, order {self.order:.2f}, {self.steps} steps"
        )


class AssessedRecord(Record):
    """How procedural the answer of one scrubbed record is, and why it was set aside; without any text."""

    intent: str
    file: str
    row: int
    score: float = Field(ge=0, le=1, description="0: a policy, a greeting; 1: steps that each tell the reader what to do")
    explanation: str = Field(description="the parts of the score")
    reasons: tuple[str, ...] = Field(description="of those that are flagged or repeat another record")


class _Cues(NamedTuple):
    objects: frozenset[str]
    statement: re.Pattern[str]
    contact: re.Pattern[str]


@cache
def _cues() -> _Cues:
    data = word_lists("cues")
    contacts = rf"(?:{data['contacts']})\s+(?:\w+\s+)?(?:{data['contact_objects']})"
    return _Cues(
        objects=frozenset(words_of(data["objects"])),
        statement=re.compile(
            rf"\W*(?:(?:{'|'.join(data['statements'])})\b|(?:[^\W\d_]+\s+){{1,6}}?(?:{data['copulas']})\b)", re.IGNORECASE
        ),
        contact=re.compile(rf"\W*(?:\w+\s+){{0,3}}?{contacts}", re.IGNORECASE),
    )


def how_procedural(text: str, language: str | None = None) -> Assessment:
    """Assess an answer.

    Args:
        text: the answer, in steps or not.
        language: `en` looks for English actions alone; any other, or None, for those of both languages.
    """
    return assess(text, parse_procedure(text), language)


def assess(text: str, procedure: Procedure | None, language: str | None = None) -> Assessment:
    """As `how_procedural`, of a text whose steps were read already."""
    lines = procedure.steps if procedure else text.split("\n")
    units = list(procedure.steps) if procedure else [unit for line in lines for unit in split_sentences(line)]
    steps = len(procedure.steps) if procedure else 0
    if not units:
        return Assessment(0.0, 0.0, 0.0, 0.0, 0.0, 0)
    cues = _cues()
    actions = objects = statements = 0
    for unit in units:
        if cues.contact.match(unit):
            statements += 1
        elif any(opens_action(line, conditions=True, language=language) for line in unit.split("\n")[:_HEADED]):
            actions += 1
        elif cues.statement.match(unit):
            statements += 1
        objects += not cues.objects.isdisjoint(_WORD.findall(unit.lower())) or _QUOTED.search(unit) is not None
    shares = [count / len(units) for count in (actions, objects, statements)]
    order = min(1.0, (steps or counts_order(text)) / _FULL_ORDER)
    score = _ACTIONS * shares[0] + _ORDER * order + _OBJECTS * shares[1] - _STATEMENTS * shares[2]
    return Assessment(
        score=round(min(1.0, max(0.0, score)), 4),
        actions=round(shares[0], 4),
        order=order,
        objects=round(shares[1], 4),
        statements=round(shares[2], 4),
        steps=steps,
    )
