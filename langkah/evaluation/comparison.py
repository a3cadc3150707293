"""How two systems differ, slice by slice: the figures beside the gate's verdict."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Final

from langkah.config import EvaluateConfig
from langkah.evaluation.scores import RowScore
from langkah.evaluation.significance import Gain, paired_gains

COMPARED: Final = ("rouge_l", "meteor")
"""Fields of a row that are fractions of 1, all compared at once."""


def answered(before: Sequence[RowScore], after: Sequence[RowScore]) -> tuple[list[RowScore], list[RowScore]]:
    """The rows of both sides without those that the first failed to answer: its zero there would be the other's gain.

    Args:
        before: the rows of the base model or champion.
        after: the tuned model's, of the same prompts in the same order; what it failed itself stays, as zero.

    Raises:
        ValueError: the rows of the two sides differ in number.
    """
    pairs = [(left, right) for left, right in zip(before, after, strict=True) if not left.failed]
    return [left for left, _ in pairs], [right for _, right in pairs]


def compare_slices(before: Sequence[RowScore], after: Sequence[RowScore], config: EvaluateConfig) -> dict[str, dict[str, Gain]]:
    """Slice -> measure -> the paired gain with interval, corrected p-value and minimum detectable difference.

    Args:
        before: the rows of the base model or champion, those that it answered.
        after: the tuned model's, of the same prompts: as many of each intent on each slice.
        config: the resamples and the seed.

    Raises:
        ValueError: the rows of the two sides differ in number.
    """
    found: dict[str, dict[str, Gain]] = {}
    for name in dict.fromkeys(row.slice for row in before):
        left, right = (sorted((row for row in rows if row.slice == name), key=attrgetter("intent")) for rows in (before, after))
        found[name] = paired_gains(
            {measure: [getattr(row, measure) for row in left] for measure in COMPARED},
            {measure: [getattr(row, measure) for row in right] for measure in COMPARED},
            [row.intent for row in left],
            config.resamples,
            config.seed,
        )
    return found
