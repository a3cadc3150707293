"""Whether a model still gives answers that were retired: of FAQs that the champion was trained on, and that are no more.

A model trained without them may still know them, from its base or from FAQs like them. An answer gives a retired procedure
again when at least half of its steps are there, by the alignment of the step-aware measures.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pydantic import Field

from langkah.evaluation.steps import compare_steps
from langkah.records import Answer, DatasetRow, Record
from langkah.splitting import answer_key

GIVEN: Final = 0.5
"""Share of a retired procedure's steps from which an answer gives it again."""


class RetiredAnswer(Record):
    """What the tuned model says to a retired question."""

    intent: str
    language: str
    prompt: str
    retired: str = Field(description="the answer that is no more")
    tuned: str
    step_recall: float = Field(ge=0, le=1, description="share of the retired steps that are in the tuned model's answer")
    given: bool = Field(description="whether that is `GIVEN` or more")
    failed: bool = Field(default=False, description="whether there is no answer: nobody knows what the model would say")


def retired_rows(known: Sequence[DatasetRow], now: Sequence[DatasetRow]) -> list[DatasetRow]:
    """Return the questions that are no more, as they were asked.

    An FAQ that has another name now, and the same answer, is not retired.

    Args:
        known: what the champion was trained on.
        now: all slices of a later dataset version.
    """
    intents = {row.intent for row in now}
    answers = {answer_key(row.output) for row in now}
    originals = (row for row in known if row.variant_of is None)
    return [row for row in originals if row.intent not in intents and answer_key(row.output) not in answers]


def retired_answers(answers: Sequence[Answer]) -> tuple[RetiredAnswer, ...]:
    """Judge a model's answers to retired questions, whose references are the retired answers; the most alike come first.

    Raises:
        ResourceError: the word data of a language that occurs are not installed.
    """
    scores = compare_steps(
        [each.prediction for each in answers], [each.reference for each in answers], [each.language for each in answers]
    )
    found = [
        RetiredAnswer(
            intent=each.intent,
            language=each.language,
            prompt=each.prompt,
            retired=each.reference,
            tuned=each.prediction,
            step_recall=score.step_recall,
            given=score.step_recall >= GIVEN,
            failed=each.failed is not None,
        )
        for each, score in zip(answers, scores, strict=True)
    ]
    return tuple(sorted(found, key=lambda each: (-each.step_recall, each.intent, each.prompt)))
