"""The champion beside base and tuned model in the report: in the charts, the tables and the summary."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from importlib import resources
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from langkah.evaluation.charts import score_charts
from langkah.evaluation.report import render_markdown_summary, render_report
from langkah.evaluation.report_data import ReportData


def report(**more: Any) -> ReportData:
    def scores(rouge: float, **other: Any) -> dict[str, Any]:
        ends = {"rouge_l_ci": [rouge - 0.1, rouge + 0.1]}
        return {"n": 40, "rouge_l": rouge, "meteor": rouge, "failed": 0, "consistency_n": 0} | ends | other

    held = {"consistency_n": 5, "consistency_ci": [0.4, 0.9]}
    metrics = {
        "base": {"eval": scores(0.2, failed=3), "holdout": scores(0.1, consistency=0.0, **held)},
        "champion": {"eval": scores(0.6), "holdout": scores(0.3, consistency=0.45, **held)},
        "tuned": {"eval": scores(0.7), "holdout": scores(0.4, consistency=0.75, **held)},
    }
    return ReportData.model_validate({"title": "t", "run_id": "r", "created": "c", "metrics": metrics} | more)


def words_of(html: str) -> str:
    return " ".join(re.sub(r"<style>.*?</style>|<[^>]+>", " ", html, flags=re.DOTALL).split())


def test_one_chart_holds_base_champion_tuned_and_reference() -> None:
    chart = score_charts(report().metrics)[0]
    for group, ends in zip(chart.groups, ((0.2, 0.6, 0.7, 1), (0.1, 0.3, 0.4, 1)), strict=True):
        assert [bar.kind for bar in group.bars] == ["base", "champion", "tuned", "reference"]
        places = [(bar.end - chart.left) / (chart.right - chart.left) for bar in group.bars]
        assert places == pytest.approx(ends, abs=1e-3)
        tops = [bar.top for bar in group.bars]
        assert all(later - earlier >= 20 for earlier, later in itertools.pairwise(tops))
        assert chart.top < group.top < tops[0] and tops[-1] + 18 <= chart.bottom
    assert chart.keys == (("base", "Base"), ("champion", "Champion"), ("tuned", "Tuned"))


def test_the_legend_names_what_is_drawn() -> None:
    html = render_report(report())
    legend = re.search(r"<figcaption>(.*?)</figcaption>", html, re.DOTALL)
    assert legend
    kinds = re.findall(r'class="swatch (\w+)">([^<]+)<', legend[1])
    assert [kind for kind, _ in kinds] == ["base", "champion", "tuned", "reference"]
    assert 'aria-label="ROUGE-L of base, champion, tuned and reference"' in html
    alone = {name: found for name, found in report().metrics.items() if name != "champion"}
    assert "Champion" not in words_of(render_report(report(metrics=alone)))


def test_tables_have_a_column_for_the_champion_and_say_what_is_not_known() -> None:
    words = words_of(render_report(report()))
    assert "Measure Base Champion Tuned Change from base" in words
    assert "ROUGE-L F1 0.200 0.100–0.300" in words
    assert "Same steps for other wordings 0.000 0.400–0.900 0.450 0.400–0.900 0.750 0.400–0.900 +0.750" in words
    assert "Intents asked in two wordings or more 0 0 0" in words
    assert words.count("Same steps for other wordings") == 1, "no row where no intent was asked twice"
    assert "Failed answers, counted as 0 3 0 0" in words
    lines = render_markdown_summary(report()).splitlines()
    assert "| Eval: new wordings | Base | Champion | Tuned | Change |" in lines
    assert "| Same steps for other wordings | 0.000 | 0.450 | 0.750 | +0.750 |" in lines


def test_the_champions_answers_stand_beside_those_of_base_and_tuned_model() -> None:
    row = {
        "slice": "eval", "intent": "i", "language": "en", "prompt": "How?", "reference": "1. Turn it.", "base": "Maybe.",
        "tuned": "1. Turn.", "base_rouge_l": 0.0, "tuned_rouge_l": 0.8,
    }  # fmt: skip
    beside = words_of(render_report(report(answers=[row | {"champion": "1. Pull <it>.", "champion_rouge_l": 0.5}])))
    assert "base 0.00 champion 0.50 tuned 0.80" in beside
    assert "Human reference 1. Turn it. Tuned 1. Turn. Champion 1. Pull &lt;it&gt;. Base Maybe." in beside
    lost = words_of(render_report(report(answers=[row | {"champion": "", "champion_failed": "out of memory"}])))
    assert "Champion Failed, counted as 0: out of memory Base Maybe." in lost
    assert "Human reference 1. Turn it. Tuned 1. Turn. Base Maybe." in words_of(render_report(report(answers=[row])))


def test_gains_say_which_prompts_they_leave_out() -> None:
    found = {"difference": 0.5, "ci": [0.4, 0.6], "p": 0.01, "p_adjusted": 0.02, "detectable": 0.1, "n": 37, "intents": 20}
    gains = {"eval": {"rouge_l": found}}
    assert "Left out of them: 3 prompts that the base failed to answer." in words_of(render_report(report(gains=gains)))
    whole = {system: {"eval": found["eval"] | {"failed": 0}} for system, found in report().metrics.items()}
    assert "Left out of them" not in words_of(render_report(report(gains=gains, metrics=whole)))


# Matrices for full severity in linear RGB: Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of
# Color Vision Deficiency", IEEE TVCG 15, 2009.
SIGHT = {
    "usual": np.eye(3),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]),
    "tritanopia": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]]),
}


def linear(colour: str) -> NDArray[np.float64]:
    values = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """CIELAB of linear sRGB, D65."""
    matrix = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]])
    xyz = matrix @ np.clip(rgb, 0, 1) / np.array([0.95047, 1, 1.08883])
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def contrast(one: str, other: str) -> float:
    """WCAG 2."""
    dark, light = sorted(float(np.array([0.2126, 0.7152, 0.0722]) @ linear(colour)) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def themes() -> Mapping[str, Mapping[str, str]]:
    style = resources.files("langkah.evaluation").joinpath("templates", "report.css").read_text(encoding="utf-8")
    light, dark = re.findall(r":root \{([^}]*--paper[^}]*)\}", style)
    return {name: dict(re.findall(r"--([\w-]+): (#\w{6})", text)) for name, text in (("light", light), ("dark", dark))}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("sight", SIGHT)
def test_the_systems_colours_are_told_apart_by_every_eye_in_both_themes(theme: str, sight: str) -> None:
    colours = themes()[theme]
    bars = {name: colours[name] for name in ("base", "champion", "accent")}
    for (one, first), (other, second) in itertools.combinations(bars.items(), 2):
        apart = np.linalg.norm(lab(SIGHT[sight] @ linear(first)) - lab(SIGHT[sight] @ linear(second)))
        assert apart > 20, (one, other, apart)
    for name, colour in bars.items():
        for ground in ("card", "zone-low", "zone-middle", "zone-high"):
            assert contrast(colour, colours[ground]) >= 3, (name, ground)
