"""The figures of a set of answers."""

import json

import pytest

from langkah.config import EvaluateConfig
from langkah.evaluation.scores import score_answers, score_rows
from langkah.records import Answer

CONFIG = EvaluateConfig(resamples=500)
STEPS = "1. Open Settings.\n2. Press Wi-Fi.\n3. Switch it on."


def answer(prediction: str, slice: str = "eval", intent: str = "wifi", language: str = "en", ended: bool = True) -> Answer:
    return Answer(
        slice=slice, intent=intent, language=language, prompt="How?", reference=STEPS, prediction=prediction, ended=ended
    )


def test_each_slice_has_its_figures_and_an_empty_one_is_absent() -> None:
    answers = [answer(STEPS), answer("No idea.", intent="b", ended=False), answer(STEPS, slice="holdout", language="id")]
    scores = score_answers(answers, CONFIG)
    assert list(scores) == ["eval", "holdout"]
    assert (scores["eval"].n, scores["holdout"].n) == (2, 1)
    assert scores["holdout"].rouge_l == 1
    assert scores["holdout"].meteor > 0.97
    assert scores["eval"].rouge_l == 0.5
    assert scores["eval"].rouge_l_ci == (0, 1)
    assert (scores["eval"].numbered, scores["eval"].ended) == (0.5, 0.5)
    assert score_answers([], CONFIG) == {}


def test_an_empty_prediction_scores_zero_and_is_counted() -> None:
    scores = score_answers([answer(STEPS), answer(" \n", ended=False)], CONFIG)["eval"]
    assert (scores.n, scores.empty) == (2, 1)
    assert scores.rouge_l == 0.5
    assert scores.meteor == pytest.approx(0.5, abs=0.01)


def test_an_answer_that_failed_is_a_zero_whatever_text_came_with_it() -> None:
    failed = answer(STEPS, intent="b", ended=False).model_copy(update={"failed": "out of memory"})
    whole, lost = score_rows([answer(STEPS), failed])
    assert (whole.failed, whole.rouge_l, whole.step_recall) == (False, 1, 1)
    assert (lost.failed, lost.rouge_l, lost.meteor, lost.step_recall, lost.words, lost.numbered) == (True, 0, 0, 0, 0, False)
    assert lost.missing_steps == 3
    scores = score_answers([answer(STEPS), failed], CONFIG)["eval"]
    assert (scores.n, scores.failed, scores.empty, scores.rouge_l, scores.step_recall, scores.ended) == (2, 1, 1, 0.5, 0.5, 0.5)


def test_an_answer_that_failed_improves_no_measure() -> None:
    longer = f"{STEPS}\n4. Call your provider now please.\n5. Call your provider now please."
    bad = [answer(longer, intent="a"), answer(longer, intent="b")]
    lost = answer("", intent="c", ended=False).model_copy(update={"failed": "out of memory"})
    alone, beside = (score_answers(found, CONFIG)["eval"] for found in (bad, [*bad, lost]))
    for name in ("invented_steps", "invented_steps_ci", "repetition", "length_ratio"):
        assert getattr(beside, name) == getattr(alone, name)
    assert alone.invented_steps == 2 and alone.repetition and alone.length_ratio and alone.length_ratio > 1
    assert beside.missing_steps == 1 and beside.step_recall == pytest.approx(2 / 3), "here a failure is the worst there is"
    told = score_answers([lost], CONFIG)["eval"].model_dump()
    assert not told.keys() & {"invented_steps", "invented_steps_ci", "repetition", "length_ratio"}
    assert (told["n"], told["failed"], told["rouge_l"]) == (1, 1, 0)


def test_as_json_all_measures_are_numbers() -> None:
    answers = [answer(""), answer("", intent="b")]
    found = json.loads(json.dumps(score_answers(answers, CONFIG)["eval"].model_dump(mode="json")))
    assert found["rouge_l_ci"] == [0, 0]
    assert found["meteor_ci"] == [0, 0]
    rest = {name: value for name, value in found.items() if not name.endswith("_ci")}
    assert set(rest) == {
        "n", "rouge_l", "meteor", "numbered", "length_ratio", "repetition", "empty", "ended", "step_n", "step_recall",
        "step_precision", "step_order", "exact_procedure", "missing_steps", "invented_steps", "failed",
        "consistency_n",
    }  # fmt: skip
    assert all(isinstance(value, int | float) for value in rest.values())


def test_step_measures_are_means_over_the_answers_whose_reference_has_steps() -> None:
    good, wrong = answer(STEPS), answer("1. Press Wi-Fi.\n2. Open Settings.\n3. Call your provider.", intent="b")
    prose = answer("1. Anything.", intent="c").model_copy(update={"reference": "We are open from nine to five."})
    rows = score_rows([good, wrong, prose])
    assert [(row.reference_steps, row.predicted_steps) for row in rows] == [(3, 3), (3, 3), (0, 1)]
    assert (rows[1].step_recall, rows[1].step_precision, rows[1].step_order) == (2 / 3, 2 / 3, 0)
    assert (rows[1].missing_steps, rows[1].invented_steps, rows[1].exact_procedure) == (1, 1, False)
    scores = score_answers([good, wrong, prose], CONFIG, rows)["eval"]
    assert (scores.n, scores.step_n) == (3, 2)
    assert scores.step_recall == scores.step_precision == pytest.approx(5 / 6)
    low, high = scores.step_recall_ci
    assert 0 <= low < 2 / 3 < 5 / 6 < high <= 1, "two intents say little of others"
    assert (scores.step_order, scores.step_order_ci) == (0.5, (0, 1))
    assert (scores.exact_procedure, scores.exact_procedure_ci) == (0.5, (0, 1))
    assert (scores.missing_steps, scores.invented_steps, scores.invented_steps_ci) == (0.5, 0.5, (0, 1))
    none = score_answers([prose], CONFIG)["eval"]
    assert (none.n, none.step_n, none.step_recall, none.step_recall_ci, none.exact_procedure) == (1, 0, 0, (0, 0), 0)


def test_a_row_tells_its_form() -> None:
    (row,) = score_rows([answer("1. Open it now please.\n2. Open it now please, or", ended=False)])
    assert (row.numbered, row.words, row.reference_words, row.ended) == (True, 11, 10, False)
    assert row.repetition == pytest.approx(1 / 6)


def test_rows_come_in_the_order_of_the_answers_and_hold_no_text() -> None:
    rows = score_rows([answer("", intent="b"), answer(STEPS, slice="holdout", intent="a")])
    assert [(row.intent, row.slice, row.rouge_l) for row in rows] == [("b", "eval", 0), ("a", "holdout", 1)]
    assert "Settings" not in repr(rows)


def test_rows_that_are_there_are_not_scored_again() -> None:
    answers = [answer("wrong"), answer("wrong", intent="b")]
    rows = score_rows([answer(STEPS), answer(STEPS, intent="b")])
    assert score_answers(answers, CONFIG, rows)["eval"].rouge_l == 1
    with pytest.raises(ValueError, match="shorter"):
        score_answers(answers, CONFIG, rows[:1])


def test_the_order_of_answers_plays_no_part() -> None:
    answers = [answer(" ".join(STEPS.split()[:n]), intent=f"i{n % 4}") for n in range(12)]
    assert score_answers(answers, CONFIG) == score_answers(answers[::-1], CONFIG)
