"""Runs are compared on the prompts that both answered and neither trained on, with the figures that independent sums give."""

from __future__ import annotations

import dataclasses
import json
from html.parser import HTMLParser
from itertools import product
from typing import Any

import numpy as np
import pytest
from runs_side_by_side import CONFIG, INTENTS, answer, answers_of, run
from scipy import stats

from langkah.evaluation.runs.comparing import compare_judged, differing
from langkah.evaluation.runs.data import JudgedRun, PairedRun
from langkah.evaluation.runs.page import comparison_figures, headline, render_comparison
from langkah.evaluation.runs.pairing import pair_up

HOSTILE = '<script>alert("x")</script><img src=x onerror=alert(1)></details>{{ 7 * 7 }}'


def pair_of(first: JudgedRun, other: JudgedRun) -> PairedRun:
    return compare_judged([first, other], CONFIG).pairs[0]


def test_means_errors_and_t_intervals_agree_with_sums_over_intents() -> None:
    """With two prompts of each intent the clustered mean is that of the intents' means; scipy's paired t test is the judge."""
    first, other = run("a", answers_of(1, 0.4), INTENTS), run("b", answers_of(2, 0.7), INTENTS)
    gains = pair_of(first, other).gains["eval"]
    for measure in ("rouge_l", "meteor", "step_recall", "step_precision"):
        before, after = (np.array([float(getattr(row, measure)) for row in each.rows]) for each in (first, other))
        changes = (after - before).reshape(len(INTENTS), 2).mean(axis=1)
        told = stats.ttest_1samp(changes, 0)
        gain = gains[measure]
        assert (gain.n, gain.intents) == (16, 8)
        assert gain.difference == pytest.approx(changes.mean(), abs=1e-9)
        low, high = told.confidence_interval(0.95)
        assert gain.ci[0] <= low + 1e-9 and gain.ci[1] >= high - 1e-9, "never narrower than Student's t"
        assert gain.ci[1] - gain.ci[0] < 3 * (high - low)
        assert gain.p >= told.pvalue - 1e-9
        needed = stats.t.ppf(0.975, 7) + stats.t.ppf(0.8, 7)
        assert gain.detectable == pytest.approx(needed * stats.sem(changes), rel=1e-6)


def test_p_is_corrected_for_all_measures_and_runs_at_once() -> None:
    runs = [run(name, answers_of(seed, keep), INTENTS) for name, seed, keep in (("a", 1, 0.4), ("b", 2, 0.6), ("c", 3, 0.45))]
    pairs = compare_judged(runs, CONFIG).pairs
    gains = [gain for pair in pairs for gain in pair.gains["eval"].values()]
    assert len(gains) == 8
    ordered = sorted(gains, key=lambda gain: gain.p)
    steps = np.maximum.accumulate([min(1.0, (8 - rank) * gain.p) for rank, gain in enumerate(ordered)])
    assert [gain.p_adjusted for gain in ordered] == pytest.approx(list(steps))
    alone = pair_of(runs[0], runs[1]).gains["eval"]["rouge_l"]
    assert alone.p == pairs[0].gains["eval"]["rouge_l"].p
    assert alone.p_adjusted <= pairs[0].gains["eval"]["rouge_l"].p_adjusted


def test_only_what_is_fair_is_compared_and_the_rest_is_counted() -> None:
    asked = [answer(intent, number, "1. Open it.") for intent, number in product(INTENTS, (1, 2))]
    changed = [
        each.model_copy(update={"reference": "1. Another way."}) if each.intent == INTENTS[6] else each for each in asked[:-2]
    ]
    new = answer(INTENTS[7], 3, "1. Open it.")
    first = run(
        "a",
        [asked[0].model_copy(update={"failed": "too long", "prediction": ""}), *asked[1:]],
        [INTENTS[0], INTENTS[1], INTENTS[2]],
        [asked[2].prompt.upper()],
    )
    other = run("b", [*changed, new], [INTENTS[0], INTENTS[1], INTENTS[3]], [asked[3].prompt])
    found = pair_up(first, other)
    assert found.left_out == {
        "that a failed to answer": 1,
        "prompt that a trained on": 1,
        "prompt that b trained on": 1,
        "of an intent that only a trained on": 2,
        "of an intent that only b trained on": 2,
    }
    assert {(pair.intent, pair.slice) for pair in found.pairs} == {
        (INTENTS[0], "eval"), (INTENTS[4], "holdout"), (INTENTS[5], "holdout"),
    }  # fmt: skip
    assert found.shared == len(found.pairs) + 7 == 12
    assert pair_of(first, other).asked == (16, 15)


def test_what_the_other_failed_counts_as_zero() -> None:
    asked = answers_of(1, 0.8)
    other = run("b", [asked[0].model_copy(update={"failed": "too long", "prediction": ""}), *asked[1:]], INTENTS)
    pair = pair_of(run("a", asked, INTENTS), other)
    assert pair.compared["eval"] == 16
    assert pair.answers[0].after_failed == "too long"
    assert pair.gains["eval"]["rouge_l"].difference == pytest.approx(-pair.answers[0].before_rouge_l / 16)


def test_without_lineage_the_slices_decide_and_it_is_said() -> None:
    first, other = run("a", answers_of(1, 0.4), None), run("b", answers_of(2, 0.7, slice="holdout"), None)
    assert pair_of(first, run("b", answers_of(2, 0.7), None)).compared == {"eval": 16, "holdout": 0}
    pair = pair_of(first, other)
    assert pair.compared == {"eval": 0, "holdout": 0} and pair.left_out == {"of an intent that only a trained on": 16}
    assert sum("not known any more" in note for note in pair.notes) == 2


def test_no_common_prompt_gives_no_figure() -> None:
    other = [each.model_copy(update={"prompt": f"{each.prompt} Please."}) for each in answers_of(2, 0.7)]
    comparison = compare_judged([run("a", answers_of(1, 0.4), INTENTS), run("b", other, INTENTS)], CONFIG)
    pair = comparison.pairs[0]
    assert (pair.shared, pair.gains, pair.intents, pair.answers) == (0, {}, (), ())
    said = headline(pair, 1)
    assert said.state == "none" and "answered no common prompt" in said.sentence
    page = render_comparison(comparison)
    assert "there is nothing to compare" in page and "No common prompt" in page


def test_the_same_answers_do_not_differ() -> None:
    first = run("a", answers_of(1, 0.5), INTENTS)
    other = dataclasses.replace(first, facts=first.facts.model_copy(update={"name": "b"}))
    pair = pair_of(first, other)
    assert {(gain.difference, gain.ci, gain.p) for gain in pair.gains["eval"].values()} == {(0.0, (0.0, 0.0), 1.0)}
    assert pair.notes == ("a and b are the same adapter with the same answers: nothing can differ.",)
    for wrong in ([first], [first, first]):
        with pytest.raises(ValueError, match="two or more runs of different names"):
            compare_judged(wrong, CONFIG)


def test_one_intent_proves_nothing() -> None:
    first, other = (
        run(name, [answer("pay", 1, text)], ["pay"]) for name, text in (("a", "1. Wait."), ("b", "1. Open the page."))
    )
    assert headline(pair_of(first, other), 1) == ("none", "B beside A: 1 new wordings of one intent prove nothing.")
    assert "one intent" in render_comparison(compare_judged([first, other], CONFIG))


@pytest.mark.parametrize(
    ("keep", "state", "word"), [(0.95, "pass", "better"), (0.05, "fail", "worse"), (0.5, "none", "No difference")]
)
def test_the_sentence_follows_the_corrected_p(keep: float, state: str, word: str) -> None:
    said = headline(pair_of(run("a", answers_of(1, 0.5), INTENTS), run("b", answers_of(9, keep), INTENTS)), 1)
    assert said.state == state and word in said.sentence


def test_other_meteor_other_base_and_other_versions_are_told() -> None:
    first = run("a", answers_of(1, 0.4), INTENTS)
    other = run("b", answers_of(2, 0.7), INTENTS, meteor_kinds={"en": "phrases"}, base_model="big", score_version=4)
    pair = pair_of(first, other)
    assert set(pair.gains["eval"]) == {"rouge_l", "step_recall", "step_precision"}
    said = " ".join(pair.notes)
    assert "METEOR is not compared" in said and "(3 and 4)" in said and "tiny and big" in said


def test_only_settings_that_differ_are_named() -> None:
    assert differing([{"x": 1, "y": [1], "z": None}, {"x": 2, "y": [1], "new": True}]) == {"x": (1, 2), "new": (None, True)}


def test_intents_are_listed_from_the_deepest_fall() -> None:
    first, other = run("a", answers_of(1, 0.5), INTENTS), run("b", answers_of(2, 0.5), INTENTS)
    found = pair_of(first, other).intents
    assert [each.change for each in found] == sorted(each.change for each in found)
    assert sum(each.change * each.n for each in found) / 16 == pytest.approx(
        pair_of(first, other).gains["eval"]["rouge_l"].difference
    )


class _Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, Any]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def test_hostile_texts_stay_texts_and_nothing_is_loaded() -> None:
    intents = [f"{HOSTILE} {number}" for number in range(3)]
    runs = [
        run(name, [answer(intent, 1, HOSTILE + "\ud800") for intent in intents], intents, base_model=HOSTILE)
        for name in ("a", "b")
    ]
    page = render_comparison(compare_judged(runs, CONFIG))
    page.encode("utf-8")
    tags = _Tags(page).seen
    assert [tag for tag, _ in tags].count("script") == 1 and not any(tag == "img" for tag, _ in tags)
    assert not any(attrs.get("src") or str(attrs.get("href", "")).startswith("http") for _, attrs in tags)
    assert "{{ 7 * 7 }}" in page and any("script-src 'sha256-" in str(attrs.get("content")) for _, attrs in tags)


def test_the_figures_hold_no_prompt_and_no_answer() -> None:
    runs = [run("a", answers_of(1, 0.4), INTENTS), run("b", answers_of(2, 0.7), INTENTS, settings={"train.lora_r": 32})]
    figures = comparison_figures(compare_judged(runs, CONFIG))
    written = json.dumps(figures, allow_nan=False)
    assert "wording 1" not in written and "Choose the" not in written
    assert figures["first"] == "a" and figures["settings"] == {"train.lora_r": {"a": 16, "b": 32}}
    assert figures["comparisons"][0]["gains"]["eval"]["rouge_l"]["n"] == 16
