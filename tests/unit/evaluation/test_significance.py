"""P-values that agree with the intervals, their correction, and what a comparison can see."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from langkah.evaluation.bootstrap import bootstrap
from langkah.evaluation.intervals import paired_gain_ci
from langkah.evaluation.significance import detectable, detectable_difference, holm, paired_gains

GENERATOR = np.random.default_rng(4)
BASE = GENERATOR.beta(2, 5, 60)
INTENTS = [f"intent {row // 3}" for row in range(60)]


def test_the_gains_are_those_of_the_intervals() -> None:
    tuned = np.clip(BASE + 0.1 + GENERATOR.normal(0, 0.1, 60), 0, 1)
    found = paired_gains({"rouge_l": BASE, "meteor": BASE}, {"rouge_l": tuned, "meteor": BASE}, INTENTS, seed=3)
    gain = found["rouge_l"]
    assert gain.difference == pytest.approx(float((tuned - BASE).mean()))
    assert gain.ci == paired_gain_ci(BASE, tuned, INTENTS, seed=3)
    assert (gain.n, gain.intents) == (60, 20)
    assert 0 < gain.p < 0.01
    assert gain.p_adjusted == pytest.approx(2 * gain.p)
    assert (found["meteor"].difference, found["meteor"].p, found["meteor"].p_adjusted) == (0, 1, 1)
    assert gain.detectable == pytest.approx(detectable(tuned - BASE, INTENTS))


def test_one_intent_shows_nothing() -> None:
    found = paired_gains({"rouge_l": [0.1, 0.2]}, {"rouge_l": [0.9, 0.8]}, ["a", "a"])["rouge_l"]
    assert (found.ci, found.p, found.detectable) == ((-1, 1), 1, 1)


@given(st.lists(st.floats(-1, 1), min_size=3, max_size=12))
def test_a_p_value_below_5_percent_is_an_interval_without_zero(changes: list[float]) -> None:
    found = bootstrap(np.asarray([changes]), np.ones((1, len(changes))), 199, 0)
    low, high, p = float(found.low(0.975)[0]), float(found.high(0.975)[0]), float(found.p_value()[0])
    assert (p <= 0.05) == (low > 0 or high < 0)
    assert 0 < p <= 1


def test_p_values_are_uniform_where_there_is_no_difference() -> None:
    changes = np.random.default_rng(8).beta(2, 2, (2_000, 20)) - 0.5
    p = bootstrap(changes, np.ones((1, 20)), 999, 0).p_value()
    for level in (0.05, 0.2, 0.5):
        assert float((p <= level).mean()) == pytest.approx(level, abs=0.03)


def test_a_detectable_difference_is_found_four_times_in_five() -> None:
    generator = np.random.default_rng(9)
    noise = generator.normal(0, 0.1, (2_000, 20))
    shift = detectable_difference(0.1 / np.sqrt(20), 20)
    assert shift == pytest.approx((2.0930 + 0.8610) * 0.1 / np.sqrt(20), abs=1e-4)  # tables of Student's t, 19 degrees
    p = bootstrap(noise + shift, np.ones((1, 20)), 999, 0).p_value()
    assert float((p <= 0.05).mean()) == pytest.approx(0.8, abs=0.03)


def test_more_intents_see_smaller_differences() -> None:
    values = np.random.default_rng(1).normal(0, 0.1, 400)
    few, many = detectable(values[:100], [str(row) for row in range(100)]), detectable(values, [str(row) for row in range(400)])
    assert many == pytest.approx(few / 2, rel=0.15)
    as_intents = detectable(np.repeat(values[:100], 4), [str(row // 4) for row in range(400)])
    assert as_intents == pytest.approx(few)  # four wordings that go together are no four observations


def test_holm() -> None:
    # Worked by hand: .01 x 4; .02 x 3; .03 x 2 = .06, not below .06; .04 x 1, not below .06.
    assert holm({"d": 0.04, "a": 0.01, "c": 0.03, "b": 0.02}) == pytest.approx({"a": 0.04, "b": 0.06, "c": 0.06, "d": 0.06})
    assert list(holm({"z": 0.5, "a": 0.9})) == ["z", "a"]
    assert holm({}) == {}


@given(st.dictionaries(st.text(max_size=3), st.floats(0, 1), max_size=8))
def test_holm_keeps_the_order_and_never_lowers(p_values: dict[str, float]) -> None:
    adjusted = holm(p_values)
    for name, p in p_values.items():
        assert p <= adjusted[name] <= min(1.0, len(p_values) * p) + 1e-12
        assert all(adjusted[other] <= adjusted[name] for other, q in p_values.items() if q < p)


def test_refused() -> None:
    with pytest.raises(ValueError, match="same measures"):
        paired_gains({"rouge_l": [0.1]}, {"meteor": [0.1]}, ["a"])
    with pytest.raises(ValueError, match="same measures"):
        paired_gains({}, {}, [])
    with pytest.raises(ValueError, match="same rows"):
        paired_gains({"rouge_l": [0.1]}, {"rouge_l": [0.1, 0.2]}, ["a"])
