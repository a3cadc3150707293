"""What a person sees in the terminal while a run goes on, and at its end."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from langkah.records import Approvals

if TYPE_CHECKING:
    from langkah.artifacts import Workspace
    from langkah.config import RunConfig
    from tasks.steplog import StepOutcome

_STYLES = {"Completed": "green", "Cached": "cyan", "Skipped": "dim", "AwaitingReview": "yellow", "Failed": "red"}
_SLICES = {"eval": "new wordings", "holdout": "unseen intents"}
_LOG_SECONDS = 60
_MOST_REASONS = 12
_MOST_PAGES = 8
_MOST_INTENTS = 8
_MEASURES = {"rouge_l": "ROUGE-L", "meteor": "METEOR"}
_STEP_MEASURES = {
    "step_recall": "recall",
    "step_precision": "precision",
    "step_order": "order",
    "exact_procedure": "exact",
}


class StepConsole:
    """A line for each step: name, state, seconds; the running one with its progress."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._live: Live | None = None
        self._started = self._told = 0.0
        self._name = ""
        self.outcomes: list[StepOutcome] = []

    def step_started(self, name: str) -> None:
        """Show the step as running."""
        self._name, self._started = name, time.monotonic()
        self._told = self._started
        if self.console.is_terminal:
            self._live = Live(self._running(""), console=self.console, transient=True, refresh_per_second=8)
            self._live.start()

    def step_progress(self, name: str, done: int, total: int, note: str) -> None:
        """Show how far it is: live on a terminal, a line a minute in a log."""
        if self._live:
            self._live.update(self._running(f"{done}/{total} {note}"))
        elif time.monotonic() - self._told > _LOG_SECONDS:
            self._told = time.monotonic()
            self.console.print(f"  {name:<16}... {done}/{total} {note}", highlight=False, markup=False, soft_wrap=True)

    def step_ended(self, outcome: StepOutcome) -> None:
        """Leave a line with the outcome."""
        self.outcomes.append(outcome)
        if self._live:
            self._live.stop()
            self._live = None
        print_step(self.console, outcome.name, outcome.state, outcome.seconds)

    def warned(self, text: str) -> None:
        """Leave a line with the warning."""
        self.console.print(f"  {text}", highlight=False, markup=False, soft_wrap=True, style="yellow")

    def _running(self, note: str) -> Spinner:
        return Spinner("dots", text=Text(f" {self._name:<15} {note}", style="bold"))

    def stop(self) -> None:
        """Let the terminal go, whatever happened."""
        if self._live:
            self._live.stop()
            self._live = None


def print_step(console: Console, name: str, state: str, seconds: float) -> None:
    """Print a step that ended."""
    line = Text(f"  {name:<16}")
    line.append(f"{state:<15}", style=_STYLES.get(state, ""))
    line.append(f"{seconds:>8.1f} s")
    console.print(line)


def print_prediction_scores(console: Console, scores: Mapping[str, Any]) -> None:
    """Show the scores of a predictions file: of each language where there are several, since METEOR does not compare them."""
    from langkah.evaluation import band

    def tell(text: str, style: str | None = None) -> None:
        console.print(text, highlight=False, markup=False, soft_wrap=True, style=style)

    by_language: Mapping[str, Any] = scores["by_language"]
    groups = [(scores, "")] if len(by_language) < 2 else [(found, f"  {code}") for code, found in by_language.items()]
    for found, code in groups:
        for measure, name in _MEASURES.items():
            low, high = found[f"{measure}_ci"]
            meaning = band(measure, found[measure]).label
            tell(f"{name:<16}{found[measure]:.4f}  [{low:.4f}, {high:.4f}]  {meaning}{code}, n={found['n']}")
        for measure, name in _STEP_MEASURES.items() if found["step_n"] else ():
            low, high = found[f"{measure}_ci"]
            tell(f"step {name:<11}{found[measure]:.4f}  [{low:.4f}, {high:.4f}]{code}, n={found['step_n']}")
        if not found["step_n"]:
            tell(f"no reference with steps{code}: nothing to compare step by step")
    if len(groups) > 1:
        tell(f"{'ROUGE-L':<16}{scores['rouge_l']:.4f}  all, n={scores['n']}")
    for code, kind in scores["meteor_kinds"].items():
        tell(f"METEOR for {code}: {kind}", "dim")


def print_dataset(
    console: Console,
    dataset: Mapping[str, Any],
    drafts: Mapping[str, Any] | None = None,
    paraphrase: Mapping[str, int] | None = None,
) -> None:
    """Say what the dataset version holds, what became of the rows that it does not, and which drafts wait for review."""

    def tell(text: str, style: str | None = None) -> None:
        console.print(text, highlight=False, markup=False, soft_wrap=True, style=style)

    tell("")
    tell(f"Dataset {dataset['digest'][:12]}", "bold")
    tell(_rows(dataset))
    reasons = list(dataset["set_aside"].items())
    for reason, count in reasons[:_MOST_REASONS]:
        tell(f"    {count} {reason}")
    if reasons:
        more = f"and {len(reasons) - _MOST_REASONS} more reasons; " if len(reasons) > _MOST_REASONS else ""
        tell(f"    {more}row by row in rejected.jsonl and set_aside.jsonl of the folder below", "dim")
    if pages := dataset["pages_without_procedure"]:
        more = f" and {len(pages) - _MOST_PAGES} more" if len(pages) > _MOST_PAGES else ""
        tell(f"  no procedure on {len(pages)} of the pages: {', '.join(pages[:_MOST_PAGES])}{more}", "yellow")
    if dataset["rows_not_selected"]:
        tell(f"  {dataset['rows_not_selected']} more rows are beyond ingest.max_intents")
    tell(
        f"  {dataset['intents']} intents: {dataset['train']} train, {dataset['eval']} eval, {dataset['holdout']} hold-out rows"
    )
    tell(f"  {Approvals.model_validate(dataset['approvals']).told()}")
    if paraphrase and paraphrase["proposed"]:
        short = f"; {paraphrase['short']} intents have fewer than they are due" if paraphrase["short"] else ""
        tell(f"  paraphrases: {paraphrase['accepted']} of {paraphrase['proposed']} proposed ones accepted{short}")
    if drafts:
        tell(f"  {drafts['n']} drafts of raw answers for review: {drafts['path']}")
    pii = dataset["pii"]
    said = f"  personal data: {pii['replaced']} values replaced, in {pii['records_touched']} of {pii['records']} records"
    if pii["audit_planted"]:
        said += f"; audit: {pii['audit_found']} of {pii['audit_planted']} planted values found"
    tell(said)
    tell(f"  {dataset['path']}", "dim")


def _rows(counts: Mapping[str, Any]) -> str:
    """What became of the rows, as the equation that it is."""
    return (
        f"  {counts['rows_in']} rows in = {counts['rows_kept']} kept + {counts['rows_rejected']} rejected"
        f" + {counts['rows_duplicate']} duplicate + {counts['rows_flagged']} flagged"
    )


def print_waiting(console: Console, review: Mapping[str, Any], workspace: Workspace, config: RunConfig) -> None:
    """Say what a run waits for, and how to go on: with the command that opens this run's queue, wherever that is."""
    place = [] if workspace.is_default else ["--workspace", str(workspace.root)]
    if config.review.database:
        place += ["--set", f"review.database={config.review.database}"]
    command = shlex.join(["langkah", "review", *place])

    def tell(text: str, style: str | None = None) -> None:
        console.print(text, highlight=False, markup=False, soft_wrap=True, style=style)

    tell(f"\n{review['pending']} items wait for review, {review['decided']} are decided.", "bold")
    tell(_rows(review))
    if str(review["place"]).startswith("http"):
        tell(f"  {command}          opens the page; then run the same command again")
    else:
        tell(f"  {review['place']}")
        tell(f"  fill in its column decision, take it back by {command} --import FILE, and run the same command again")


def print_training(console: Console, training: Mapping[str, Any]) -> None:
    """Say whether it learned, what may help, and what was forgotten."""

    def tell(text: str, style: str | None = None) -> None:
        console.print(text, highlight=False, markup=False, soft_wrap=True, style=style)

    tell("")
    tell(f"Training: {training['verdict']}", "bold" if training["verdict"] in ("healthy", "unclear") else "bold yellow")
    tell(f"  {training['evidence']}")
    for remedy in training["remedies"]:
        tell("  may help: " + " ".join(f"--set train.{name}={value:g}" for name, value in remedy.items()))
    forgetting = training["forgetting"]
    more = "; much is forgotten: --set train.replay=0.2, or fewer epochs, may help" if forgetting["forgot"] else ""
    told = f"  loss on general instructions: {forgetting['before']:.2f} before, {forgetting['after']:.2f} after{more}"
    tell(told, "yellow" if forgetting["forgot"] else None)


def print_scores(console: Console, metrics: Mapping[str, Any], gate: Mapping[str, Any]) -> None:
    """Print the closing tables: base, tuned, human reference, slice by slice, by words and by steps; then the gate's rules."""
    console.print()
    console.print(_score_table("Scores with 95 % intervals", _MEASURES, metrics, _with_interval, "1 by definition     "))
    if any(metrics["tuned"][name]["step_n"] for name in _SLICES if name in metrics["tuned"]):
        console.print(_score_table("Steps", _STEP_MEASURES, metrics, _of_steps, "1"))
    for system, slices in metrics.items():
        if failed := sum(found["failed"] for found in slices.values()):
            console.print(
                f"  {system}: {failed} answers could not be generated and count as 0", style="yellow", highlight=False
            )
    verdict = "[green]passed[/]" if gate["passed"] else "[yellow]refused[/]"
    console.print(f"Gate: {verdict}{', against the champion' if gate.get('against') == 'champion' else ''}")
    for rule in gate["rules"]:
        mark = "[green]yes[/]" if rule["passed"] else "[yellow]no [/]"
        value = "not measured" if rule["value"] is None else f"{rule['value']:.3f}"
        console.print(f"  {mark}  {rule['name']:<24} {value:>12}  limit {rule['limit']:g}", highlight=False)


def print_champion(console: Console, champion: Mapping[str, Any] | None, promotion: Mapping[str, Any] | None) -> None:
    """Say on what the champion was compared, which intents fell since, and whether the adapter is champion now."""
    from langkah.registry import Entry

    def tell(text: str, style: str | None = None) -> None:
        console.print(text, highlight=False, markup=False, soft_wrap=True, style=style)

    if champion:
        counts = champion["compared"]
        told = f"{counts['eval']} new wordings and {counts['holdout']} of unseen intents"
        tell(f"  compared with champion {champion['adapter'][:12]} on {told}; {counts['new']} of intents new to it apart")
        if fallen := [each["intent"] for each in champion["fallen"]]:
            more = f" and {len(fallen) - _MOST_INTENTS} more" if len(fallen) > _MOST_INTENTS else ""
            tell(f"  fell since the champion: {', '.join(fallen[:_MOST_INTENTS])}{more}", "yellow")
    if promotion:
        tell(f"Champion: {Entry.model_validate(promotion)}", "bold")


def _score_table(
    title: str,
    measures: Mapping[str, str],
    metrics: Mapping[str, Any],
    cell: Callable[[Mapping[str, Any], str], str],
    reference: str,
) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    table.add_column("")
    for name in measures.values():
        table.add_column(name, justify="right")
    for name, told in _SLICES.items():
        if name not in metrics["tuned"]:
            continue
        table.add_section()
        table.add_row(f"{told} ({metrics['tuned'][name]['n']} answers)", style="italic")
        for system in (each for each in ("base", "champion", "tuned") if each in metrics):
            cells = [cell(metrics[system][name], measure) for measure in measures]
            table.add_row(f"  {system}", *cells, style="bold" if system == "tuned" else None)
        table.add_row("  human reference", *[reference for _ in measures], style="dim")
    return table


def _with_interval(scores: Mapping[str, Any], measure: str) -> str:
    low, high = scores[f"{measure}_ci"]
    return f"{scores[measure]:.3f} ({low:.3f}-{high:.3f})"


def _of_steps(scores: Mapping[str, Any], measure: str) -> str:
    """A mean; a dash where no reference has steps."""
    return f"{scores[measure]:.3f}" if scores["step_n"] else "-"
