"""Which step of an answer went wrong, in the terminal."""

from __future__ import annotations

from typing import Final

from rich.console import Console
from rich.text import Text

from langkah.evaluation.steps import StepDiff

_LOOKS: Final = {
    "kept": ("=", "green"),
    "changed": ("~", "yellow"),
    "moved": (">", "cyan"),
    "missing": ("-", "red"),
    "invented": ("+", "magenta"),
}
"""What became of a step: its mark, which tells without colour, and its colour."""


def print_step_diff(console: Console, diff: StepDiff) -> None:
    """Show each step of the reference with what became of it, then the steps that the answer made up."""
    for step in diff.steps:
        _line(console, step.kind, f"{step.number}. {step.text}")
        if step.kind in ("changed", "moved"):
            console.print(Text(f"             {step.predicted}. {step.predicted_text}"), style="dim", soft_wrap=True)
    for extra in diff.invented:
        _line(console, "invented", f"{extra.number}. {extra.text}")
    if not diff.steps and not diff.invented:
        console.print("no steps on either side", highlight=False, soft_wrap=True)


def _line(console: Console, kind: str, text: str) -> None:
    mark, colour = _LOOKS[kind]
    console.print(Text(f"{mark} {kind:<9} ", style=colour).append(text, style="default"), soft_wrap=True)
