"""Why a question with its answer needs a person before it may train a model.

The flags are few and sure rather than eager: what is flagged stays out of training until someone has looked at it. Records
with the same question and different answers are told by who sees all of them: the index of `langkah.sources` by their raw text,
`langkah.splitting.repeats` once they are scrubbed.
"""

from __future__ import annotations

import itertools
import re
from enum import StrEnum
from functools import cache
from typing import Final, NamedTuple

from langkah.config import StructureConfig
from langkah.procedure.actions import names_action
from langkah.procedure.assessment import Assessment, assess
from langkah.procedure.reading import parse_procedure
from langkah.procedure.word_lists import word_lists, words_of

_NUMBER: Final = re.compile(r"(?m)^ ?(\d{1,2})[.)][ \t]")
_WORD: Final = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


class Flag(StrEnum):
    """Why a record needs a person, in words for that person."""

    too_long = "the answer has too many steps"
    misnumbered = "the numbers of the steps are out of order"
    no_steps = "the answer has no explicit steps"
    irrelevant = "the answer tells nothing to do: a policy, a definition, a greeting, or a contact alone"
    no_action = "the question does not say what the user wants to do"


class Judgement(NamedTuple):
    """Why a record needs a person (empty for most), and how procedural its answer is."""

    flags: list[Flag]
    assessment: Assessment


class _Cues(NamedTuple):
    asks_how: re.Pattern[str]
    empty: frozenset[str]


@cache
def _cues() -> _Cues:
    data = word_lists("cues")
    return _Cues(
        asks_how=re.compile(rf"\b(?:{data['asks_how']})\b", re.IGNORECASE),
        empty=frozenset(words_of(data["empty_topics"])),
    )


def judge(prompt: str, output: str, language: str, config: StructureConfig) -> Judgement:
    """Assess an answer, and find the reasons for which the record needs a person.

    A question that names a topic alone ("Refund?", "Ganti PIN") is asked that way by users, and its answer says what is meant:
    it is flagged only where the answer is no procedure. One that names nothing ("Help", "Halo min, mau tanya") always is.

    Args:
        prompt: the question.
        output: the answer, in any form that `parse_procedure` reads.
        language: of the record; `en` looks for English verbs alone.
        config: says how many steps are too many.
    """
    procedure = parse_procedure(output)
    assessment = assess(output, procedure, language)
    flags: list[Flag] = []
    if procedure is None:
        flags.append(Flag.no_steps)
    elif len(procedure.steps) > config.max_steps:
        flags.append(Flag.too_long)
    if _misnumbered(output):
        flags.append(Flag.misnumbered)
    if not assessment.procedural:
        flags.append(Flag.irrelevant)
    if _names_nothing(prompt) or (not assessment.procedural and not _asks_for_action(prompt, language)):
        flags.append(Flag.no_action)
    return Judgement(flags, assessment)


def _misnumbered(output: str) -> bool:
    """Whether a line's number is below the one before it, without another list beginning at 1."""
    numbers = [int(number) for number in _NUMBER.findall(output)]
    return any(1 < number < before for before, number in itertools.pairwise(numbers))


def _names_nothing(prompt: str) -> bool:
    return _cues().empty.issuperset(_WORD.findall(prompt.lower()))


def _asks_for_action(prompt: str, language: str) -> bool:
    return _cues().asks_how.search(prompt) is not None or names_action(prompt, language)
