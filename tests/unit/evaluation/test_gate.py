"""The gate lets a model through only when it is proven better."""

import pytest

from langkah.config import EvaluateConfig, GateConfig
from langkah.errors import GenerationError
from langkah.evaluation.gate import GateVerdict, decide
from langkah.evaluation.scores import RowScore, SliceScores

EVALUATE = EvaluateConfig(resamples=1_000)


def rows(slice: str, scores: list[float]) -> list[RowScore]:
    return [RowScore(intent=f"i{place // 2}", slice=slice, rouge_l=score, meteor=0.5) for place, score in enumerate(scores)]


def figures(found: list[RowScore]) -> dict[str, SliceScores]:
    table: dict[str, SliceScores] = {}
    for name in dict.fromkeys(row.slice for row in found):
        scores = [row.rouge_l for row in found if row.slice == name]
        mean = sum(scores) / len(scores)
        table[name] = SliceScores(
            n=len(scores), rouge_l=mean, rouge_l_ci=(mean, mean), meteor=0.5, meteor_ci=(0.5, 0.5), numbered=1,
            length_ratio=1, empty=0, ended=1,
        )  # fmt: skip
    return table


def judge(base: list[RowScore], tuned: list[RowScore], config: GateConfig | None = None) -> GateVerdict:
    return decide(figures(base), figures(tuned), base, tuned, config or GateConfig(), EVALUATE)


LOW = [0.10, 0.20, 0.15, 0.25, 0.20, 0.10, 0.30, 0.20]


def test_a_clear_gain_passes() -> None:
    base = rows("eval", LOW) + rows("holdout", [0.3, 0.3])
    tuned = rows("eval", [score + 0.3 for score in LOW]) + rows("holdout", [0.28, 0.3])
    verdict = judge(base, tuned)
    assert verdict.passed
    assert [(rule.name, rule.passed) for rule in verdict.rules] == [
        ("eval_rows", True), ("eval_rouge_l_gain_low", True), ("holdout_rouge_l_drop", True),
    ]  # fmt: skip
    assert verdict.rules[1].value == pytest.approx(0.3)
    assert verdict.rules[2].value == pytest.approx(0.01)
    assert verdict.rules[2].limit == 0.05


def test_a_gain_that_may_be_chance_does_not_pass() -> None:
    tuned = [score + gain for score, gain in zip(LOW, [0.5, 0.4, -0.1, -0.1, -0.05, 0, 0.1, -0.1], strict=True)]
    verdict = judge(rows("eval", LOW), rows("eval", tuned))
    assert sum(tuned) > sum(LOW)
    assert not verdict.passed
    assert verdict.rules[1].value < 0


def test_the_same_answers_are_no_gain() -> None:
    assert judge(rows("eval", LOW), rows("eval", LOW), GateConfig(min_gain=-0.01)).passed
    assert not judge(rows("eval", LOW), rows("eval", LOW), GateConfig(min_gain=0.01)).passed
    assert not judge(rows("eval", LOW), rows("eval", LOW), GateConfig()).passed


def test_a_model_that_forgot_the_holdout_does_not_pass() -> None:
    base = rows("eval", LOW) + rows("holdout", [0.3, 0.3])
    tuned = rows("eval", [score + 0.3 for score in LOW])
    assert not judge(base, tuned + rows("holdout", [0.2, 0.25])).passed
    assert judge(base, tuned + rows("holdout", [0.25, 0.25])).passed  # exactly the limit


def test_without_a_holdout_there_is_no_rule_on_it() -> None:
    verdict = judge(rows("eval", LOW), rows("eval", LOW))
    assert [rule.name for rule in verdict.rules] == ["eval_rows", "eval_rouge_l_gain_low"]


def test_without_eval_rows_nothing_is_proven() -> None:
    verdict = judge(rows("holdout", [0.3]), rows("holdout", [0.9]))
    assert not verdict.passed
    assert (verdict.rules[0].name, verdict.rules[0].value, verdict.rules[0].limit) == ("eval_rows", 0, 1)
    assert not judge([], []).passed


@pytest.mark.parametrize("slice", ["eval", "holdout"])
def test_different_prompts_are_not_compared(slice: str) -> None:
    with pytest.raises(GenerationError, match=f"{slice}: base and tuned must answer the same prompts, got 2 and 1"):
        judge(rows(slice, [0.3, 0.3]), rows(slice, [0.9]))


def test_the_order_of_rows_plays_no_part() -> None:
    base, tuned = rows("eval", LOW), rows("eval", [score * 2 for score in LOW])
    assert judge(base, tuned[::-1]) == judge(base, tuned)
