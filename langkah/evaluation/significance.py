"""What a comparison of two systems can tell: p-values of several measures at once, and the least difference it would see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from langkah.evaluation.bootstrap import bootstrap, by_cluster, student_quantile
from langkah.evaluation.intervals import DIGITS, LEVEL, differences

POWER: Final = 0.8
"""How often a true difference of the detectable size is found."""


@dataclass(frozen=True)
class Gain:
    """The mean of `after - before` of one measure on the same rows, positive where it rose."""

    difference: float
    ci: tuple[float, float]
    """95 % interval, clustered by intent."""
    p: float
    """Two-sided p-value of no difference, from the bootstrap that gave the interval."""
    p_adjusted: float
    """The same, corrected by Holm for how many measures were compared at once."""
    detectable: float
    """The least true difference that a comparison of this size finds four times in five, of either sign."""
    n: int
    """Rows."""
    intents: int


def paired_gains(
    before: Mapping[str, ArrayLike],
    after: Mapping[str, ArrayLike],
    clusters: Sequence[str],
    resamples: int = 10_000,
    seed: int = 0,
    bounds: tuple[float, float] = (-1.0, 1.0),
) -> dict[str, Gain]:
    """Compare two systems by several measures on the same rows, with one set of resamples and Holm's correction.

    Args:
        before: measure -> its scores, (n,) each.
        after: the same measures of the other system, of the same rows in the same order.
        clusters: the intent of each row, (n,).
        resamples: how many means are drawn.
        seed: same seed and same rows: same figures.
        bounds: the least and the greatest difference there is, which intervals and detectable differences are cut at.

    Raises:
        ValueError: the measures or rows of the two sides differ, or as `mean_ci`.
    """
    if not before or before.keys() != after.keys():
        raise ValueError(f"expected the same measures on both sides, got {sorted(before)} and {sorted(after)}")
    columns = [by_cluster(differences(before[name], after[name]), clusters) for name in before]
    found = bootstrap(np.stack([sums for sums, _ in columns]), columns[0][1][None], resamples, seed)
    tail = (1 + LEVEL) / 2
    lows, highs = np.maximum(found.low(tail), bounds[0]), np.minimum(found.high(tail), bounds[1])
    p_values = dict(zip(before, (float(p) for p in found.p_value()), strict=True))
    adjusted = holm(p_values)
    return {
        name: Gain(
            difference=round(float(found.mean[place]), DIGITS),
            ci=(round(float(lows[place]), DIGITS), round(float(highs[place]), DIGITS)),
            p=round(p_values[name], DIGITS),
            p_adjusted=round(adjusted[name], DIGITS),
            detectable=round(min(detectable_difference(float(found.error[place]), found.intents), bounds[1]), DIGITS),
            n=int(columns[0][1].sum()),
            intents=found.intents,
        )
        for place, name in enumerate(before)
    }


def detectable_difference(error: float, intents: int, power: float = POWER, level: float = LEVEL) -> float:
    """The minimum detectable difference: a true one of this size is found significant with this power.

    (t(1 - alpha/2) + t(power)) times the standard error, Student's t with `intents - 1` degrees of freedom (Bloom,
    "Minimum detectable effects: a simple way to report the statistical power of experimental designs", Evaluation
    Review 19, 1995). Twice as many intents find .7 of it.

    Args:
        error: the cluster-robust standard error of the paired differences' mean.
        intents: how many; with one nothing can be found, and the result is infinite.
        power: how often.
        level: 1 - alpha, two-sided.
    """
    if intents < 2:
        return float("inf")
    freedom = intents - 1
    return (student_quantile((1 + level) / 2, freedom) + student_quantile(power, freedom)) * error


def detectable(changes: ArrayLike, clusters: Sequence[str]) -> float:
    """The minimum detectable difference of paired rows, from the cluster-robust error of their changes.

    Args:
        changes: `after - before` of each row, (n,).
        clusters: the intent of each row, (n,).
    """
    sums, sizes = by_cluster(changes, clusters)
    found = bootstrap(sums[None], sizes[None], 0, 0)
    return detectable_difference(float(found.error[0]), found.intents)


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Adjust the p-values of several comparisons made at once: at .05, all but one time in twenty none is wrong.

    The smallest is multiplied by how many there are, the next by one less, and so on; none below the one before, none
    above 1 (Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6, 1979).

    Returns:
        Name -> adjusted p-value, in the order of `p_values`.
    """
    adjusted: dict[str, float] = {}
    last = 0.0
    for rank, name in enumerate(sorted(p_values, key=lambda name: p_values[name])):
        last = max(last, min(1.0, (len(p_values) - rank) * p_values[name]))
        adjusted[name] = last
    return {name: adjusted[name] for name in p_values}
