"""What of a run's rows the gate judges."""

from collections.abc import Sequence

import pytest

from langkah.config import EvaluateConfig, GateConfig
from langkah.evaluation.fairness import TrainingSide
from langkah.evaluation.judgement import UNANSWERED, Challenger, Champion, Judgement, judge
from langkah.evaluation.rules import GateRule
from langkah.evaluation.scores import RowScore
from langkah.records import Answer

INTENTS = ("wifi", "mail", "print", "scan")
SIDE = TrainingSide(frozenset({"trained on"}), frozenset(INTENTS))
ASKED = [
    Answer(
        slice=name, intent=f"{intent}{'' if name == 'eval' else ' of nobody'}", language="en",
        prompt=f"{name} {intent} {number}", reference="1. A", prediction="", ended=True,
    )
    for name in ("eval", "holdout") for intent in INTENTS for number in range(2)
]  # fmt: skip


def rows(score: float, invented: Sequence[int], lost: Sequence[int] = (), without_steps: Sequence[int] = ()) -> list[RowScore]:
    return [
        RowScore(
            intent=each.intent, slice=each.slice, failed=place in lost, ended=True, meteor=0.5,
            rouge_l=0.0 if place in lost else score + place % 3 / 50, reference_steps=int(place not in without_steps),
            invented_steps=0 if place in lost else invented[place % len(invented)],
        )
        for place, each in enumerate(ASKED)
    ]  # fmt: skip


def judged(before: list[RowScore], after: list[RowScore]) -> tuple[Judgement, dict[str, GateRule]]:
    challenger = Challenger("adapter b", after, SIDE, [0.3 + place / 100 for place in range(len(ASKED))], 0, 0.1)
    found = judge(ASKED, before, challenger, Champion(before, SIDE), GateConfig(), EvaluateConfig(resamples=500))
    return found, {rule.name: rule for rule in found.verdict.rules}


def test_a_better_answer_to_everything_passes_and_more_invented_steps_do_not() -> None:
    found, _ = judged(rows(0.2, [1, 0]), rows(0.6, [1, 0]))
    assert found.verdict.passed and found.against_champion
    assert found.against_champion["compared"] == {"eval": 8, "holdout": 8, "new": 0}
    found, rules = judged(rows(0.2, [1, 0]), rows(0.6, [3, 2]))
    assert not found.verdict.passed and rules["invented_steps_rise"].value == pytest.approx(2)


def test_failed_answers_and_references_without_steps_say_nothing_of_invented_steps() -> None:
    some = range(0, len(ASKED), 3)
    _, rules = judged(rows(0.2, [1]), rows(0.6, [3], lost=some))
    assert rules["invented_steps_rise"].value == pytest.approx(2) and not rules["invented_steps_rise"].passed
    before, after = (rows(score, steps, without_steps=some) for score, steps in ((0.2, [5, 1, 1]), (0.6, [0, 3, 3])))
    _, rules = judged(before, after)
    assert rules["invented_steps_rise"].value == pytest.approx(2)
    assert f"Compared: {len(ASKED) - len(some)} answers" in rules["invented_steps_rise"].meaning


def test_what_the_champion_failed_to_answer_is_no_gain() -> None:
    lost = range(len(ASKED))[1:]
    found, rules = judged(rows(0.6, [0], lost=lost), rows(0.6, [0]))
    assert not found.verdict.passed and not rules["opponent_failed"].passed
    assert found.against_champion and found.against_champion["left_out"] == {UNANSWERED: len(lost)}
