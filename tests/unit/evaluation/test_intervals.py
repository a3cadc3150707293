"""Clustered bootstrap intervals: right where the answer is known, and the same whatever the order of rows."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from langkah.evaluation.intervals import mean, mean_bounds, mean_ci, paired_gain_ci, ratio_ci


def test_equals_the_normal_interval_on_many_rows() -> None:
    values = np.random.default_rng(0).beta(4, 6, 2_000)
    low, high = mean_ci(values, [str(row) for row in range(2_000)])
    error = 1.96 * values.std() / np.sqrt(2_000)
    assert low == pytest.approx(values.mean() - error, abs=3e-4)
    assert high == pytest.approx(values.mean() + error, abs=3e-4)


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
    values = np.linspace(0, 1, 50) ** 3
    names = [str(row) for row in range(50)]
    whole = mean_ci(values, names, resamples=4_000)
    monkeypatch.setattr("langkah.evaluation.bootstrap.DRAWS", 300)
    assert mean_ci(values, names, resamples=4_000) == pytest.approx(whole, abs=0.01)


def test_one_intent_says_nothing_of_others() -> None:
    assert mean_ci([0.2, 0.4], ["a", "a"]) == (0.0, 1.0)
    assert mean_ci([2.0, 4.0], ["a", "a"], bounds=(1, 5)) == (1.0, 5.0)
    assert paired_gain_ci([0.1, 0.2], [0.9, 0.9], ["a", "a"]) == (-1.0, 1.0)


def test_intents_that_are_all_alike_give_that_value() -> None:
    assert mean_ci([0.1] * 9, ["a", "b", "c"] * 3) == (0.1, 0.1)
    low, high = mean_ci([1 / 3] * 4, list("abcd"))
    assert low <= 1 / 3 <= high and high - low < 1e-11
    assert paired_gain_ci([0.1, 0.25, 0.7], [0.4, 0.55, 1.0], ["a", "b", "c"]) == pytest.approx((0.3, 0.3))


def test_skewed_scores_reach_further_to_the_side_of_their_tail() -> None:
    values = [0.02, 0.05, 0.03, 0.04, 0.1, 0.06, 0.02, 0.05, 0.4, 0.9]
    low, high = mean_ci(values, [str(place) for place in range(10)])
    assert high - mean(values) > 2 * (mean(values) - low)
    assert low >= 0


def test_a_ratio_of_totals() -> None:
    generator = np.random.default_rng(6)
    wholes = generator.integers(1, 9, 90)
    parts = generator.binomial(wholes, 0.7)
    names = [str(row // 3) for row in range(90)]
    low, high = ratio_ci(parts, wholes, names)
    assert low < parts.sum() / wholes.sum() < high
    assert high - low == pytest.approx(2 * 1.96 * (0.7 * 0.3 / wholes.sum()) ** 0.5, rel=0.3)
    ones = [1] * 90
    flags = parts > 3
    assert ratio_ci(flags, ones, names) == mean_ci(flags, names)
    assert ratio_ci([3, 0, 0], [4, 0, 0], ["a", "b", "c"]) == (0, 1)  # all is of one intent
    assert ratio_ci([12, 30], [10, 20], ["a", "a"], bounds=(0, 9)) == (0, 9)
    for wrong in ([0, 0], [2, -1]):
        with pytest.raises(ValueError, match="totals above zero"):
            ratio_ci([0, 0], wrong, ["a", "b"])


def test_bounds_of_one_side() -> None:
    values, names = [0.1, 0.3, 0.2, 0.5, 0.4, 0.3], list("abcdef")
    low, high = mean_bounds(values, names, 0.975)
    assert (low, high) == mean_ci(values, names)
    near = mean_bounds(values, names, 0.8)
    assert low < near[0] < mean(values) < near[1] < high
    for confidence in (0.4, 1.0):
        with pytest.raises(ValueError, match="confidence from"):
            mean_bounds(values, names, confidence)


@given(
    rows=st.lists(st.tuples(st.integers(0, 5), st.floats(0, 1)), min_size=2, max_size=30),
    confidence=st.sampled_from([0.5, 0.8, 0.975]),
)
def test_any_scores_give_an_interval_around_their_mean(rows: list[tuple[int, float]], confidence: float) -> None:
    values, names = [value for _, value in rows], [str(name) for name, _ in rows]
    low, high = mean_bounds(values, names, confidence, resamples=200, bounds=(0, 1))
    assert 0 <= low <= mean(values) <= high <= 1
    mirrored = mean_bounds([1 - value for value in values], names, confidence, resamples=200, bounds=(0, 1))
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-6)


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
    with pytest.raises(ValueError, match=r"from 0 to 1, got 0.1 to 1.5"):
        mean_ci([0.1, 1.5], ["a", "b"])
    with pytest.raises(ValueError, match="same rows"):
        paired_gain_ci([0.1], [0.1, 0.2], ["a"])
    with pytest.raises(ValueError, match="at least one"):
        mean([])
