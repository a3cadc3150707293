"""The page of runs side by side, in the look of a run's report, and the figures that `--json` writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final, NamedTuple

from langkah.evaluation.charts import SLICES
from langkah.evaluation.pages import render_page
from langkah.evaluation.report_text import (
    MEASURES,
    NOTHING,
    Cell,
    duration,
    rule_name,
    score,
    scored,
    short,
    signed,
    whole,
    words,
)
from langkah.evaluation.runs.charts import LETTERS, gain_chart, kind_of, loss_by_run, mean_charts
from langkah.evaluation.runs.data import PairedRun, RunComparison, RunFacts

MOST_RUNS: Final = len(LETTERS)
SHOWN: Final = 10
"""Intents in each list of those that rose and fell most."""
_SURE: Final = 0.05
"""Below this corrected p-value a difference is told as one."""


class Headline(NamedTuple):
    """What is said of a run beside the first: `pass` (better), `fail` (worse) or `none`, and a sentence."""

    state: str
    sentence: str


def render_comparison(comparison: RunComparison) -> str:
    """Render the page: a whole HTML document without any external resource."""
    runs, pairs = comparison.runs, comparison.pairs
    answers = [(place, pair, answer) for place, pair in enumerate(pairs, 1) for answer in pair.answers]
    answers.sort(key=lambda each: each[2].after_rouge_l)
    return render_page(
        "comparison.html",
        title=" and ".join([", ".join(run.name for run in runs[:-1]), runs[-1].name]),
        style="comparison.css",
        runs=runs,
        pairs=pairs,
        letters=LETTERS,
        kinds=[kind_of(place) for place in range(len(runs))],
        keys=[(kind_of(place), f"{LETTERS[place]} {run.name}") for place, run in enumerate(runs)],
        headlines=[headline(pair, place) for place, pair in enumerate(pairs, 1)],
        facts=facts(runs),
        mean_charts=mean_charts(runs),
        gain_chart=gain_chart(pairs),
        loss_chart=loss_by_run(runs),
        tables=_tables(runs),
        settings=[(name, [_value(value) for value in values]) for name, values in comparison.settings.items()],
        fell=[[each for each in pair.intents if each.change < 0][:SHOWN] for pair in pairs],
        rose=[[each for each in reversed(pair.intents) if each.change > 0][:SHOWN] for pair in pairs],
        answers=answers,
        slice_names=sorted({answer.slice for _, _, answer in answers}),
        languages=sorted({answer.language for _, _, answer in answers}),
        slice_titles=SLICES,
    )


def headline(pair: PairedRun, place: int) -> Headline:
    """Say in a sentence whether a run is better than the first, as far as ROUGE-L proves it.

    Args:
        pair: how it differs from the first.
        place: of the run, from 1.
    """
    letter, first = LETTERS[place], LETTERS[0]
    for name, title in (("eval", "new wordings"), ("holdout", "unseen intents")):
        gain = pair.gains.get(name, {}).get("rouge_l")
        if gain is None:
            continue
        if gain.intents < 2:
            return Headline("none", f"{letter} beside {first}: {gain.n} {title} of one intent prove nothing.")
        figures = f"ROUGE-L {signed(gain.difference)} ({signed(gain.ci[0])} to {signed(gain.ci[1])})"
        if gain.p_adjusted < _SURE:
            better = gain.difference > 0
            return Headline(
                "pass" if better else "fail",
                f"{letter} is {'better' if better else 'worse'} than {first} on {title}: {figures}.",
            )
        found = f"as many answers find {score(gain.detectable, 2)} or more"
        return Headline("none", f"No difference between {letter} and {first} is shown on {title}: {figures}; {found}.")
    if pair.shared:
        return Headline("none", f"{letter} and {first} share {pair.shared} prompts, none of which compares them fairly.")
    return Headline("none", f"{letter} and {first} answered no common prompt with the same reference: no figure compares them.")


def facts(runs: Sequence[RunFacts]) -> list[tuple[str, list[str]]]:
    """What each run was: (name, its value in each run)."""

    def verdict(run: RunFacts) -> str:
        against = f", against the {run.verdict.against}"
        failed = [rule_name(rule.name).partition(",")[0] for rule in run.verdict.rules if not rule.passed]
        return ("passed" if run.verdict.passed else f"refused: {'; '.join(failed)}") + against

    def rows(run: RunFacts) -> str:
        sizes = [
            f"{whole(run.rows[name])} {name.replace('holdout', 'hold-out')}"
            for name in ("train", "eval", "holdout")
            if name in run.rows
        ]
        return ", ".join(sizes) or NOTHING

    found: list[tuple[str, list[str]]] = [
        ("Run", [run.name for run in runs]),
        ("Scored", [run.created.replace("T", " ").partition("+")[0] + " UTC" for run in runs]),
        ("Base model", [run.base_model or NOTHING for run in runs]),
        ("Dataset", [short(run.dataset) or NOTHING for run in runs]),
        ("Intents", [whole(run.rows.get("intents")) for run in runs]),
        ("Rows", [rows(run) for run in runs]),
        ("Adapter", [short(run.adapter) or NOTHING for run in runs]),
        ("Gate", [verdict(run) for run in runs]),
        ("Training time", [duration(run.seconds) for run in runs]),
        ("Device", [run.device or NOTHING for run in runs]),
        ("Optimizer steps", [whole(run.steps) for run in runs]),
        ("Training loss, last", [score(run.train_loss) for run in runs]),
        ("Validation loss, lowest", [score(run.eval_loss) for run in runs]),
        ("Curves say", [words(run.learning) or NOTHING for run in runs]),
    ]
    return [(name, values) for name, values in found if set(values) != {NOTHING}]


def _tables(runs: Sequence[RunFacts]) -> list[tuple[str, list[tuple[str, list[Cell]]]]]:
    """For each slice: its name, and (measure, a cell for each run) for each measure that a run has."""
    tables: list[tuple[str, list[tuple[str, list[Cell]]]]] = []
    for name, title in SLICES.items():
        scores = [run.metrics.get(name, {}) for run in runs]
        found = {key for each in scores for key in each}
        rows = [
            (label, [scored(key, kind, each) for each in scores]) for key, (label, kind) in MEASURES.items() if key in found
        ]
        if rows:
            tables.append((title, rows))
    return tables


def _value(value: Any) -> str:
    """A setting as a person reads it."""
    if value is None:
        return NOTHING
    if isinstance(value, (list, tuple)):
        return ", ".join(str(each) for each in value) or "none"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def comparison_figures(comparison: RunComparison) -> dict[str, Any]:
    """What `--json` writes: figures and names, no prompt and no answer."""
    return {
        "first": comparison.runs[0].name,
        "runs": [{**run.model_dump(exclude={"loss", "settings"}), "train_loss": run.train_loss} for run in comparison.runs],
        "comparisons": [
            {
                "name": pair.name,
                "asked": {"first": pair.asked[0], "this": pair.asked[1]},
                "shared": pair.shared,
                "compared": pair.compared,
                "left_out": pair.left_out,
                "gains": {name: {key: asdict(gain) for key, gain in found.items()} for name, found in pair.gains.items()},
                "intents": [{**each.model_dump(), "change": each.change} for each in pair.intents],
                "notes": pair.notes,
            }
            for pair in comparison.pairs
        ],
        "settings": _by_run(comparison.settings, comparison.runs),
    }


def _by_run(settings: Mapping[str, tuple[Any, ...]], runs: Sequence[RunFacts]) -> dict[str, dict[str, Any]]:
    names = [run.name for run in runs]
    return {setting: dict(zip(names, values, strict=True)) for setting, values in settings.items()}
