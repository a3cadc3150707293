"""Score rows of two models that are alike but for a known difference, as an evaluation would have them.

An intent is hard or easy for both (skewed: most are hard), a training changes each intent by a chance of its own (skewed: few
change much), and its three wordings scatter around that. The champion and the challenger here differ by training alone.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from langkah.evaluation.gate import Evidence
from langkah.evaluation.rules import Failures
from langkah.evaluation.scores import RowScore
from langkah.evaluation.significance import detectable_difference

VARIANTS = 3


def _scores(generator: np.random.Generator, intents: int, shift: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """ROUGE-L before and after, (intents, VARIANTS) each."""
    centre = generator.beta(1.5, 3, size=(intents, 1))
    change = 0.6 * (generator.beta(1, 4, size=(intents, 1)) - 0.2)
    noise = generator.normal(0, 0.06, size=(2, intents, VARIANTS))
    return np.clip(centre + noise[0], 0, 1), np.clip(centre + change + shift + noise[1], 0, 1)


def _difference(shift: float) -> float:
    before, after = _scores(np.random.default_rng(77), 200_000, shift)
    return float(after.mean() - before.mean())


@cache
def detectable_of(intents: int) -> float:
    """The true minimum detectable difference of so many intents, from the spread of 50,000 intents that did not change."""
    before, after = _scores(np.random.default_rng(78), 50_000, shift_for(0.0))
    spread = float((after - before).mean(axis=1).std())
    return detectable_difference(spread / np.sqrt(intents), intents)


@cache
def shift_for(difference: float) -> float:
    """The shift of scores before they are cut at 0 and 1 that makes the true mean differ by `difference`."""
    low, high = -1.0, 1.0
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if _difference(middle) < difference else (low, middle)
    return (low + high) / 2


def two_models(
    seed: int, intents: int, heldout: int, on_eval: float, on_holdout: float
) -> tuple[list[RowScore], list[RowScore], Evidence]:
    """The rows of both models, eval and hold-out, with these true differences; all else measured, and alike."""
    generator = np.random.default_rng(seed)
    rows: tuple[list[RowScore], list[RowScore]] = ([], [])
    for name, count, difference in (("eval", intents, on_eval), ("holdout", heldout, on_holdout)):
        for found, values in zip(rows, _scores(generator, count, shift_for(difference)), strict=True):
            found += [
                RowScore(intent=f"{name} {intent}", slice=name, rouge_l=float(value), meteor=float(value))
                for intent, line in enumerate(values)
                for value in line
            ]
    # Both models invent a step in every third answer, most often in the same ones.
    steps = generator.poisson(0.3, size=len(rows[0]))
    again = np.where(generator.random(len(steps)) < 0.2, generator.poisson(0.3, size=len(steps)), steps)
    ended = [bool(flag) for flag in generator.random(len(steps)) < 0.98]
    leads = [(row.intent, float(generator.beta(2, 3))) for row in rows[1] if row.slice == "eval"]
    invented = [
        (row.intent, *pair) for row, pair in zip(rows[1], zip(steps.tolist(), again.tolist(), strict=True), strict=True)
    ]
    failures = Failures(opponent=0, challenger=0, prompts=len(invented))
    return *rows, Evidence(ended, invented, leads, personal_values=0, forgetting=0.1, failures=failures)
