"""What the gate decides on twenty simulated evaluations of each kind: harm never passes, a gain does, chance does not."""

import pytest
from simulated_answers import detectable_of, two_models

from langkah.config import EvaluateConfig, GateConfig
from langkah.evaluation.gate import decide

EVALUATE = EvaluateConfig(resamples=2_000)
LIMITS = GateConfig(max_invented_rise=0.25, max_personal_values=0, max_forgetting=0.5)
SEEDS = range(20)
SIZES = [(20, 6), (40, 10), (120, 20)]
"""Intents of eval and of hold-out, three answers each."""


def passes(intents: int, heldout: int, on_eval: float, on_holdout: float) -> int:
    verdicts = []
    for seed in SEEDS:
        before, after, evidence = two_models(seed, intents, heldout, on_eval, on_holdout)
        verdicts.append(decide(before, after, LIMITS, EVALUATE, evidence, "champion").passed)
    return sum(verdicts)


@pytest.mark.parametrize(("intents", "heldout"), SIZES)
def test_harm_of_twice_the_detectable_difference_never_passes(intents: int, heldout: int) -> None:
    harm = -2 * detectable_of(intents)
    assert passes(intents, heldout, harm, harm) == 0
    assert passes(intents, heldout, harm, 0) == 0


@pytest.mark.parametrize(("intents", "heldout"), SIZES)
def test_harm_on_the_holdout_alone_never_passes(intents: int, heldout: int) -> None:
    assert passes(intents, heldout, 2 * detectable_of(intents), -2 * detectable_of(heldout)) == 0


@pytest.mark.parametrize(("intents", "heldout"), SIZES)
def test_a_gain_of_twice_the_detectable_difference_passes(intents: int, heldout: int) -> None:
    gain = 2 * detectable_of(intents)
    assert passes(intents, heldout, gain, gain) >= 18
    assert passes(intents, heldout, gain, 0) >= 18


@pytest.mark.parametrize(("intents", "heldout"), SIZES)
def test_no_difference_passes_at_most_once(intents: int, heldout: int) -> None:
    assert passes(intents, heldout, 0, 0) <= 1
