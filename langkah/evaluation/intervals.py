"""Confidence intervals: the percentile bootstrap, clustered by intent.

The variants of an intent share their reference answer, so their scores go together. Drawing rows would pretend that
they are independent and give intervals too narrow; whole intents are drawn instead, with replacement (Davison and
Hinkley, "Bootstrap Methods and their Application", 1997, sections 2.4 and 5.3).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

LEVEL: Final = 0.95
"""The share of resampled means between the two ends."""
DRAWS: Final = 2_000_000
"""Draws held in memory at once (two float64 arrays of it, 32 MB)."""
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


def mean_ci(values: ArrayLike, clusters: Sequence[str], resamples: int = 10_000, seed: int = 0) -> tuple[float, float]:
    """The 95 % interval of the mean over rows.

    Each resample draws as many clusters as there are, with replacement, and takes the mean over the rows of those
    drawn. With one cluster every resample is the sample, and both ends are the mean: such an interval says nothing of
    other intents. Ten clusters or fewer give intervals that are too narrow as well.

    Args:
        values: shape (n,).
        clusters: the intent of each row, (n,).
        resamples: how many means are drawn.
        seed: same seed and same rows, in any order: same interval.

    Returns:
        (low, high), the 2.5th and the 97.5th percentile.

    Raises:
        ValueError: no value, not as many clusters as values, or a value that is not finite.
    """
    rows = np.asarray(values, dtype=np.float64)
    if rows.ndim != 1 or rows.size == 0:
        raise ValueError(f"expected one or more values in one dimension, got shape {rows.shape}")
    if len(clusters) != rows.size:
        raise ValueError(f"expected a cluster for each of {rows.size} values, got {len(clusters)}")
    if not np.isfinite(rows).all():
        raise ValueError("expected finite values")
    sums, sizes = _by_cluster(rows, clusters)
    if sums.size == 1:
        centre = round(mean(rows), DIGITS)
        return centre, centre

    generator = np.random.default_rng(seed)
    means = np.empty(resamples, dtype=np.float64)
    step = max(1, DRAWS // sums.size)
    for start in range(0, resamples, step):
        stop = min(start + step, resamples)
        drawn = generator.integers(0, sums.size, size=(stop - start, sums.size))
        means[start:stop] = sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.percentile(means, [tail, 100 - tail])
    return round(float(low), DIGITS), round(float(high), DIGITS)


def paired_gain_ci(
    base: ArrayLike, tuned: ArrayLike, clusters: Sequence[str], resamples: int = 10_000, seed: int = 0
) -> tuple[float, float]:
    """The 95 % interval of the mean of `tuned - base`, both on the same rows.

    Pairing takes out how hard a row is, which both share: the interval is narrower than that of two separate means.

    Args:
        base: scores before, (n,).
        tuned: scores after, of the same rows in the same order, (n,).
        clusters: the intent of each row, (n,).
        resamples: how many means are drawn.
        seed: same seed and same rows: same interval.

    Raises:
        ValueError: as `mean_ci`, or the two sides differ in shape.
    """
    before = np.asarray(base, dtype=np.float64)
    after = np.asarray(tuned, dtype=np.float64)
    if before.shape != after.shape:
        raise ValueError(f"expected the same rows on both sides, got shapes {before.shape} and {after.shape}")
    return mean_ci(after - before, clusters, resamples, seed)


def _by_cluster(rows: NDArray[np.float64], clusters: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sum and size of each cluster, (c,) each, clusters by name and rows by value: the order of rows plays no part."""
    _, codes = np.unique(np.asarray(clusters, dtype=np.str_), return_inverse=True)
    order = np.lexsort((rows, codes))
    codes, rows = codes[order], rows[order]
    starts = np.flatnonzero(np.diff(codes, prepend=-1))
    sums: NDArray[np.float64] = np.add.reduceat(rows, starts)
    sizes = np.diff(starts, append=rows.size).astype(np.float64)
    return sums, sizes
