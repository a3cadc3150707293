"""The gate lets a model through only when it is proven better, and only on what was measured."""

import pytest

from langkah.config import EvaluateConfig, GateConfig
from langkah.errors import GenerationError
from langkah.evaluation.gate import Evidence, GateVerdict, decide
from langkah.evaluation.rules import Failures
from langkah.evaluation.scores import RowScore

EVALUATE = EvaluateConfig(resamples=1_000)
LIMITS = GateConfig(max_invented_rise=0.25, max_personal_values=0, max_forgetting=0.5)
SCORES_ALONE = GateConfig(
    min_own_lead=None, min_ended=None, max_personal_values=None, max_forgetting=None, max_opponent_failed=None
)
NONE_FAILED = Failures(opponent=0, challenger=0, prompts=16)


def rows(slice: str, scores: list[float]) -> list[RowScore]:
    return [RowScore(intent=f"i{place // 2}", slice=slice, rouge_l=score, meteor=0.5) for place, score in enumerate(scores)]


def judge(before: list[RowScore], after: list[RowScore], config: GateConfig = SCORES_ALONE) -> GateVerdict:
    return decide(before, after, config, EVALUATE)


LOW = [0.10, 0.20, 0.15, 0.25, 0.20, 0.10, 0.30, 0.20, 0.12, 0.22]
LEADS = [(f"i{place}", 0.3 + place / 100) for place in range(5)]
HELD = [0.3, 0.3, 0.25, 0.2, 0.1, 0.15]


def invented(rows: list[RowScore], before: list[int], after: list[int]) -> list[tuple[str, int, int]]:
    return [(row.intent, before[at % len(before)], after[at % len(after)]) for at, row in enumerate(rows)]


def up(scores: list[float], by: float) -> list[float]:
    return [score + by + (0.02 if place % 4 < 2 else -0.02) for place, score in enumerate(scores)]


def test_a_clear_gain_passes() -> None:
    verdict = judge(rows("eval", LOW) + rows("holdout", HELD), rows("eval", up(LOW, 0.3)) + rows("holdout", up(HELD, 0.05)))
    assert verdict.passed
    assert [(rule.name, rule.passed) for rule in verdict.rules] == [
        ("eval_rows", True), ("eval_rouge_l_gain_low", True), ("holdout_rouge_l_drop", True),
    ]  # fmt: skip
    gain, drop = verdict.rules[1:]
    assert gain.value is not None and 0.2 < gain.value < 0.3
    assert gain.meaning.startswith("On new wordings ROUGE-L changed by +0.30")
    assert "10 answers of 5 intents" in gain.meaning
    assert drop.value is not None and drop.value < 0
    assert drop.limit == 0.05


def test_a_gain_that_may_be_chance_does_not_pass() -> None:
    changes = [0.5, 0.4, -0.1, -0.1, -0.05, 0, 0.1, -0.1, 0, 0.05]
    tuned = [score + change for score, change in zip(LOW, changes, strict=True)]
    verdict = judge(rows("eval", LOW) + rows("holdout", HELD), rows("eval", tuned) + rows("holdout", HELD))
    assert sum(tuned) > sum(LOW)
    assert not verdict.passed
    assert verdict.rules[1].value is not None and verdict.rules[1].value < 0
    assert verdict.rules[2].passed


def test_the_same_answers_are_no_gain() -> None:
    same = rows("eval", LOW) + rows("holdout", HELD)
    assert judge(same, same, SCORES_ALONE.model_copy(update={"min_gain": -0.01})).passed
    assert not judge(same, same, SCORES_ALONE.model_copy(update={"min_gain": 0.01})).passed
    assert not judge(same, same).passed


def test_a_gain_on_one_intent_proves_nothing() -> None:
    before, after = rows("eval", [0.1, 0.1]), rows("eval", [0.9, 0.9])
    verdict = judge(before + rows("holdout", HELD), after + rows("holdout", HELD))
    assert not verdict.passed
    assert verdict.rules[1].value == -1


def test_a_model_that_forgot_the_holdout_does_not_pass() -> None:
    before, after = rows("eval", LOW) + rows("holdout", HELD), rows("eval", up(LOW, 0.3))
    assert not judge(before, after + rows("holdout", up(HELD, -0.1))).passed
    assert judge(before, after + rows("holdout", [score - 0.05 for score in HELD])).passed  # all by exactly the limit
    assert not judge(before, after + rows("holdout", [score - 0.051 for score in HELD])).passed


def test_what_was_not_measured_does_not_pass() -> None:
    before, after = rows("eval", LOW), rows("eval", up(LOW, 0.3))
    verdict = decide(before, after, LIMITS, EVALUATE, against="champion")
    assert not verdict.passed
    assert [(rule.name, rule.measured, rule.value) for rule in verdict.rules[2:]] == [
        ("eval_own_steps_lead_low", False, None),
        ("holdout_rouge_l_drop", False, None), ("invented_steps_rise", False, None),
        ("opponent_failed", False, None), ("ended", False, None),
        ("personal_values", False, None), ("forgetting_rise", False, None),
    ]  # fmt: skip
    assert not any(rule.passed for rule in verdict.rules[2:])
    assert all(rule.meaning.endswith("what is not measured is not passed.") for rule in verdict.rules[2:])
    assert verdict.not_applied == ()


def test_a_rule_without_a_limit_is_named_as_not_applied() -> None:
    config = SCORES_ALONE.model_copy(update={"max_holdout_drop": None})
    verdict = judge(rows("eval", LOW), rows("eval", up(LOW, 0.3)), config)
    assert verdict.passed
    assert [rule.name for rule in verdict.rules] == ["eval_rows", "eval_rouge_l_gain_low"]
    assert verdict.not_applied == (
        "min_own_lead",        "max_holdout_drop", "max_invented_rise", "min_ended", "max_personal_values", "max_forgetting",
        "max_opponent_failed",
    )  # fmt: skip


def test_invented_steps_are_judged_against_a_champion_alone() -> None:
    before, after = rows("eval", LOW) + rows("holdout", HELD), rows("eval", up(LOW, 0.3)) + rows("holdout", HELD)
    evidence = Evidence([True], invented(before, [0], [3]), LEADS, 0, 0.1, NONE_FAILED)
    verdict = decide(before, after, LIMITS, EVALUATE, evidence)
    assert verdict.passed
    assert verdict.not_applied == ("max_invented_rise",)


def test_all_rules_together() -> None:
    before, after = rows("eval", LOW) + rows("holdout", HELD), rows("eval", up(LOW, 0.3)) + rows("holdout", HELD)
    count = len(before)
    evidence = Evidence([True] * count, invented(before, [1], [1]), LEADS, 0, 0.1, NONE_FAILED)
    verdict = decide(before, after, LIMITS, EVALUATE, evidence, "champion")
    assert verdict.passed
    assert verdict.against == "champion"
    assert all(rule.measured and rule.meaning for rule in verdict.rules)
    assert "against the champion" in verdict.rules[1].meaning
    leads = [(intent, lead - 0.3) for intent, lead in LEADS]
    worse = Evidence([True] * count, invented(before, [1], [3]), leads, 1, 0.6, Failures(opponent=1, challenger=0, prompts=16))
    failed = [rule.name for rule in decide(before, after, LIMITS, EVALUATE, worse, "champion").rules if not rule.passed]
    assert failed == ["eval_own_steps_lead_low", "invented_steps_rise", "opponent_failed", "personal_values", "forgetting_rise"]


def test_without_eval_rows_nothing_is_proven() -> None:
    verdict = judge(rows("holdout", HELD), rows("holdout", up(HELD, 0.5)))
    assert not verdict.passed
    assert (verdict.rules[0].name, verdict.rules[0].value, verdict.rules[0].limit) == ("eval_rows", 0, 1)
    assert not judge([], []).passed


@pytest.mark.parametrize("slice", ["eval", "holdout"])
def test_different_prompts_are_not_compared(slice: str) -> None:
    with pytest.raises(GenerationError, match=f"{slice}: both models must answer the same prompts, got 2 and 1"):
        judge(rows(slice, [0.3, 0.3]), rows(slice, [0.9]))


def test_the_order_of_rows_plays_no_part() -> None:
    before, after = rows("eval", LOW) + rows("holdout", HELD), rows("eval", up(LOW, 0.2)) + rows("holdout", HELD)
    steps = list(range(len(before)))
    pairs = invented(before, steps, steps[::-1])
    first = decide(before, after, LIMITS, EVALUATE, Evidence(invented=pairs), "champion")
    other = decide(before, after[::-1], LIMITS, EVALUATE, Evidence(invented=pairs[::-1]), "champion")
    assert first == other


def test_as_json_the_verdict_keeps_its_contract() -> None:
    same = rows("eval", LOW) + rows("holdout", HELD)
    record = judge(same, same).model_dump(mode="json")
    assert isinstance(record["passed"], bool)
    for rule in record["rules"]:
        assert {"name", "passed", "value", "limit"} <= rule.keys()
        assert isinstance(rule["value"], int | float) and isinstance(rule["limit"], int | float)
