"""Whether a system answers the wordings of one intent alike: values worked out by hand."""

import json
import time

import pytest

from langkah.config import EvaluateConfig
from langkah.evaluation.consistency import MOST, consistency
from langkah.evaluation.intervals import mean_ci
from langkah.evaluation.scores import score_answers
from langkah.records import Answer

CONFIG = EvaluateConfig(resamples=500)
OPEN, PRESS, SWITCH, CALL = "Open Settings.", "Press Wi-Fi.", "Switch it on.", "Call your provider."


def steps(*texts: str) -> str:
    return "\n".join(f"{number}. {text}" for number, text in enumerate(texts, 1))


def asked(intent: str, *predictions: str, language: str = "en", failed: str | None = None) -> list[Answer]:
    """The answers to as many wordings of one intent; the reference is another procedure."""
    return [
        Answer(slice="holdout", intent=intent, language=language, prompt=f"{intent}, wording {number}?", reference=steps(CALL),
               prediction=text, ended=True, failed=failed)
        for number, text in enumerate(predictions)
    ]  # fmt: skip


def test_pairs_within_an_intent_and_then_intents_weigh_alike() -> None:
    whole, turned, part = steps(OPEN, PRESS, SWITCH), steps(SWITCH, PRESS, OPEN), steps(OPEN, PRESS)
    answers = [*asked("wifi", whole, turned, part), *asked("other", steps(OPEN), steps(CALL)), *asked("single", whole)]
    found = consistency(answers, CONFIG)
    wifi = (1 + 0.8 + 0.8) / 3  # the same steps in any order; 2 of 3 and 2 steps are common: 4 of 5, twice
    assert found.consistency_n == 2
    assert found.consistency == pytest.approx((wifi + 0) / 2)
    assert found.consistency_ci == mean_ci([0, wifi], ["other", "wifi"], 500)
    assert consistency(answers[::-1], CONFIG) == found


def test_the_same_wrong_procedure_each_time_is_consistent_and_a_right_one_in_other_words_too() -> None:
    wrong = asked("wifi", steps(OPEN, PRESS), steps(OPEN, PRESS))
    reworded = asked("scan", steps("Open the Settings app.", "Tap Wi-Fi."), steps("Go to Settings.", "Press on Wi-Fi."))
    scores = score_answers([*wrong, *reworded], CONFIG)["holdout"]
    assert (scores.consistency, scores.consistency_ci, scores.consistency_n) == (1, (1, 1), 2)
    assert scores.step_recall == 0


@pytest.mark.parametrize("text", ["", "You could look into the settings, or call your provider."])
def test_what_gives_no_procedure_agrees_with_none(text: str) -> None:
    assert consistency([*asked("a", text, text), *asked("b", text, steps(OPEN))], CONFIG).consistency == 0


def test_a_failed_answer_agrees_with_none() -> None:
    (lost,) = asked("wifi", steps(OPEN), failed="out of memory")
    there = asked("wifi", steps(OPEN), steps(OPEN), steps(OPEN))[1:]
    assert consistency([lost, *there], CONFIG).consistency == pytest.approx(1 / 3)


def test_without_two_wordings_of_an_intent_there_is_no_figure() -> None:
    answers = [*asked("a", steps(OPEN)), *asked("b", steps(OPEN)), *asked("c", steps(OPEN))]
    again = [answer.model_copy(update={"prompt": f"  {answer.prompt.upper()}"}) for answer in answers]  # the same wording
    other = [answer.model_copy(update={"language": "id"}) for answer in answers]
    for found in (answers, answers + again, answers + other):
        told = json.loads(score_answers(found, CONFIG)["holdout"].model_dump_json())
        assert told["consistency_n"] == 0
        assert "consistency" not in told and "consistency_ci" not in told
    both = json.loads(score_answers([*answers, *asked("d", steps(OPEN), "")], CONFIG)["holdout"].model_dump_json())
    assert (both["consistency_n"], both["consistency"], both["consistency_ci"]) == (1, 0, [0, 1])


def test_hundreds_of_wordings_of_one_intent_are_done_in_no_time() -> None:
    answers = asked("a", *(steps(*[OPEN, PRESS, SWITCH, CALL] * 5) for _ in range(400)))
    started = time.perf_counter()
    found = consistency(answers, CONFIG)
    assert time.perf_counter() - started < 5
    assert (found.consistency_n, found.consistency) == (1, 1)
    some = answers[: MOST - 1] + [each.model_copy(update={"prediction": ""}) for each in answers[MOST - 1 : MOST]]
    assert consistency(some, CONFIG).consistency == pytest.approx(36 / 45)
