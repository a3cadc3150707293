"""What a run says at its end, and what `langkah report` says of it later."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.console import (
    print_champion,
    print_dataset,
    print_scores,
    print_step,
    print_training,
    print_waiting,
)
from langkah.config import RunConfig

if TYPE_CHECKING:
    from rich.console import Console

    from langkah.artifacts import Run, Workspace


def print_run(console: Console, summary: Mapping[str, Any], workspace: Workspace, config: RunConfig | None = None) -> None:
    """Print the closing lines of a run, as far as it came.

    Args:
        console: the terminal.
        summary: what `--json` writes of it.
        workspace: where it ran.
        config: its settings, where they are known.
    """
    if "review" in summary:
        print_waiting(console, summary["review"], workspace, config or RunConfig())
        return
    if "dataset" in summary:
        print_dataset(console, summary["dataset"], summary.get("drafts"), summary.get("paraphrase"))
    if "training" in summary:
        print_training(console, summary["training"])
    if "metrics" in summary:
        print_scores(console, summary["metrics"], summary["gate"])
        print_champion(console, summary.get("champion"), summary.get("promotion"))
    if "report" in summary:
        print_page(console, "Report", summary["report"])


def print_past_run(console: Console, run: Run, summary: Mapping[str, Any], workspace: Workspace) -> None:
    """Print which run it is, its steps where it came no further, and its closing lines.

    Args:
        console: the terminal.
        run: as it was found.
        summary: what is known of it, with the place of its page now.
        workspace: where it ran.
    """
    ended = "" if run.scores else f", {run.progress}"
    console.print(f"Run {run.name}{ended}", style="bold", highlight=False, markup=False, soft_wrap=True)
    if not run.scores:
        for step in summary.get("steps") or ():
            print_step(console, step["name"], step["state"], step["seconds"])
    print_run(console, summary, workspace)
    if run.scores and "report" not in summary:
        console.print("\nIts page is not in this workspace: the same `langkah run` again makes it", style="yellow")


def print_page(console: Console, name: str, place: str | Path) -> None:
    """Print where a page is, as the last line."""
    console.print(f"\n{name}: {place}", soft_wrap=True, highlight=False, markup=False, style="bold")
