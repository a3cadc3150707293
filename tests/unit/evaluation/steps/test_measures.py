"""The step-aware measures: figures worked out by hand, properties that hold of any text, and how long it takes."""

import csv
import json
import random
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from langkah.evaluation.bands import THRESHOLDS
from langkah.evaluation.rouge_l import rouge_l
from langkah.evaluation.steps import StepReader, StepScores, align, compare_steps
from langkah.evaluation.steps.measures import share_in_order
from langkah.procedure import parse_procedure

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parents[3] / "procedures/cases.yaml").read_text(encoding="utf-8"))
STEPS = [
    "Open the Settings app.",
    "Choose your network from the list.",
    "Enter the password of the router.",
    "Print a test page.",
    "Delete all old messages.",
    "Wait until the lamp turns green.",
]


DATA = Path(__file__).parents[4] / "../shared/data"


def real_answers(language: str) -> list[str]:
    if language == "en":
        return [json.loads(line)["output"] for line in (DATA / "gnome-help-en.jsonl").read_text("utf-8").splitlines()]
    with (DATA / "gnome-help-id.csv").open(encoding="utf-8", newline="") as handle:
        return [row["output"] for row in csv.DictReader(handle)]


def numbered(steps: list[str]) -> str:
    return "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))


def one(prediction: str, reference: str, language: str = "en") -> StepScores:
    return compare_steps([prediction], [reference], [language])[0]


def steps_of(text: str) -> int:
    return sum(line[:1].isdigit() for line in text.splitlines())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_case_has_the_figures_worked_out_by_hand(case: dict[str, Any]) -> None:
    reader = StepReader()
    reference, prediction, language = case["reference"], case["prediction"], case["language"]
    pairs = align(reader.steps(reference, language), reader.steps(prediction, language))
    assert [[pair.reference + 1, pair.predicted + 1] for pair in pairs] == case["pairs"]

    found = one(prediction, reference, language)
    expected, told, aligned = steps_of(reference), found.predicted_steps, len(case["pairs"])
    assert found.reference_steps == expected
    assert told == (steps_of(prediction) or (4 if "kalimat" in case["name"] else 0))
    assert found.step_recall == aligned / expected
    assert found.step_precision == (aligned / told if told else 0)
    assert (found.missing_steps, found.invented_steps) == (expected - aligned, told - aligned)
    assert found.step_order == pytest.approx(float(Fraction(str(case["order"]).replace(" ", ""))))
    assert found.exact_procedure == (expected == told == aligned and found.step_order == 1)


@pytest.mark.parametrize("case", [case for case in CASES if case.get("blind")], ids=lambda case: case["name"])
def test_where_rouge_l_is_nearly_blind_a_step_measure_is_not(case: dict[str, Any]) -> None:
    rouge = float(rouge_l([case["prediction"]], [case["reference"]])[0])
    assert rouge > THRESHOLDS["rouge_l"][1]  # "very similar, steps match"
    found = one(case["prediction"], case["reference"], case["language"])
    assert not found.exact_procedure
    assert min(found.step_recall, found.step_precision, found.step_order) < 1


@pytest.mark.parametrize(("name", "order"), [("every step in other words", 1), ("semua langkah dengan kata lain", 1)])
def test_other_words_for_the_same_steps_cost_rouge_l_much_and_the_steps_nothing(name: str, order: float) -> None:
    case = next(case for case in CASES if case["name"] == name)
    assert float(rouge_l([case["prediction"]], [case["reference"]])[0]) < THRESHOLDS["rouge_l"][1]
    found = one(case["prediction"], case["reference"], case["language"])
    assert found.exact_procedure
    assert found.step_order == order


def test_an_empty_side_scores_zero() -> None:
    empty = one("", numbered(STEPS))
    assert (empty.step_recall, empty.step_precision, empty.step_order, empty.exact_procedure) == (0, 0, 0, False)
    assert (empty.missing_steps, empty.invented_steps) == (6, 0)
    none = one(numbered(STEPS), "We are open from nine to five.")
    assert (none.reference_steps, none.predicted_steps, none.invented_steps) == (0, 6, 6)
    assert (none.step_recall, none.step_precision, none.step_order, none.exact_procedure) == (0, 0, 0, False)
    assert one("", "").exact_procedure is False


def test_a_single_aligned_step_is_in_order() -> None:
    assert one("1. Print a test page.", "1. Print a test page.").exact_procedure
    assert one("1. Print a test page.", numbered(STEPS)).step_order == 1


@pytest.mark.parametrize(("places", "expected"), [([], 0), ([4], 1), ([0, 1, 2], 1), ([2, 1, 0], 0), ([1, 0, 2], 2 / 3)])
def test_order_is_the_share_of_pairs_that_ascend(places: list[int], expected: float) -> None:
    assert share_in_order(places) == pytest.approx(expected)


@settings(max_examples=60, deadline=None)
@given(st.permutations(range(6)))
def test_another_order_changes_order_alone(places: list[int]) -> None:
    found = one(numbered([STEPS[place] for place in places]), numbered(STEPS))
    assert (found.step_recall, found.step_precision) == (1, 1)
    ascending = sum(places[left] < places[right] for left in range(6) for right in range(left + 1, 6))
    assert found.step_order == pytest.approx(ascending / 15)
    assert found.exact_procedure == (places == sorted(places))


@settings(max_examples=60, deadline=None)
@given(st.sets(st.integers(0, 5)), st.sampled_from(["en", "id", "mixed", "fr"]))
def test_leaving_steps_out_costs_recall_alone(kept: set[int], language: str) -> None:
    found = one(numbered([STEPS[place] for place in sorted(kept)]), numbered(STEPS), language)
    assert found.step_recall == len(kept) / 6
    assert found.missing_steps == 6 - len(kept)
    assert (found.step_precision, found.step_order, found.invented_steps) == (bool(kept), bool(kept), 0)


TEXT = st.one_of(
    st.text(max_size=200),
    st.lists(
        st.sampled_from(["1. ", "2) ", "- ", "\n", "Then ", "lalu ", "OK", "kata sandi", "→", "。", "\x00", "5", "<li>"])
    ).map("".join),
)


@settings(max_examples=200, deadline=None)
@given(TEXT, TEXT, st.sampled_from(["en", "id", "mixed", "zz", ""]))
def test_any_text_has_figures(prediction: str, reference: str, language: str) -> None:
    found = one(prediction, reference, language)
    for value in (found.step_recall, found.step_precision, found.step_order):
        assert 0 <= value <= 1
    aligned = found.reference_steps - found.missing_steps
    assert aligned == found.predicted_steps - found.invented_steps >= 0
    same = one(reference, reference, language)
    figures = (same.step_recall, same.step_precision, same.step_order, same.exact_procedure)
    assert figures == ((1, 1, 1, True) if same.reference_steps else (0, 0, 0, False))


@pytest.mark.parametrize(
    "text",
    ["".join(f"{number}. Open the menu {number}\n" for number in range(50_000)), "word " * 200_000, "x" * 10**6,
     "1. Open " + "the menu " * 110_000, "Then open the menu. " * 50_000, "1. " * 330_000, "- a\n" * 250_000],
    ids=["numbers", "words", "letters", "one step", "sentences", "marks", "bullets"],
)  # fmt: skip
@pytest.mark.parametrize("language", ["en", "id"])
def test_an_answer_of_a_million_characters_takes_seconds(text: str, language: str) -> None:
    started = time.process_time()
    found = one(text, numbered(STEPS), language)
    assert found.reference_steps == 6
    assert time.process_time() - started < 20


def test_ten_thousand_answers_take_well_under_a_minute() -> None:
    generator = random.Random(4)
    references = [numbered(generator.sample(STEPS, 5)) for _ in range(100)] * 100
    predictions = [numbered([f"{step} {generator.random()}" for step in generator.sample(STEPS, 5)]) for _ in references]
    started = time.process_time()
    assert len(compare_steps(predictions, references, ["en", "id"] * 5_000)) == 10_000
    assert time.process_time() - started < 30


@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not here")
@pytest.mark.parametrize("language", ["en", "id"])
def test_one_fault_put_into_a_real_answer_is_found(language: str) -> None:
    """One step left out, two neighbours swapped, one step of another answer put in: each alone, and told as what it is."""
    generator = random.Random(1)
    answers = [each for each in map(parse_procedure, real_answers(language)) if each and len(each.steps) > 2]
    assert len(answers) > 150
    for answer in answers:
        steps = list(answer.steps)
        place = generator.randrange(len(steps) - 1)
        others = generator.choice(answers).steps
        left_out = steps[:place] + steps[place + 1 :]
        swapped = [*steps[:place], steps[place + 1], steps[place], *steps[place + 2 :]]
        put_in = [*steps[:place], generator.choice(others), *steps[place:]]
        found = [one(numbered(told), numbered(steps), language) for told in (left_out, swapped, put_in)]
        assert [(row.missing_steps, row.invented_steps, row.step_order == 1) for row in found] == [
            (1, 0, True), (0, 0, steps[place] == steps[place + 1]), (0, 1, True),
        ]  # fmt: skip


def test_sides_of_different_length() -> None:
    with pytest.raises(ValueError, match="longer"):
        compare_steps(["1. a"], ["1. a", "1. b"], ["en"])


def test_figures_hold_no_text() -> None:
    assert "network" not in repr(one(numbered(STEPS), numbered(STEPS)))
    assert "network" not in repr(StepReader().steps(numbered(STEPS), "en"))
