"""Clustered bootstrap intervals: right where the answer is known, and the same whatever the order of rows."""

import random

import numpy as np
import pytest

from langkah.evaluation.intervals import mean, mean_ci, paired_gain_ci


def test_covers_the_true_mean_about_as_often_as_it_says() -> None:
    generator = np.random.default_rng(1)
    hits = 0
    for sample in range(200):
        effects = np.repeat(generator.normal(0.5, 0.1, 40), 3)  # rows of an intent go together
        values = effects + generator.normal(0, 0.02, 120)
        clusters = [f"intent {row // 3}" for row in range(120)]
        low, high = mean_ci(values, clusters, resamples=400, seed=sample)
        hits += low <= 0.5 <= high
    assert 0.89 <= hits / 200 <= 0.99


def test_equals_the_normal_interval_on_many_rows() -> None:
    values = np.random.default_rng(0).normal(0.4, 0.2, 2_000)
    low, high = mean_ci(values, [str(row) for row in range(2_000)])
    error = 1.96 * values.std() / np.sqrt(2_000)
    assert low == pytest.approx(values.mean() - error, abs=6e-4)
    assert high == pytest.approx(values.mean() + error, abs=6e-4)


def test_rows_of_one_intent_do_not_narrow_the_interval() -> None:
    values = [0.1, 0.5, 0.9, 0.3] * 5
    as_rows = mean_ci(values, [str(row) for row in range(20)])
    as_intents = mean_ci(values, [str(row % 4) for row in range(20)])
    assert as_intents[1] - as_intents[0] > 1.5 * (as_rows[1] - as_rows[0])


def test_intents_of_different_size_weigh_by_their_rows() -> None:
    low, high = mean_ci([1.0] * 9 + [0.0], ["a"] * 9 + ["b"])
    assert (low, high) == (0.0, 1.0)


def test_order_of_rows_and_seed() -> None:
    generator = random.Random(5)
    rows = [(generator.random(), f"intent {generator.randrange(15)}") for _ in range(60)]
    first = mean_ci([value for value, _ in rows], [name for _, name in rows], seed=3)
    generator.shuffle(rows)
    values, names = [value for value, _ in rows], [name for _, name in rows]
    assert mean_ci(values, names, seed=3) == first
    assert mean_ci(values, names, seed=4) != first


def test_more_clusters_than_are_drawn_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.linspace(0, 1, 50)
    names = [str(row) for row in range(50)]
    whole = mean_ci(values, names, resamples=101)
    monkeypatch.setattr("langkah.evaluation.intervals.DRAWS", 300)
    assert mean_ci(values, names, resamples=101) == whole


def test_one_intent_gives_the_mean_twice() -> None:
    assert mean_ci([0.2, 0.4], ["a", "a"]) == (0.3, 0.3)


def test_the_paired_interval_takes_out_what_rows_share() -> None:
    generator = np.random.default_rng(2)
    base = generator.uniform(0, 0.8, 60)
    tuned = base + 0.1 + generator.normal(0, 0.01, 60)
    names = [str(row) for row in range(60)]
    low, high = paired_gain_ci(base, tuned, names)
    assert 0.09 < low < 0.1 < high < 0.11
    assert high - low < 0.1 * (mean_ci(tuned, names)[1] - mean_ci(tuned, names)[0])


def test_the_mean_does_not_depend_on_the_order() -> None:
    values = [0.1] * 10 + [1e-17] * 10 + [0.7]
    assert mean(values) == mean(values[::-1])


def test_refused() -> None:
    with pytest.raises(ValueError, match="one or more values"):
        mean_ci([], [])
    with pytest.raises(ValueError, match="each of 2 values, got 1"):
        mean_ci([0.1, 0.2], ["a"])
    with pytest.raises(ValueError, match="finite"):
        mean_ci([0.1, float("nan")], ["a", "b"])
    with pytest.raises(ValueError, match="same rows"):
        paired_gain_ci([0.1], [0.1, 0.2], ["a"])
    with pytest.raises(ValueError, match="at least one"):
        mean([])
