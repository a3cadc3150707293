"""Which step of an answer is which step of its reference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from langkah.evaluation.steps.reading import Step

THRESHOLD: Final = 0.45
"""Steps less similar than this are different steps: chosen by `tests/procedures/rewordings.yaml`, see `docs/measures.md`."""
_PLACE: Final = 1e-6
"""What the distance of two steps' places costs at most: it decides between steps that are equally similar."""


class Aligned(NamedTuple):
    """A step of the reference and the step of the answer that is it, both counted from 0."""

    reference: int
    predicted: int
    similarity: float


def align(reference: Sequence[Step], predicted: Sequence[Step]) -> tuple[Aligned, ...]:
    """Pair steps one to one so that the sum of their similarities is the largest (Kuhn, "The Hungarian Method for the
    Assignment Problem", 1955; scipy's `linear_sum_assignment`), and pairs below `THRESHOLD` are none.

    Of equally good pairings it is the one that keeps the order best: an answer equal to its reference is aligned step by
    step, also where a step comes twice.

    Returns:
        The pairs, by place in the reference.
    """
    from scipy.optimize import linear_sum_assignment

    if not reference or not predicted:
        return ()
    similarity = np.array([[step.similarity(other) for other in predicted] for step in reference], dtype=np.float64)
    similarity[similarity < THRESHOLD] = 0
    apart = np.subtract.outer(np.arange(len(reference)), np.arange(len(predicted))) / max(len(reference), len(predicted))
    rows, columns = linear_sum_assignment(np.where(similarity > 0, similarity - _PLACE * apart**2, 0), maximize=True)
    return tuple(
        Aligned(row, column, float(similarity[row, column]))
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
        if similarity[row, column] > 0
    )
