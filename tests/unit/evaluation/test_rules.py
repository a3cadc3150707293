"""Each rule of the gate at its limit."""

import pytest

from langkah.config import EvaluateConfig
from langkah.evaluation.rules import (
    Failures,
    PairedRows,
    drop_rule,
    ended_rule,
    forgetting_rule,
    gain_rule,
    invented_rule,
    opponent_failed_rule,
    personal_rule,
)

EVALUATE = EvaluateConfig(resamples=2_000)
INTENTS = [f"i{place // 3}" for place in range(30)]
NOISE = [0.04 * (place % 5 - 2) for place in range(10)]


def changed(by: float, noise: float = 1.0) -> PairedRows:
    """Ten intents of three rows, which change by `by` on the mean."""
    return PairedRows([0.5] * 30, [0.5 + by + noise * NOISE[place // 3] for place in range(30)], INTENTS)


def test_a_gain_must_be_above_its_limit_not_on_it() -> None:
    assert not gain_rule(changed(0.0, noise=0), 0.0, "base", EVALUATE).passed
    assert gain_rule(changed(0.001, noise=0), 0.0, "base", EVALUATE).passed
    low = gain_rule(changed(0.1), 0.0, "base", EVALUATE).value
    assert low is not None and 0 < low < 0.1
    assert not gain_rule(changed(0.1), low, "base", EVALUATE).passed
    assert gain_rule(changed(0.1), low - 1e-9, "base", EVALUATE).passed


@pytest.mark.parametrize("confidence", [0.2, 0.5, 0.8])
def test_a_drop_may_be_on_its_limit_not_above(confidence: float) -> None:
    found = drop_rule(changed(-0.04), 0.05, "champion", confidence, EVALUATE)
    assert found.value is not None
    assert drop_rule(changed(-0.04), found.value, "champion", confidence, EVALUATE).passed
    assert not drop_rule(changed(-0.04), found.value - 1e-9, "champion", confidence, EVALUATE).passed


def test_confidence_says_whether_harm_or_harmlessness_must_be_shown() -> None:
    strict, middle, lenient = (drop_rule(changed(-0.04), 0.05, "base", confidence, EVALUATE) for confidence in (0.2, 0.5, 0.8))
    assert strict.value is not None and middle.value is not None and lenient.value is not None
    assert lenient.value < middle.value < strict.value
    assert middle.value == pytest.approx(0.04, abs=0.005)
    assert (strict.passed, middle.passed, lenient.passed) == (False, True, True)
    assert f"A drop of more than {strict.value:.3f} is ruled out with 80 % confidence" in strict.meaning
    assert f"A drop of {lenient.value:.3f} or more is shown with 80 % confidence, where 0.050 is allowed" in lenient.meaning


def test_no_harm_is_told_as_none() -> None:
    assert "changed by −0.1" in drop_rule(changed(-0.1), 0.05, "base", 0.8, EVALUATE).meaning
    assert "No drop is shown with 80 % confidence" in drop_rule(changed(0.1), 0.05, "base", 0.8, EVALUATE).meaning
    assert "Any drop is ruled out with 80 % confidence" in drop_rule(changed(0.1), 0.05, "base", 0.2, EVALUATE).meaning


def test_a_holdout_of_one_intent_is_no_measure() -> None:
    found = drop_rule(PairedRows([0.2, 0.3], [0.9, 0.9], ["a", "a"]), 0.05, "base", 0.8, EVALUATE)
    assert (found.passed, found.measured, found.value) == (False, False, None)
    assert found.meaning.startswith("A hold-out of one intent says nothing of others")


def test_the_meaning_says_what_the_comparison_can_see() -> None:
    few, many = (
        changed(0.1),
        PairedRows([0.5] * 300, [0.6 + NOISE[place % 10] for place in range(300)], list(map(str, range(300)))),
    )
    seen = [float(gain_rule(rows, 0, "base", EVALUATE).meaning.split("difference of ")[1].split()[0]) for rows in (few, many)]
    assert seen[1] < 0.25 * seen[0]
    two = PairedRows([0.1, 0.2], [0.2, 0.7], ["a", "b"])
    assert "So few show no difference four times in five" in gain_rule(two, 0, "base", EVALUATE).meaning
    assert "One intent says nothing" in gain_rule(PairedRows([0.1], [0.9], ["a"]), 0, "base", EVALUATE).meaning


def test_invented_steps() -> None:
    before = [place % 3 for place in range(30)]
    same = PairedRows(before, before, INTENTS)
    assert invented_rule(same, 0.0, "base", 0.8, EVALUATE).passed
    one_more = PairedRows(before, [steps + 1 for steps in before], INTENTS)
    assert invented_rule(one_more, 1.0, "base", 0.8, EVALUATE).passed
    assert not invented_rule(one_more, 0.99, "base", 0.8, EVALUATE).passed
    fewer = invented_rule(PairedRows(before, [0] * 30, INTENTS), 0.0, "base", 0.8, EVALUATE)
    assert fewer.passed and fewer.value == -1
    unsure = PairedRows(before, [steps + (4 if place < 3 else 0) for place, steps in enumerate(before)], INTENTS)
    found = invented_rule(unsure, 0.25, "base", 0.8, EVALUATE)
    assert found.passed and found.meaning.startswith("The mean answer has +0.40 invented steps against the base.")
    assert not invented_rule(unsure, 0.25, "base", 0.5, EVALUATE).passed


def test_invented_steps_that_bound_nothing() -> None:
    for steps in (None, PairedRows([], [], []), PairedRows([1, 2], [0, 0], ["a", "a"])):
        found = invented_rule(steps, 0.5, "base", 0.8, EVALUATE)
        assert (found.passed, found.measured, found.value) == (False, False, None)


def test_failed_answers_of_the_opponent() -> None:
    assert opponent_failed_rule(Failures(opponent=1, challenger=0, prompts=20), 0.05, "base").passed
    found = opponent_failed_rule(Failures(opponent=2, challenger=3, prompts=20), 0.05, "base")
    assert (found.passed, found.value) == (False, 0.1)
    assert found.meaning == (
        "The base failed to answer 2 of 20 prompts, which are left out of the comparison, where 5 % may be. On what is left"
        " nothing is proven. The tuned model failed to answer 3, which count as zero."
    )
    none = opponent_failed_rule(Failures(opponent=0, challenger=0, prompts=20), 0.0, "champion")
    assert none.passed and none.meaning == "The champion answered all of the 20 prompts."
    for unknown in (None, Failures(opponent=0, challenger=0, prompts=0)):
        assert not opponent_failed_rule(unknown, 1.0, "base").measured


def test_ended() -> None:
    assert ended_rule([True] * 9 + [False], 0.9).passed
    found = ended_rule([True] * 8 + [False] * 2, 0.9)
    assert (found.passed, found.value) == (False, 0.8)
    assert found.meaning == "The model ended 8 of 10 answers by its end token; at least 90 % must be."
    assert not ended_rule([], 0.0).passed
    assert not ended_rule(None, 0.0).passed


def test_personal_values() -> None:
    assert personal_rule(0, 0).passed
    assert not personal_rule(1, 0).passed
    assert personal_rule(2, 2).passed
    assert not personal_rule(None, 0).passed


def test_forgetting() -> None:
    assert forgetting_rule(0.5, 0.5).passed
    assert not forgetting_rule(0.51, 0.5).passed
    assert forgetting_rule(-0.2, 0.0).passed
    for unknown in (None, float("nan"), float("-inf")):
        found = forgetting_rule(unknown, 0.5)
        assert (found.passed, found.measured, found.value) == (False, False, None)


def test_rows_must_pair() -> None:
    with pytest.raises(ValueError, match="same rows on both sides, got 1, 2 and 2"):
        PairedRows([1], [1, 2], ["a", "b"])
