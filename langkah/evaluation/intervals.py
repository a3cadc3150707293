"""Confidence intervals of means and of paired gains, clustered by intent; `bootstrap.py` tells how and how well."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from langkah.evaluation.bootstrap import bootstrap, by_cluster

LEVEL: Final = 0.95
"""How often an interval holds the true mean."""
DIGITS: Final = 12
"""Ends are rounded to these decimals: sums differ beyond them from one processor to another."""


def mean(values: Sequence[float] | NDArray[np.float64]) -> float:
    """The mean, whatever the order of the values (their sum is exact before it is rounded).

    Raises:
        ValueError: there is no value.
    """
    if len(values) == 0:
        raise ValueError("expected at least one value, got none")
    return math.fsum(values) / len(values)


def mean_ci(
    values: ArrayLike,
    clusters: Sequence[str],
    resamples: int = 10_000,
    seed: int = 0,
    bounds: tuple[float, float] = (0.0, 1.0),
) -> tuple[float, float]:
    """The 95 % interval of the mean over rows.

    The rows of one intent say nothing of other intents: the interval is then all of `bounds`. Where every intent has the
    same mean, it is that mean alone.

    Args:
        values: shape (n,).
        clusters: the intent of each row, (n,).
        resamples: how many means are drawn.
        seed: same seed and same rows, in any order: same interval.
        bounds: the least and the greatest value there is, which the interval is cut at.

    Returns:
        (low, high).

    Raises:
        ValueError: no value, not as many clusters as values, a value that is not finite or beyond `bounds`.
    """
    tail = (1 + LEVEL) / 2
    return mean_bounds(values, clusters, tail, resamples, seed, bounds)


def mean_bounds(
    values: ArrayLike,
    clusters: Sequence[str],
    confidence: float,
    resamples: int = 10_000,
    seed: int = 0,
    bounds: tuple[float, float] = (-math.inf, math.inf),
) -> tuple[float, float]:
    """What the mean over rows is above, and what it is below, each with this confidence, from .5 to below 1.

    Other arguments and errors: as `mean_ci`.
    """
    least, most = bounds
    rows = np.asarray(values, dtype=np.float64)
    sums, sizes = by_cluster(rows, clusters)
    if rows.min() < least - 1e-9 or rows.max() > most + 1e-9:
        raise ValueError(f"expected values from {least:g} to {most:g}, got {rows.min():g} to {rows.max():g}")
    low, high = _ends(sums, sizes, confidence, resamples, seed, bounds)
    centre = mean(rows)
    return min(low, centre), max(high, centre)  # rounded ends of a single value would lie beside it


def paired_gain_ci(
    base: ArrayLike,
    tuned: ArrayLike,
    clusters: Sequence[str],
    resamples: int = 10_000,
    seed: int = 0,
    bounds: tuple[float, float] = (-1.0, 1.0),
) -> tuple[float, float]:
    """The 95 % interval of the mean of `tuned - base`, both on the same rows.

    Pairing takes out how hard a row is, which both share: the interval is narrower than that of two separate means.

    Args:
        base: scores before, (n,).
        tuned: scores after, of the same rows in the same order, (n,).
        clusters: the intent of each row, (n,).
        resamples: how many means are drawn.
        seed: same seed and same rows: same interval.
        bounds: the least and the greatest difference there is.

    Raises:
        ValueError: as `mean_ci`, or the two sides differ in shape.
    """
    return mean_ci(differences(base, tuned), clusters, resamples, seed, bounds)


def ratio_ci(
    parts: ArrayLike,
    wholes: ArrayLike,
    clusters: Sequence[str],
    resamples: int = 10_000,
    seed: int = 0,
    bounds: tuple[float, float] = (0.0, 1.0),
) -> tuple[float, float]:
    """The 95 % interval of a ratio of totals, such as right steps over all steps, or words over words of the references.

    A ratio of totals is not the mean of the rows' ratios: long answers count for more.

    Args:
        parts: what is counted in each row, (n,).
        wholes: out of what in each row, not below zero, (n,).
        clusters: the intent of each row, (n,).
        resamples: how many ratios are drawn.
        seed: same seed and same rows: same interval.
        bounds: the least and the greatest ratio there is, which the interval is cut at.

    Raises:
        ValueError: as `mean_ci`, or the wholes come to nothing, or one is below zero.
    """
    sums, sizes = by_cluster(parts, clusters)[0], by_cluster(wholes, clusters)[0]
    if np.min(wholes) < 0 or sizes.sum() <= 0:
        raise ValueError(f"expected totals above zero, got {float(sizes.sum()):g}")
    return _ends(sums, sizes, (1 + LEVEL) / 2, resamples, seed, bounds)


def _ends(
    sums: NDArray[np.float64],
    sizes: NDArray[np.float64],
    confidence: float,
    resamples: int,
    seed: int,
    bounds: tuple[float, float],
) -> tuple[float, float]:
    found = bootstrap(sums[None], sizes[None], resamples, seed)
    low, high = float(found.low(confidence)[0]), float(found.high(confidence)[0])
    return round(max(low, bounds[0]), DIGITS), round(min(high, bounds[1]), DIGITS)


def differences(base: ArrayLike, tuned: ArrayLike) -> NDArray[np.float64]:
    """`tuned - base` of each row, (n,).

    Raises:
        ValueError: the two sides differ in shape.
    """
    before = np.asarray(base, dtype=np.float64)
    after = np.asarray(tuned, dtype=np.float64)
    if before.shape != after.shape:
        raise ValueError(f"expected the same rows on both sides, got shapes {before.shape} and {after.shape}")
    return after - before
