"""What a person sees in the terminal while a run goes on, and at its end."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

_STYLES = {"Completed": "green", "Cached": "cyan", "Skipped": "dim", "AwaitingReview": "yellow", "Failed": "red"}
_SYSTEMS = ("base", "tuned", "human reference")


class StepConsole:
    """A line for each step: name, state, seconds; the running one with its progress."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._live: Live | None = None
        self._started = 0.0
        self._name = ""

    def step_started(self, name: str) -> None:
        """Show the step as running."""
        self._name, self._started = name, time.monotonic()
        if self.console.is_terminal:
            self._live = Live(self._running(""), console=self.console, transient=True, refresh_per_second=8)
            self._live.start()

    def step_progress(self, name: str, done: int, total: int, note: str) -> None:
        """Show how far it is."""
        if self._live:
            self._live.update(self._running(f"{done}/{total} {note}"))

    def step_ended(self, outcome: Any) -> None:
        """Leave a line with the outcome."""
        if self._live:
            self._live.stop()
            self._live = None
        line = Text(f"  {outcome.name:<16}")
        line.append(f"{outcome.state:<12}", style=_STYLES.get(outcome.state, ""))
        line.append(f"{outcome.seconds:>8.1f} s")
        self.console.print(line)

    def _running(self, note: str) -> Spinner:
        return Spinner("dots", text=Text(f" {self._name:<15} {note}", style="bold"))

    def stop(self) -> None:
        """Let the terminal go, whatever happened."""
        if self._live:
            self._live.stop()
            self._live = None


def print_dataset(console: Console, dataset: Mapping[str, Any]) -> None:
    """Say what the dataset version holds."""
    console.print(
        f"\nDataset [bold]{dataset['digest'][:12]}[/]: {dataset['rows_in']} rows = {dataset['rows_kept']} kept"
        f" + {dataset['rows_rejected']} rejected + {dataset['rows_duplicate']} duplicate + {dataset['rows_flagged']} flagged;"
        f" {dataset['intents']} intents: {dataset['train']} train, {dataset['eval']} eval, {dataset['holdout']} hold-out rows."
    )
    if dataset["rows_not_selected"]:
        console.print(f"{dataset['rows_not_selected']} more rows are beyond ingest.max_intents.")
    console.print(f"[dim]{dataset['path']}[/]", soft_wrap=True)


def print_scores(console: Console, metrics: Mapping[str, Any], gate: Mapping[str, Any]) -> None:
    """Print the closing table: base, tuned, human reference; by slice."""
    slices: Sequence[str] = [name for name in ("eval", "holdout") if name in metrics["tuned"]]
    titles = {"eval": "new wordings", "holdout": "unseen intents"}
    table = Table(title="\nROUGE-L and METEOR, with 95 % intervals", title_justify="left", title_style="bold")
    table.add_column("")
    for name in slices:
        n = metrics["tuned"][name]["n"]
        for measure in ("ROUGE-L", "METEOR"):
            table.add_column(f"{measure}\n{titles[name]} (n={n})", justify="right")
    for system in _SYSTEMS:
        cells: list[str] = []
        for name in slices:
            for measure in ("rouge_l", "meteor"):
                if system not in metrics:  # the reference scores 1 against itself
                    cells.append("1.000")
                    continue
                low, high = metrics[system][name][f"{measure}_ci"]
                cells.append(f"{metrics[system][name][measure]:.3f} [{low:.2f}, {high:.2f}]")
        table.add_row(system, *cells, style="bold" if system == "tuned" else None)
    console.print(table)
    verdict = "[green]passed[/]" if gate["passed"] else "[yellow]refused[/]"
    console.print(f"Gate: {verdict}")
    for rule in gate["rules"]:
        mark = "[green]yes[/]" if rule["passed"] else "[yellow]no [/]"
        console.print(f"  {mark} {rule['name']}: {rule['value']:.3f} (limit {rule['limit']:.3f})")
