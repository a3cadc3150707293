"""Scores of simulated intents whose true mean is known, and how often an interval holds it.

PYTHONPATH=. python tests/unit/evaluation/coverage.py [SAMPLES]     # the table of langkah/evaluation/bootstrap.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from langkah.evaluation.bootstrap import bootstrap

Floats = NDArray[np.float64]
Rows = Callable[[np.random.Generator, tuple[int, int, int]], Floats]
"""Scores of (samples, intents, rows)."""
MOST = 8
BATCH = 1_000


def _around(generator: np.random.Generator, centres: Floats, shape: tuple[int, int, int]) -> Floats:
    """Rows of an intent, which go together: intra-class correlation of about .5 to .8."""
    kept = np.clip(centres, 1e-3, 1 - 1e-3)[..., None]
    return generator.beta(8 * kept, 8 * (1 - kept), size=shape)


def _skewed(first: float, second: float) -> Rows:
    return lambda generator, shape: _around(generator, generator.beta(first, second, size=shape[:2]), shape)


def _learned(share: float) -> Rows:
    """Some intents are answered word for word, nearly always; the others are poor."""

    def rows(generator: np.random.Generator, shape: tuple[int, int, int]) -> Floats:
        exact = generator.random(shape[:2]) < share
        right = np.where(generator.random(shape) < 0.9, 1.0, _around(generator, np.full(shape[:2], 0.5), shape))
        return np.where(exact[..., None], right, _around(generator, generator.beta(2, 5, size=shape[:2]), shape))

    return rows


def _gain(generator: np.random.Generator, shape: tuple[int, int, int]) -> Floats:
    """Differences to a base that shares how hard an intent is; most gain little, some much."""
    centres = generator.beta(2, 5, size=shape[:2])
    tuned = _around(generator, centres + generator.beta(1, 5, size=shape[:2]), shape)
    return tuned - _around(generator, centres, shape)


def _half_learned(generator: np.random.Generator, shape: tuple[int, int, int]) -> Floats:
    """Differences to a base where half of the intents became exact and the others changed by chance alone."""
    centres = generator.beta(2, 5, size=shape[:2])
    exact = generator.random(shape[:2]) < 0.5
    tuned = np.where(exact[..., None], 1.0, _around(generator, centres, shape))
    return tuned - _around(generator, centres, shape)


def _few_changed(generator: np.random.Generator, shape: tuple[int, int, int]) -> Floats:
    """Differences to a base where one intent in five became good, and nothing else changed much."""
    base = _around(generator, generator.beta(2, 5, size=shape[:2]), shape)
    changed = generator.random(shape[:2]) < 0.2
    good = _around(generator, generator.beta(6, 2, size=shape[:2]), shape)
    return np.where(changed[..., None], good, np.clip(base + generator.normal(0, 0.03, size=shape), 0, 1)) - base


KINDS: Mapping[str, Rows] = MappingProxyType(
    {
        "middling": _skewed(4, 4),
        "low": _skewed(1, 4),
        "high": _skewed(5, 1),
        "60 % exact": _learned(0.6),
        "gain": _gain,
        "gain, half exact": _half_learned,
    }
)
"""What the intervals are held to."""
EXTREME: Mapping[str, Rows] = MappingProxyType(
    {"nearly all low": _skewed(0.5, 5), "85 % exact": _learned(0.85), "gain of one in five": _few_changed}
)
"""Shown too: a few intents of which most samples have none or one decide the mean."""


def samples(rows: Rows, count: int, intents: int, generator: np.random.Generator) -> tuple[Floats, Floats]:
    """Sums and sizes of the intents of each sample, (count, intents) each: 1 to 8 rows, most of them 1 to 3."""
    sizes = generator.choice([1, 2, 3, 4, MOST], p=[0.25, 0.25, 0.25, 0.15, 0.10], size=(count, intents))
    inside = np.arange(MOST) < sizes[..., None]
    return (rows(generator, (count, intents, MOST)) * inside).sum(axis=2), sizes.astype(np.float64)


def true_mean(rows: Rows) -> float:
    """The mean over a million intents."""
    generator = np.random.default_rng(10)
    return float(np.mean([rows(generator, (10_000, 10, 1)).mean() for _ in range(10)]))


def percentile_ends(sums: Floats, sizes: Floats, resamples: int, seed: int) -> tuple[Floats, Floats]:
    """The plain way: percentiles of the means of intents drawn with replacement."""
    count = sums.shape[1]
    drawn = np.random.default_rng(seed).integers(0, count, size=(resamples, count))
    counts = np.stack([np.bincount(each, minlength=count) for each in drawn]).astype(np.float64)
    means = (sums @ counts.T) / (sizes @ counts.T)
    low, high = np.percentile(means, [2.5, 97.5], axis=1)
    return low, high


def cover(rows: Rows, intents: int, count: int, seed: int = 0, resamples: int = 2_000, plain: bool = False) -> float:
    """The share of samples whose 95 % interval holds the true mean."""
    truth, generator = true_mean(rows), np.random.default_rng(seed)
    hits = 0
    for start in range(0, count, BATCH):
        sums, sizes = samples(rows, min(BATCH, count - start), intents, generator)
        if plain:
            low, high = percentile_ends(sums, sizes, resamples, start)
        else:
            found = bootstrap(sums, sizes, resamples, start)
            low, high = found.low(0.975), found.high(0.975)
        hits += int(((low <= truth) & (truth <= high)).sum())
    return hits / count
