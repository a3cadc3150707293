"""The report page and its summary: what is shown, what is escaped, and that every part may be absent."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from typing import Any

import pytest
from pydantic import ValidationError

from langkah.evaluation import step_diff
from langkah.evaluation.axes import round_ticks
from langkah.evaluation.charts import length_chart, loss_chart, procedural_chart, score_charts
from langkah.evaluation.plots import length_histogram_png, loss_curve_png, procedural_histogram_png
from langkah.evaluation.report import render_markdown_summary, render_report
from langkah.evaluation.report_data import LengthSummary, LossPoint, ProceduralScores, ReportData

HOSTILE = '<script>alert("x")</script><img src=x onerror=alert(1)></details>&amp;'


class Page(HTMLParser):
    """Tags, attributes and text of a page; tags that were never closed are an error of the template."""

    VOID = frozenset(["meta", "link", "input", "br", "hr", "img"])

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("script", "style"):
            self.text.append(data)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


def answer(tuned: str, score: float | None, **other: Any) -> dict[str, Any]:
    row = {
        "slice": "eval", "intent": "i", "language": "en", "prompt": f"How: {tuned}", "reference": "1. Do it.",
        "base": "Maybe.", "tuned": tuned, "base_rouge_l": 0.1, "tuned_rouge_l": score,
    }  # fmt: skip
    return row | other


def scores(rouge: float, meteor: float, **other: Any) -> dict[str, Any]:
    return {"n": 40, "rouge_l": rouge, "rouge_l_ci": (rouge - 0.03, rouge + 0.03), "meteor": meteor} | other


def gain(difference: float) -> dict[str, Any]:
    ends = (difference - 0.05, difference + 0.05)
    return {"difference": difference, "ci": ends, "p": 0.01, "p_adjusted": 0.02, "detectable": 0.07, "n": 40, "intents": 20}


def full(**other: Any) -> ReportData:
    tree: dict[str, Any] = {
        "title": "Help centre",
        "run_id": "run-7",
        "created": "2026-11-22 15:42 UTC",
        "verdict": {
            "passed": True,
            "rules": [{"name": "eval_rouge_l_gain_low", "passed": True, "value": 0.262, "limit": 0.0}],
        },
        "metrics": {
            "base": {"eval": scores(0.181, 0.224, numbered=0.05, length_ratio=1.84)},
            "tuned": {"eval": scores(0.472, 0.61, numbered=1.0, length_ratio=0.97), "holdout": scores(0.217, 0.262)},
        },
        "gains": {"eval": {"rouge_l": gain(0.291)}},
        "champion": {
            "compared": {"eval": 30, "holdout": 8, "new": 2},
            "left_out": {"trained on by either": 4},
            "gains": {"eval": {"meteor": gain(-0.012)}},
            "fallen": [{"intent": "return a parcel", "before": 0.81, "after": 0.42, "n": 3}],
        },
        "answers": [answer("middling", 0.5), answer("unscored", None), answer("worst", 0.1), answer("best", 0.9)],
        "loss": [
            {"step": 1, "epoch": 0.5, "loss": 2.0},
            {"step": 2, "epoch": 1.0, "loss": float("nan"), "eval_loss": 1.5, "eval_intents_loss": 1.8},
            {"step": 3, "epoch": 1.5, "loss": 1.0, "eval_loss": 1.7},
        ],
        "lengths": {
            "tokens": [[0, 64, 3], [64, 128, 9], [128, 192, 1]],
            "max_length": 128, "recommended": 192, "policy": "truncate", "too_long": 1, "truncated": 1,
            "longest": 150, "p50": 80, "p95": 140, "p99": 150, "batch_note": "A batch of 8 fits.",
        },
        "procedural": {"bins": [[0, 0.2, 3], [0.2, 0.4, 1], [0.4, 0.6, 0], [0.6, 0.8, 8], [0.8, 1, 34]], "threshold": 0.4},
        "approvals": {"records_by_rules": 40, "variants_by_rules": 120},
        "rows": {"in": 46, "kept": 40, "rejected": 3, "duplicate": 2, "flagged": 1, "intents": 40, "train": 108},
        "rejects": [["empty prompt", 3]],
        "pii": {"PERSON": {"en": 7, "id": 5}, "EMAIL_ADDRESS": {"en": 4}},
        "paraphrase": {
            "accepted": 114, "rejected": {"too_close": 9}, "short_intents": 2,
            "topics": [{"intents": 6, "topics": 2, "before": 48, "due": 52, "after": 51}],
            "usage": {"requests": 44, "prompt_tokens": 12345, "cost": 0.125},
        },
        "steps": [{"name": "train", "state": "Completed", "seconds": 164.2}],
        "lineage": [
            {"kind": "dataset", "digest": "aa11bb22cc33dd44", "versions": {"langkah": "0.1.0"}},
            {"kind": "adapter", "digest": "ee55ff66aa77bb88", "parents": ["aa11bb22cc33dd44"], "created": "today"},
        ],
        "settings": {"train.lora_r": 16},
        "training": {
            "backend": "trl", "base_model": "SmolLM2", "steps": 30, "seconds": 164.2, "tokens": 22335, "peak_memory_gb": 2.34,
            "learning": {
                "verdict": "overfitting", "evidence": "validation loss rose from 1.500 (step 2) to 1.700",
                "remedies": [["train.num_train_epochs=1", "it was best then"]],
                "forgetting": "Loss on general instructions 2.10 before, 2.90 after.", "forgot": True,
            },
        },
    }  # fmt: skip
    return ReportData.model_validate(tree | other)


def empty() -> ReportData:
    return ReportData(title="Nothing", run_id="r", created="now")


def test_page_says_verdict_scores_bands_and_where_everything_comes_from() -> None:
    words = Page(render_report(full())).words
    for expected in (
        "The tuned model is better than the base model.", "0.472", "0.442–0.502", "+0.291", "+95 pp", "0.97×",
        "very good, substance and meaning match", "do not replace a domain expert", "Gain in ROUGE-L on eval",
        "Hold-out: unseen intents", "trl", "2 min 44 s", "22,335", "max_length 128", "recommended 192", "A batch of 8 fits.",
        "46 rows in", "40 kept", "procedures from 0.4", "0.8 to 1: 34 answers",
        "6 2 48 52 51", "Requests 44", "12,345", "Cost 0.1250",
        "Empty prompt", "PERSON 7 5 12", "EMAIL_ADDRESS 4 0 4", "Too close", "langkah 0.1.0",
        "Dataset aa11bb22cc33", "train.lora_r", "Lowest validation loss 1.500 at step 2; the last, at step 3, was higher",
        "Tuned over base, Eval: new wordings Measure Gain p Detects ROUGE-L +0.291 +0.241 to +0.341 0.020 0.070",
        "METEOR −0.012 −0.062 to +0.038", "Compared on 30 new wordings and 8 answers to unseen intents",
        "left out: 4 trained on by either", "return a parcel 0.810 0.420 3",
        "Overfitting : validation loss rose from 1.500 (step 2) to 1.700", "train.num_train_epochs=1 it was best then",
        "Loss on general instructions 2.10 before, 2.90 after.", "Peak memory 2.3 GB", "Unseen intents",
    ):  # fmt: skip
        assert expected in words, expected


def test_data_section_counts_what_became_of_long_examples() -> None:
    counts = {"max_length": 128, "policy": "window", "too_long": 1200, "notes_dropped": 3, "truncated": 4, "windows": 5}
    html = render_report(full(lengths=counts | {"filtered": 6}))
    section = html[html.index('<section id="data">') : html.index('<section id="run">')]
    expected = "1,200 longer than max_length: 3 lost their notes, 4 truncated, 5 windows, 6 left out (policy window )."
    assert expected in Page(section).words
    assert "longer than max_length" not in Page(render_report(full(lengths={"policy": "window"}))).words


def test_steps_have_a_state_column_only_where_a_state_is_known() -> None:
    steps = [{"name": "train", "state": "", "seconds": 164.2}, {"name": "score", "state": "Cached", "seconds": 1}]
    assert "Steps Step State Time Train 2 min 44 s Score Cached 1.0 s" in Page(render_report(full(steps=steps))).words
    assert "Steps Step Time Train 2 min 44 s No artifact" in Page(render_report(full(steps=steps[:1], lineage=[]))).words


def test_reference_is_said_to_be_1_by_definition() -> None:
    assert "human reference (1 by definition)" in Page(render_report(full())).words


def test_failed_gate_says_how_many_rules_failed() -> None:
    rules = [{"name": "a_rule", "passed": False, "value": -0.2, "limit": 0}, {"name": "eval_rows", "passed": True}]
    page = render_report(full(verdict={"passed": False, "rules": rules}))
    assert "1 of 2 rules failed" in page
    assert "better than the base" not in page
    assert "A rule" in page
    assert "−0.200" in page


def test_record_text_is_never_html() -> None:
    hostile = answer(HOSTILE, 0.3, intent=HOSTILE, prompt=HOSTILE, reference=HOSTILE, base=HOSTILE, language=HOSTILE)
    html = render_report(full(title=HOSTILE, answers=[hostile], rejects=[[HOSTILE, 1]], settings={HOSTILE: HOSTILE}))
    page = Page(html)
    assert not page.open
    assert len(page.named("script")) == 1
    assert not page.named("img")
    assert not any(name.startswith("on") for _, attrs in page.tags for name in attrs)
    assert page.words.count(HOSTILE) >= 8
    assert re.search(r"<td>[^<]*<script", html) is None


def test_page_needs_nothing_else_and_forbids_what_is_not_its_own() -> None:
    html = render_report(full())
    page = Page(html)
    policy = next(m["content"] or "" for m in page.named("meta") if m.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'")
    assert "script-src 'sha256-" in policy
    for _, attrs in page.tags:
        target = attrs.get("src") or attrs.get("href") or "#"
        assert target.startswith("#") or target == "data:,"
    assert not re.search(r"https?://|@import|url\(", html)


def test_policy_admits_exactly_the_script_of_the_page() -> None:
    import base64
    import hashlib

    html = render_report(full())
    found = re.search(r"<script>(.*?)</script>", html, re.DOTALL)
    assert found
    digest = base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
    assert f"'sha256-{digest}'" in html


def test_an_answer_that_failed_says_why_on_its_own_side() -> None:
    failed = answer("", 0.0, tuned_failed="out of memory, by itself too")
    words = Page(render_report(full(answers=[failed]))).words
    assert "Tuned Failed, counted as 0: out of memory, by itself too Base Maybe." in words


def test_answers_come_worst_first_and_unscored_last_in_any_input_order() -> None:
    html = render_report(full())
    order = re.findall(r'dir="auto">How: (\w+)', html)
    assert order == ["worst", "middling", "best", "unscored"]
    turned = full(answers=[row.model_dump() for row in reversed(full().answers)])
    assert render_report(turned) == html


def test_each_answer_carries_what_the_filter_asks_for() -> None:
    rows = [answer("a", 0.3, slice="holdout", language="id"), answer("b", 0.9, base_rouge_l=None)]
    cards = [tag for tag in Page(render_report(full(answers=rows))).named("details") if tag.get("class") == "answer"]
    assert [(card["data-slice"], card["data-language"], card["data-level"]) for card in cards] == [
        ("holdout", "id", "low"),
        ("eval", "en", "high"),
    ]
    assert [(card["data-base"], card["data-tuned"]) for card in cards] == [("0.1", "0.3"), ("", "0.9")]


def test_text_direction_follows_the_text_and_line_breaks_are_kept() -> None:
    html = render_report(full(answers=[answer("1. افتح الإعدادات.\n2. اختر الأمان.", 0.2, language="ar")]))
    assert '<div class="text" dir="auto">1. افتح الإعدادات.\n2. اختر الأمان.</div>' in html


def test_half_a_surrogate_pair_does_not_break_the_page() -> None:
    render_report(full(answers=[answer("broken \ud83d emoji", 0.2)])).encode("utf-8")


def test_empty_report_says_what_is_missing() -> None:
    page = Page(render_report(empty()))
    assert not page.open
    for expected in (
        "No verdict", "No scores", "No adapter was trained", "No loss was logged", "Lengths were not measured",
        "Rows were not counted", "No row was set aside", "No personal data was replaced", "No step was recorded",
        "No artifact was recorded", "No answers", "do not replace a domain expert",
    ):  # fmt: skip
        assert expected in page.words, expected
    assert not page.named("svg")


@pytest.mark.parametrize("name", [name for name in ReportData.model_fields if name not in ("title", "run_id", "created")])
def test_any_part_may_be_absent(name: str) -> None:
    data = full()
    without = ReportData.model_validate({key: value for key, value in data if key != name})
    page = Page(render_report(without))
    assert not page.open
    assert "undefined" not in page.words
    assert "None" not in page.words
    assert render_markdown_summary(without)


@pytest.mark.parametrize("value", [None, float("nan"), "0.5", True])
def test_a_score_that_is_no_number_is_a_dash(value: Any) -> None:
    data = full(metrics={"base": {"eval": scores(0.2, 0.2)}, "tuned": {"eval": {"rouge_l": value, "rouge_l_ci": None}}})
    assert "ROUGE-L F1 0.200 0.170–0.230 steps do not match – –" in Page(render_report(data)).words


def test_unknown_field_is_refused_without_showing_text() -> None:
    with pytest.raises(ValidationError) as caught:
        ReportData.model_validate({"title": "t", "run_id": "r", "created": "c", "answers": [{"prompt": "secret words"}]})
    assert "secret words" not in str(caught.value)
    with pytest.raises(ValidationError):
        ReportData.model_validate({"title": "t", "run_id": "r", "created": "c", "colour": "red"})


def test_same_data_same_page() -> None:
    assert render_report(full()) == render_report(full())


def test_the_gates_rules_say_what_they_mean() -> None:
    rules = [
        {"name": "ended", "passed": True, "value": 0.95, "limit": 0.9, "meaning": "It ended 95 of 100 <answers>."},
        {"name": "personal_values", "passed": False, "value": None, "limit": 0, "measured": False, "meaning": "Not searched."},
    ]
    verdict = {"passed": False, "rules": rules, "against": "champion", "not_applied": ["max_forgetting"]}
    words = Page(render_report(full(verdict=verdict))).words
    assert "It ended 95 of 100 <answers>." in words
    assert "Not searched." in words
    assert "Not asked of the model, by the settings or for want of a champion: Max forgetting." in words
    assert "1 of 2 rules failed" in words
    lines = render_markdown_summary(full(verdict=verdict)).splitlines()
    assert "| **not measured** | – | 0 | Personal values in the answers, at most |" in lines
    passed = {"passed": True, "rules": rules[:1], "against": "champion"}
    assert "The tuned model is better than today's champion." in Page(render_report(full(verdict=passed))).words


def test_score_chart_places_bars_intervals_and_bands_on_one_axis() -> None:
    chart = score_charts(full().metrics)[0]
    span = chart.right - chart.left
    base, tuned, reference = chart.groups[0].bars
    assert (base.end - chart.left) / span == pytest.approx(0.181, abs=1e-3)
    assert tuned.low is not None and tuned.high is not None and tuned.low < tuned.end < tuned.high
    assert reference.end == chart.right
    assert [round((zone.end - chart.left) / span, 2) for zone in chart.zones] == [0.4, 0.6, 1.0]
    assert [bar.kind for bar in chart.groups[1].bars] == ["tuned", "reference"]
    assert all(bar.top + 18 <= chart.bottom for group in chart.groups for bar in group.bars)


def test_loss_chart_leaves_out_what_is_no_number_and_stays_inside() -> None:
    chart = loss_chart(full().loss)
    assert chart is not None
    assert [len(line.marks) for line in chart.lines] == [2, 2, 1]
    assert all(chart.top <= mark.y <= chart.bottom for line in chart.lines for mark in line.marks)
    assert chart.lines[0].marks[0].y < chart.lines[0].marks[1].y, "a higher loss is drawn higher"
    assert [rule.label for rule in chart.rules] == ["epoch 1"]
    assert loss_chart([LossPoint(step=1, loss=float("inf"))]) is None


def test_long_loss_curve_keeps_every_point_but_few_marks() -> None:
    chart = loss_chart([LossPoint(step=step, epoch=step / 100, loss=1 / step) for step in range(1, 10_001)])
    assert chart is not None
    line = chart.lines[0]
    assert len(line.points.split()) == 10_000
    assert len(line.marks) <= 121
    assert line.marks[-1].title.startswith("Training loss 0.000 at step 10000")


def test_length_chart_colours_bins_beyond_the_limit() -> None:
    chart = length_chart(full().lengths)
    assert chart is not None
    assert [rect.over for rect in chart.rects] == [False, False, True]
    assert [rule.label for rule in chart.rules] == ["max_length 128", "recommended 192"]
    assert chart.rects[1].title == "64 to 128 tokens: 9 examples"
    assert max(rect.height for rect in chart.rects) == chart.rects[1].height <= chart.bottom - chart.top
    assert length_chart(LengthSummary()) is None


def test_procedural_chart_colours_what_is_no_procedure() -> None:
    chart = procedural_chart(full().procedural)
    assert chart is not None
    assert [rect.over for rect in chart.rects] == [True, True, False, False]
    assert (chart.x_ticks[0].label, chart.x_ticks[-1].label) == ("0", "1")
    assert procedural_chart(ProceduralScores(threshold=0.4)) is None


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0, 2.6, (0, 1, 2, 3)), (0, 30, (0, 10, 20, 30)), (0, 0, (0, 0.2, 0.4, 0.6, 0.8, 1)), (0, 340, (0, 100, 200, 300, 400))],
)  # fmt: skip
def test_ticks_are_round_and_cover_the_values(low: float, high: float, expected: tuple[float, ...]) -> None:
    assert round_ticks(low, high) == pytest.approx(expected)


def test_markdown_has_verdict_and_scores_but_no_record_text() -> None:
    data = full(title="A | <b>title</b>", answers=[answer("SECRET-TUNED", 0.2, reference="SECRET-REF", base="SECRET-BASE")])
    text = render_markdown_summary(data)
    assert "better than the base" in text
    assert "| ROUGE-L F1 | 0.181 | 0.472 | +0.291 |" in text
    assert "46 rows in: 40 kept, 3 rejected, 2 duplicate, 1 flagged" in text
    assert "All approved by rules, not by a person: 40 records, 120 paraphrases." in text
    assert "SECRET" not in text
    assert "<b>" not in text
    assert "A \\| &lt;b" in text


def size_of(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


def test_pictures_are_png_of_a_readable_size_and_the_same_each_time() -> None:
    data = full()
    assert data.procedural
    scores = data.procedural
    for draw in (
        lambda: loss_curve_png(data.loss),
        lambda: length_histogram_png(data.lengths),
        lambda: procedural_histogram_png(scores),
    ):
        picture = draw()
        assert size_of(picture) == (880, 462)
        assert draw() == picture
    assert loss_curve_png(data.loss) != loss_curve_png(())
    assert length_histogram_png(data.lengths) != length_histogram_png(None)
    assert size_of(loss_curve_png(())) == (880, 462)
    assert size_of(procedural_histogram_png(ProceduralScores(threshold=0.4))) == (880, 462)


def test_rendering_a_page_loads_neither_matplotlib_nor_torch() -> None:
    code = (
        "import sys; from langkah.evaluation.report import render_report, ReportData;"
        "render_report(ReportData(title='t', run_id='r', created='c'));"
        "print([m for m in ('matplotlib', 'torch', 'nltk', 'pandas', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_became_of_each_step_is_said_in_words_and_can_be_filtered() -> None:
    reference = "1. Open Settings.\n2. Choose Network.\n3. Turn on Wi-Fi.\n4. Press Connect."
    swapped = "1. Open Settings.\n2. Turn on Wi-Fi.\n3. Choose Network.\n4. Call your provider."
    wrong = answer("wrong", 0.5) | {"reference": reference, "tuned": swapped, "steps": step_diff(swapped, reference, "en")}
    right = answer("right", 0.9) | {"reference": reference, "tuned": reference, "steps": step_diff(reference, reference, "en")}
    html = render_report(full(answers=[wrong, right]))
    words = Page(html).words
    assert "out of order Choose Network. 3. Choose Network." in words
    assert "missing Press Connect." in words
    assert "made up, step 4 of the answer Call your provider." in words
    assert words.count("kept Open Settings.") == 2
    assert re.findall(r'data-steps="(\w*)"', html) == ["wrong", ""]


def test_moments_and_settings_are_written_for_people() -> None:
    page = Page(render_report(full(created="2026-11-27T08:26:14+07:00", settings={"a": None, "b": ("x", "y"), "c": "auto"})))
    assert "2026-11-27 01:26 UTC" in page.words
    assert 'a null b ["x", "y"] c auto' in page.words
    assert "2026-11-22 15:42" in Page(render_report(full(created="2026-11-22 15:42"))).words, "of no zone: as it is"


def test_what_failed_is_said_below_the_verdict() -> None:
    rule = {"name": "ended", "value": 0.5, "limit": 0.8, "meaning": "Half of the answers ended. At least 80 % must."}
    page = render_report(full(verdict={"passed": False, "rules": [{**rule, "passed": False}]}))
    assert '<p class="because">Half of the answers ended.</p>' in page
    assert (
        "because"
        not in render_report(full(verdict={"passed": True, "rules": [{**rule, "passed": True}]})).partition("<body>")[2]
    )


def test_retired_answers_that_are_still_given_stand_on_the_page() -> None:
    row = {"intent": "door", "language": "en", "prompt": "How <b>open</b>?", "retired": "1. Turn it.", "tuned": "1. Turn it."}
    kept = {**row, "prompt": "How do I ring?", "step_recall": 0.0, "given": False}
    words = Page(render_report(full(retired=[{**row, "step_recall": 1.0, "given": True}, kept]))).words
    assert "trained on 2 FAQs that are no more. The tuned model still gives the retired answer to 1 of them." in words
    assert "How <b>open</b>?" in words and "How do I ring?" not in words
    words = Page(render_report(full(retired=[kept]))).words
    assert "The tuned model gives the retired answer to none of them." in words
    words = Page(render_report(full(retired=[kept, {**kept, "failed": True}]))).words
    assert "to none of the others. It failed to answer 1 of them" in words
    assert "Retired FAQs" not in Page(render_report(full())).words
