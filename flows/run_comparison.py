"""`langkah report RUN RUN...`: runs side by side, as a page, as figures, and in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.box import SIMPLE_HEAD
from rich.table import Table

from flows.commands.output import write_json, write_text
from flows.judged_runs import read_judged
from flows.run_end import print_page
from langkah.artifacts import Run, Workspace, find_run
from langkah.config import EvaluateConfig
from langkah.errors import InputError
from langkah.evaluation.charts import SLICES
from langkah.evaluation.report_text import MEASURES, score, signed
from langkah.evaluation.runs.charts import LETTERS
from langkah.evaluation.runs.comparing import compare_judged
from langkah.evaluation.runs.data import PairedRun, RunComparison
from langkah.evaluation.runs.page import MOST_RUNS, comparison_figures, facts, headline, render_comparison

if TYPE_CHECKING:
    from rich.console import Console

    from langkah.evaluation import Gain

_STYLES: Final = {"pass": "bold green", "fail": "bold yellow", "none": "bold"}
_MOST_SETTINGS: Final = 20


def compare_runs(
    workspace: Workspace, which: Sequence[str], console: Console, out: Path | None = None, json_file: Path | None = None
) -> None:
    """Compare runs with the first that is named; write the page and the figures, and say what was found.

    Args:
        workspace: where they ran.
        which: two or more runs, as `find_run` knows them.
        console: the terminal.
        out: where the page goes; None: into the workspace.
        json_file: where the figures go, if anywhere.

    Raises:
        InputError: a run is not there, judged nothing, or is named twice; a file cannot be written.
        ArtifactError: scores or answers of a run are damaged or gone.
    """
    runs = _found(workspace, which)
    with console.status("comparing ..."):
        comparison = compare_judged([read_judged(workspace.store, run) for run in runs], EvaluateConfig())
        page = render_comparison(comparison)
    place = out or workspace.comparison_file("-".join(run.name.replace("/", "-") for run in runs))
    write_text(place, page, "--out")
    write_json(json_file, comparison_figures(comparison))
    print_comparison(console, comparison)
    print_page(console, "Comparison", place)


def _found(workspace: Workspace, which: Sequence[str]) -> list[Run]:
    """The runs that are meant; all problems at once."""
    if len(which) > MOST_RUNS:
        raise InputError(f"RUN: expected at most {MOST_RUNS} runs to compare, got {len(which)}")
    problems: list[str] = []
    found: dict[str, Run] = {}
    for name in which:
        try:
            run = find_run(workspace, name, judged=True)
        except InputError as error:
            problems.extend(error.problems)
            continue
        if run.name in found:
            problems.append(f"RUN {name}: {run.name} is named twice; expected different runs")
        found[run.name] = run
    if problems:
        raise InputError(*problems)
    return list(found.values())


def print_comparison(console: Console, comparison: RunComparison) -> None:
    """Print what each run was, how each differs from the first, and which settings do."""
    runs = comparison.runs
    heads = [f"{letter} {run.name}" for letter, run in zip(LETTERS, runs, strict=False)]
    console.print(_table("Runs", heads, [row for row in facts(runs) if row[0] != "Run"]))
    for place, pair in enumerate(comparison.pairs, 1):
        _print_pair(console, pair, place)
    values = {name: [str(value) for value in found] for name, found in comparison.settings.items()}
    if values:
        console.print(_table("Settings that differ", heads, list(values.items())[:_MOST_SETTINGS]))
        if len(values) > _MOST_SETTINGS:
            console.print(f"  and {len(values) - _MOST_SETTINGS} more, on the page")
    else:
        console.print("No setting differs.")


def _print_pair(console: Console, pair: PairedRun, place: int) -> None:
    said = headline(pair, place)

    def tell(text: str, style: str | None = None) -> None:
        console.print(text, highlight=False, markup=False, soft_wrap=True, style=style)

    tell(said.sentence, _STYLES[said.state])
    for note in pair.notes:
        tell(f"  {note}", "yellow")
    tell(f"  {pair.shared} prompts answered by both, with the same reference: {_counted(pair)}")
    if pair.gains:
        title = f"{LETTERS[place]} over {LETTERS[0]}, with 95 % intervals"
        heads = ["difference", "p", "detects", "prompts", "intents"]
        rows = [
            (f"{SLICES[name].partition(':')[2].strip()}: {MEASURES[measure][0].removesuffix(' F1')}", _told(gain))
            for name, gains in pair.gains.items()
            for measure, gain in gains.items()
        ]
        console.print(_table(title, heads, rows, right=True))


def _counted(pair: PairedRun) -> str:
    compared = f"{pair.compared['eval']} new wordings and {pair.compared['holdout']} of unseen intents compared"
    left_out = ", ".join(f"{count} {reason}" for reason, count in pair.left_out.items())
    return compared + (f"; left out: {left_out}" if left_out else "")


def _told(gain: Gain) -> list[str]:
    if gain.intents < 2:
        return [f"{signed(gain.difference)} (one intent)", "-", "-", str(gain.n), str(gain.intents)]
    p = "< 0.001" if gain.p_adjusted < 0.001 else score(gain.p_adjusted)
    between = f"{signed(gain.ci[0])} to {signed(gain.ci[1])}"
    return [f"{signed(gain.difference)} ({between})", p, score(gain.detectable), str(gain.n), str(gain.intents)]


def _table(title: str, heads: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]], *, right: bool = False) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    table.add_column("")
    for head in heads:
        table.add_column(head, justify="right" if right else "left", overflow="fold")
    for name, values in rows:
        table.add_row(name, *values)
    return table
