"""What learned the form of an answer and not which one goes with which question has no lead, however high its ROUGE-L."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from langkah.config import EvaluateConfig, GateConfig
from langkah.evaluation.fairness import TrainingSide
from langkah.evaluation.judgement import Challenger, Champion, Judgement, judge
from langkah.evaluation.own_steps import own_leads
from langkah.evaluation.rules import GateRule
from langkah.evaluation.scores import score_rows
from langkah.records import Answer

EVALUATE = EvaluateConfig(resamples=500)
LIMITS = GateConfig()


@pytest.fixture(scope="module")
def right(examples: Path) -> list[Answer]:
    """Right answers to sample questions: twelve intents on eval, five on the hold-out."""

    rows = [json.loads(line) for line in (examples / "shop-faq-en.jsonl").read_text(encoding="utf-8").splitlines()]
    texts = [(row["prompt"], row["output"]) for row in rows if "1." in row.get("output", "")][:17]
    assert len(texts) == 17
    return [
        Answer(slice="eval" if place < 12 else "holdout", intent=f"i{place}", language="en", prompt=prompt, reference=output,
               prediction=output, ended=True)
        for place, (prompt, output) in enumerate(texts)
    ]  # fmt: skip


def answering(rows: list[Answer], texts: list[str]) -> list[Answer]:
    return [row.model_copy(update={"prediction": text}) for row, text in zip(rows, texts, strict=True)]


def shuffled(rows: list[Answer]) -> list[Answer]:
    """Each question gets the answer to another one, of another topic: neighbours share their first steps."""
    return answering(rows, [row.reference for row in (*rows[6:], *rows[:6])])


def judged(
    base: list[Answer], tuned: list[Answer], champion: list[Answer] | None = None, gate: GateConfig = LIMITS
) -> Judgement:
    intents = frozenset(row.intent for row in tuned if row.slice == "eval")
    side = TrainingSide(frozenset(), intents)
    challenger = Challenger("adapter", score_rows(tuned), side, own_leads(tuned), personal_values=0, forgetting=0.0)
    opponent = Champion(score_rows(champion), side) if champion else None
    return judge(tuned, score_rows(base), challenger, opponent, gate, EVALUATE)


def test_answers_to_other_questions_beat_the_base_and_do_not_pass(right: list[Answer]) -> None:
    base = answering(right, ["I am sorry, I can not help with that."] * len(right))
    assert judged(base, right).verdict.passed
    wrong = judged(base, shuffled(right)).verdict
    assert [rule.name for rule in wrong.rules if not rule.passed] == ["eval_own_steps_lead_low"]
    value = next(rule.value for rule in wrong.rules if rule.name == "eval_own_steps_lead_low")
    assert value is not None and value < -0.05


def test_all_procedures_at_once_are_no_lead(right: list[Answer]) -> None:
    everything = "\n".join(f"{n}. {line[3:]}" for n, line in enumerate("\n".join(r.reference for r in right).splitlines(), 1))
    leads = [lead for lead in own_leads(answering(right, [everything] * len(right))) if lead is not None]
    assert sum(leads) / len(leads) < 0.05


def test_a_single_procedure_has_nothing_to_be_held_against(right: list[Answer]) -> None:
    assert own_leads(right[:1]) == [None]


def test_against_the_champion_what_fell_is_listed_and_new_intents_stand_apart(right: list[Answer]) -> None:
    worse = answering(right, [row.reference if place % 2 else "No idea." for place, row in enumerate(right)])
    found = judged(worse, right, worse)
    assert found.verdict.passed and found.verdict.against == "champion"
    assert found.against_champion and found.against_champion["compared"] == {"eval": 12, "holdout": 5, "new": 0}
    assert found.against_champion["fallen"] == []
    back = judged(worse, worse, right)
    assert not back.verdict.passed
    assert back.against_champion
    assert {each["intent"] for each in back.against_champion["fallen"]} == {f"i{place}" for place in range(0, 17, 2)}
    unaware = Champion(score_rows(worse), TrainingSide(frozenset(), frozenset(f"i{place}" for place in range(8))))
    side = TrainingSide(frozenset(), frozenset(f"i{place}" for place in range(12)))
    challenger = Challenger("adapter", score_rows(right), side, own_leads(right), 0, 0.0)
    apart = judge(right, score_rows(worse), challenger, unaware, GateConfig(), EVALUATE).against_champion
    assert apart and apart["compared"] == {"eval": 8, "holdout": 5, "new": 4}
    assert apart["new"]["tuned"]["rouge_l"] == 1 and apart["new"]["champion"]["n"] == 4


def failing(rows: list[Answer], *places: int) -> list[Answer]:
    lost = {"prediction": "", "ended": False, "failed": "out of memory"}
    return [row.model_copy(update=lost) if place in places else row for place, row in enumerate(rows)]


def rule(found: Judgement, name: str) -> GateRule:
    return next(each for each in found.verdict.rules if each.name == name)


def test_what_the_opponent_failed_to_answer_is_no_gain(right: list[Answer]) -> None:
    """Both models answer the same: whatever the one fails to answer, the other is not better."""
    same = answering(right, [row.reference if place % 3 else "No idea." for place, row in enumerate(right)])
    equal = rule(judged(same, same, same), "eval_rouge_l_gain_low").value
    assert equal == 0
    found = judged(same, same, failing(same, 1, 2, 13))
    assert rule(found, "eval_rows").value == 10
    assert rule(found, "eval_rouge_l_gain_low").value == 0
    assert rule(found, "opponent_failed").value == pytest.approx(3 / 17)
    assert "champion failed to answer 3 of 17 prompts" in rule(found, "opponent_failed").meaning
    assert found.against_champion
    assert found.against_champion["compared"] == {"eval": 10, "holdout": 4, "new": 0}
    assert found.against_champion["left_out"] == {"that the champion failed to answer": 3}
    assert found.against_champion["gains"]["eval"]["rouge_l"]["difference"] == 0
    assert rule(judged(failing(same, 1, 2), same), "eval_rouge_l_gain_low").value == 0  # against the base too


def test_a_better_model_is_refused_where_too_much_of_the_comparison_is_missing(right: list[Answer]) -> None:
    base = answering(right, ["I am sorry, I can not help with that."] * len(right))
    assert judged(base, right).verdict.passed
    found = judged(failing(base, 3), right).verdict
    assert [each.name for each in found.rules if not each.passed] == ["opponent_failed"]  # 1 of 17, where 5 % may be
    lax = GateConfig(max_opponent_failed=None)
    assert judged(failing(base, 3), right, gate=lax).verdict.passed


def test_what_the_tuned_model_failed_to_answer_counts_as_zero(right: list[Answer]) -> None:
    base = answering(right, ["I am sorry, I can not help with that."] * len(right))
    whole, some = judged(base, right), judged(base, failing(right, 0, 1, 2))
    first, second = (rule(found, "eval_rouge_l_gain_low") for found in (whole, some))
    assert first.value is not None and second.value is not None and second.value < first.value
    assert "Compared: 12 answers" in second.meaning
    assert "The tuned model failed to answer 3, which count as zero." in rule(some, "opponent_failed").meaning
    assert rule(some, "ended").value == pytest.approx(14 / 17)
    lost = failing(right, *range(12))
    assert not judged(lost, lost).verdict.passed


def test_an_answer_that_failed_has_no_fewer_invented_steps(right: list[Answer]) -> None:
    inventing = answering(right, [row.reference + "\n9. Whistle a tune." for row in right])
    found = judged(inventing, failing(inventing, *range(8)), inventing)
    assert rule(found, "invented_steps_rise").value == 0
    assert "Compared: 9 answers" in rule(found, "invented_steps_rise").meaning
