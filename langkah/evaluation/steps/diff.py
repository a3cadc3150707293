"""Which step went wrong: the steps of a reference, what became of each in an answer, and what the answer made up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from pydantic import Field

from langkah.evaluation.steps.alignment import Aligned, align
from langkah.evaluation.steps.reading import Step, StepReader
from langkah.records import Record

KEPT: Final = 0.9
"""From this similarity on, and with the same figures, a step is told in the same words."""

Kind = Literal["kept", "changed", "moved", "missing"]


class ReferenceStep(Record):
    """A step of the reference, and what became of it."""

    number: int = Field(ge=1, description="in the reference")
    text: str = Field(repr=False)
    kind: Kind = Field(
        description="kept: there, in its place; changed: in its place, in other words or with other figures; "
        "moved: there, but not in order with the others; missing: not there"
    )
    predicted: int | None = Field(default=None, ge=1, description="number of the step in the answer; None where missing")
    predicted_text: str = Field(default="", repr=False)
    similarity: float = Field(default=0.0, ge=0, le=1, description="of the two steps; 0 where missing")


class InventedStep(Record):
    """A step of the answer that the reference has not."""

    number: int = Field(ge=1, description="in the answer")
    text: str = Field(repr=False)


class StepDiff(Record):
    """An answer's steps beside its reference's; both empty where neither has any."""

    steps: tuple[ReferenceStep, ...] = Field(description="by number in the reference")
    invented: tuple[InventedStep, ...] = Field(description="by number in the answer")

    @property
    def wrong(self) -> bool:
        """Whether a step is missing, out of order or made up."""
        return bool(self.invented) or any(step.kind in ("missing", "moved") for step in self.steps)


def step_diff(prediction: str, reference: str, language: str) -> StepDiff:
    """Say which step went wrong.

    The steps that stay put are the most that are in order (the longest increasing subsequence of their places in the
    answer; of several the one that ends earliest); aligned steps outside of it moved.

    Args:
        prediction: the answer of a model.
        reference: the right answer.
        language: by whose words they are compared: `en`, `id` or `mixed`; any other by exact words.

    Raises:
        ResourceError: the word data of the language are not installed.
    """
    reader = StepReader()
    expected, found = reader.steps(reference, language), reader.steps(prediction, language)
    pairs = align(expected, found)
    stay = _longest_increasing([pair.predicted for pair in pairs])
    by_reference = {pair.reference: pair for pair in pairs}
    taken = {pair.predicted for pair in pairs}

    def became(place: int) -> ReferenceStep:
        pair = by_reference.get(place)
        if pair is None:
            return ReferenceStep(number=place + 1, text=expected[place].text, kind="missing")
        kind = "moved" if pair.predicted not in stay else _wording(pair, expected, found)
        return ReferenceStep(
            number=place + 1,
            text=expected[place].text,
            kind=kind,
            predicted=pair.predicted + 1,
            predicted_text=found[pair.predicted].text,
            similarity=pair.similarity,
        )

    return StepDiff(
        steps=tuple(became(place) for place in range(len(expected))),
        invented=tuple(
            InventedStep(number=place + 1, text=step.text) for place, step in enumerate(found) if place not in taken
        ),
    )


def _wording(pair: Aligned, expected: Sequence[Step], found: Sequence[Step]) -> Kind:
    same = expected[pair.reference].figures == found[pair.predicted].figures
    return "kept" if same and pair.similarity >= KEPT else "changed"


def _longest_increasing(places: Sequence[int]) -> set[int]:
    """The places of the longest increasing subsequence of places that are all different."""
    best: list[tuple[int, ...]] = []  # best[n]: of the increasing ones of n + 1 places, the one that ends lowest
    for place in places:
        length = sum(run[-1] < place for run in best)
        run = (*(best[length - 1] if length else ()), place)
        best[length : length + 1] = [run]
    return set(best[-1]) if best else set()
