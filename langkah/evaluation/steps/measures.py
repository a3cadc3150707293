"""Figures of one answer's steps: recall, precision, order, and whether it is the procedure.

A step of the answer is one of the reference's where `align` pairs them. With r steps in the reference, p in the answer and
a pairs:

- recall a / r, the rest are missing; precision a / p, the rest are invented;
- order: Kendall's tau over the pairs ("A New Measure of Rank Correlation", 1938), as it is used for the order of told
  events (Lapata, "Automatic Evaluation of Information Ordering: Kendall's Tau", 2006), mapped to (tau + 1) / 2 (Birch and
  Osborne, "LRscore for Evaluating Lexical and Reordering Quality in MT", 2010): the share of all pairs of pairs that are in
  the reference's order. 1 in order, 0 reversed, 0.5 by chance. One pair is in order, 1; no pair has none, 0. It says nothing
  of what is missing: read it beside recall;
- exact: every step is there, in order, and none more.

What has no steps has recall, precision and order 0. A reference without steps cannot be compared: such a row is 0 too, and
means leave it out.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence

from pydantic import Field

from langkah.evaluation.steps.alignment import Aligned, align
from langkah.evaluation.steps.reading import StepReader
from langkah.records import Record


class StepScores(Record):
    """The step-aware scores of one answer, without its text."""

    reference_steps: int = Field(default=0, ge=0, description="0: the row is in no mean of the step-aware measures")
    predicted_steps: int = Field(default=0, ge=0)
    step_recall: float = Field(default=0.0, ge=0, le=1, description="share of the reference's steps that are in the answer")
    step_precision: float = Field(default=0.0, ge=0, le=1, description="share of the answer's steps that the reference has")
    step_order: float = Field(default=0.0, ge=0, le=1, description="Kendall's tau over the aligned steps as (tau + 1) / 2")
    exact_procedure: bool = Field(default=False, description="every step, in order, and none more")
    missing_steps: int = Field(default=0, ge=0, description="steps of the reference that the answer has not")
    invented_steps: int = Field(default=0, ge=0, description="steps of the answer that the reference has not")


def compare_steps(predictions: Sequence[str], references: Sequence[str], languages: Sequence[str]) -> list[StepScores]:
    """Compare each prediction with the reference of the same row, by the words of its language.

    Args:
        predictions: answers of a model, (n,).
        references: the right answers, (n,).
        languages: `en`, `id` or `mixed` (counts as Indonesian); any other is compared by exact words, (n,).

    Returns:
        One for each row, in order.

    Raises:
        ValueError: the three differ in length.
        ResourceError: the word data of a language that occurs are not installed.
    """
    reader = StepReader()
    scores: list[StepScores] = []
    for prediction, reference, language in zip(predictions, references, languages, strict=True):
        expected = reader.reference(reference, language)
        found = reader.steps(prediction, language)
        scores.append(_scores(len(expected), len(found), align(expected, found)))
    return scores


def _scores(reference: int, predicted: int, pairs: Sequence[Aligned]) -> StepScores:
    aligned = len(pairs)
    order = share_in_order([pair.predicted for pair in pairs])
    return StepScores(
        reference_steps=reference,
        predicted_steps=predicted,
        step_recall=aligned / reference if reference else 0.0,
        step_precision=aligned / predicted if predicted else 0.0,
        step_order=order,
        exact_procedure=0 < reference == predicted == aligned and order == 1,
        missing_steps=reference - aligned,
        invented_steps=predicted - aligned,
    )


def share_in_order(places: Sequence[int]) -> float:
    """The share of pairs of places that ascend: (tau + 1) / 2 of places that are all different; 1 of one, 0 of none."""
    if len(places) < 2:
        return float(len(places))
    seen: list[int] = []
    inverted = 0
    for place in places:
        inverted += len(seen) - bisect_right(seen, place)
        insort(seen, place)
    return 1 - inverted / (len(places) * (len(places) - 1) / 2)
