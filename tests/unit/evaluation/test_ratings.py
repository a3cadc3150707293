"""Agreement, means, differences and correlations of human ratings, against values worked out by hand and by simulation."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from langkah.config import EvaluateConfig
from langkah.evaluation.rating_text import rating_note, rating_tables
from langkah.evaluation.ratings import ordinal_alpha, rank_correlation, summarize_ratings
from langkah.rated_answers import CRITERIA, RatedAnswer

CONFIG = EvaluateConfig(resamples=500)
PUBLISHED = """
A 1 2 3 3 2 1 4 1 2 . . .
B 1 2 3 3 2 2 4 1 2 5 . 3
C . 3 3 3 2 3 4 2 2 5 1 .
D 1 2 3 3 2 4 4 1 2 5 1 .
"""
"""Krippendorff, "Computing Krippendorff's Alpha-Reliability", 2011: ordinal alpha .815."""


def table(text: str) -> list[tuple[str, str, int]]:
    return [
        (rater, str(unit), int(value))
        for rater, *values in (line.split() for line in text.strip().split("\n"))
        for unit, value in enumerate(values)
        if value != "."
    ]


def rated(rater: str, number: int, system: str, *scores: int, **other: Any) -> RatedAnswer:
    given = dict(zip(CRITERIA, scores * 4 if len(scores) == 1 else scores, strict=True))
    values = {"row": number, "intent": f"i{number}", "slice": "eval", "drawn": "random", **given, **other}
    return RatedAnswer(rater=rater, item=f"item {number}", system=system, **values)


def test_alpha_is_that_of_the_published_example() -> None:
    assert ordinal_alpha(table(PUBLISHED)) == pytest.approx(0.815, abs=5e-4)


def test_alpha_is_the_value_worked_out_by_hand() -> None:
    """Of eight ratings 2 are a 1, 1 a 2, 3 a 3, 1 a 4, 1 a 5.

    Squared differences: 2 and 3: (1/2 + 3/2)^2 = 4; 4 and 5: 1. Observed: 2 (4 + 1) / 8. Expected, over all pairs of values:
    2 (4.5 + 73.5 + 60.5 + 84.5 + 12 + 16 + 25 + 12 + 27 + 1) / 56 = 632 / 56.
    """
    found = ordinal_alpha(table("A 1 2 3 5\nB 1 3 3 4"))
    assert found == pytest.approx(float(1 - Fraction(10, 8) / Fraction(632, 56)), abs=1e-12)


def test_alpha_looks_at_order_alone_and_not_at_who_is_named_first() -> None:
    wide = {1: 1, 2: 2, 3: 3, 4: 40, 5: 500}
    found = [(rater, unit, wide[value]) for rater, unit, value in table(PUBLISHED)]
    assert ordinal_alpha(found) == pytest.approx(ordinal_alpha(table(PUBLISHED)), abs=1e-12)
    assert ordinal_alpha(reversed(found)) == pytest.approx(ordinal_alpha(found), abs=1e-12)


@pytest.mark.parametrize("text", ["A 1 2 3", "A 3 3\nB 3 3", "A 1 .\nB . 2"])
def test_alpha_is_none_where_nothing_can_be_compared(text: str) -> None:
    assert ordinal_alpha(table(text)) is None


def test_alpha_of_full_agreement_is_1_and_of_random_ratings_about_0() -> None:
    assert ordinal_alpha(table("A 1 2 3 4 5\nB 1 2 3 4 5")) == 1
    drawn = np.random.default_rng(0).integers(1, 6, (2, 500))
    found = ordinal_alpha((str(rater), str(unit), int(value)) for (rater, unit), value in np.ndenumerate(drawn))
    assert found == pytest.approx(0, abs=0.12)


def test_an_answer_counts_once_however_many_rated_it() -> None:
    ratings = [rated(rater, 0, "tuned", 5) for rater in "ABC"] + [rated("A", 1, "tuned", 2)]
    found = summarize_ratings(ratings, {}, CONFIG)
    assert found.slices["eval"].means["tuned"]["clarity"].value == 3.5
    assert (found.raters, found.prompts, found.shared) == (3, 2, 1)


def test_means_and_paired_differences_are_of_the_slice_and_leave_out_what_was_chosen_for_low_scores() -> None:
    ratings: list[RatedAnswer] = []
    for number in range(8):
        other = {"slice": "holdout" if number > 5 else "eval", "drawn": "worst" if number == 0 else "random"}
        harder = number % 3
        ratings.append(rated("A", number, "base", 1 + harder, 1, 1, 1, **other))
        ratings.append(rated("A", number, "tuned", 2 + harder, 3, 3, 3, **other))
        ratings.append(rated("A", number, "reference", 5, **other))
    found = summarize_ratings(ratings, {}, CONFIG)
    assert (found.prompts, found.worst, set(found.slices)) == (8, 1, {"eval", "holdout"})
    of_eval = found.slices["eval"]
    assert of_eval.means["tuned"]["clarity"].value == pytest.approx(np.mean([3, 4, 2, 3, 4]))
    assert of_eval.means["tuned"]["clarity"].n == 5
    gain = of_eval.gains["base"]["clarity"]
    assert (gain.value, gain.ci) == (1, (1, 1)), "the pairs all differ by one, however hard the prompts are"
    assert of_eval.gains["reference"]["overall"].value < 0
    assert of_eval.means["reference"]["overall"].ci == (5, 5)
    low, high = of_eval.means["tuned"]["clarity"].ci
    assert 1 <= low < 3.2 < high <= 5


def test_a_correlation_is_with_the_measures_of_the_same_answers() -> None:
    ratings: list[RatedAnswer] = []
    measures: dict[str, list[dict[str, float]]] = {"base": [], "tuned": []}
    for number in range(15):
        for system, lift in (("base", 0), ("tuned", 2)):
            score = 1 + (number + lift) % 5
            ratings.append(rated("A", number, system, score))
            measures[system].append({"rouge_l": score / 5, "meteor": 1 - score / 5, "flat": 0.5})
        ratings.append(rated("A", number, "reference", 5))
    found = {each.measure: each.rho for each in summarize_ratings(ratings, measures, CONFIG).correlations}
    assert found.keys() == {"rouge_l", "meteor"}, "a measure that is the same throughout has none"
    assert found["rouge_l"]["overall"].value == pytest.approx(1)
    assert found["meteor"]["clarity"].value == pytest.approx(-1)
    assert found["rouge_l"]["overall"].n == 30


def test_too_few_intents_have_no_correlation() -> None:
    measured, given = list(np.linspace(0, 1, 30)), list(np.linspace(1, 5, 30))
    assert rank_correlation(measured, given, [f"i{n % 9}" for n in range(30)]) is None
    assert rank_correlation(measured, given, [f"i{n % 10}" for n in range(30)]) is not None


@pytest.mark.parametrize("strength", [0.0, 0.6])
def test_the_interval_of_a_correlation_holds_the_true_one(strength: float) -> None:
    """Two answers an intent that have something in common; rank correlation of a normal pair: 6 / pi asin(r / 2)."""
    rng = np.random.default_rng(1)
    true = 6 / math.pi * math.asin(strength / 2)
    intents = [f"i{place // 2}" for place in range(40)]
    inside = 0
    for _ in range(300):
        common = rng.multivariate_normal([0, 0], [[1, strength], [strength, 1]], 20).repeat(2, axis=0)
        own = rng.multivariate_normal([0, 0], [[1, strength], [strength, 1]], 40)
        pairs = 0.6 * common + 0.8 * own
        found = rank_correlation(list(pairs[:, 0]), list(pairs[:, 1]), intents)
        assert found
        inside += found.ci[0] <= true <= found.ci[1]
    assert inside / 300 >= 0.94


def test_no_rating_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one rating"):
        summarize_ratings([], {}, CONFIG)


@pytest.mark.parametrize(
    ("ratings", "told"),
    [
        ([rated("A", 0, "tuned", 3)], "No prompt was rated by two"),
        ([rated("A", 0, "tuned", 3), rated("B", 0, "tuned", 3)], "agreement is not defined"),
        ([rated(r, n, "tuned", 1 + (n + (r == "B")) % 5) for r in "AB" for n in range(5)], "agree too little"),
        ([rated(r, n, "tuned", 1 + n % 5) for r in "AB" for n in range(5)], "agree well: alpha is .8"),
    ],
)
def test_the_report_says_what_the_agreement_is_worth(ratings: list[RatedAnswer], told: str) -> None:
    assert told in rating_note(summarize_ratings(ratings, {}, CONFIG))


def test_the_tables_have_figures_with_intervals_and_a_dash_where_there_is_none() -> None:
    ratings = [rated(rater, n, system, 1 + (n + place) % 5) for rater in "AB" for n in range(6)
               for place, system in enumerate(("base", "tuned", "reference"))]  # fmt: skip
    tables = {table.title: table for table in rating_tables(summarize_ratings(ratings, {}, CONFIG))}
    assert list(tables) == [
        "Eval: new wordings: mean rating, 1 to 5", "Eval: new wordings: tuned model against", "Agreement of the raters",
    ]  # fmt: skip
    name, cells = tables["Eval: new wordings: mean rating, 1 to 5"].rows[-1]
    assert name == "Human reference" and len(cells) == 5 and " to " in cells[0][1]
    assert tables["Agreement of the raters"].rows[0] == ("Clarity", (("1.000", ""),))
