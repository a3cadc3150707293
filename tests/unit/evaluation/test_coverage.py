"""How often the intervals hold the true mean, with few intents, uneven sizes and skewed scores."""

import math

import pytest
from simulated_scores import KINDS, cover

SAMPLES = 10_000
NOISE = 2 * math.sqrt(0.97 * 0.03 / SAMPLES)
"""Two standard errors of a share of .97."""


@pytest.mark.slow
@pytest.mark.parametrize("intents", [10, 20, 40])
@pytest.mark.parametrize("kind", KINDS)
def test_an_interval_of_95_percent_covers_93_to_97(kind: str, intents: int) -> None:
    covered = cover(KINDS[kind], intents, SAMPLES, seed=7)
    assert 0.93 - NOISE <= covered <= 0.97 + NOISE


@pytest.mark.slow
def test_the_percentile_interval_would_not() -> None:
    assert all(cover(kind, 10, 1_000, plain=True) < 0.92 for kind in KINDS.values())
