"""The trainer callback that tells the parent how training goes. Imports transformers: only the child does so."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from langkah.training.progress import Progress


class Reporter(TrainerCallback):
    """Appends each logged point of the curve to the progress file, one JSON object a line."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.started = time.monotonic()
        self.first_step = 0

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Start the clock: a resumed run counts the steps it does itself."""
        self.started, self.first_step = time.monotonic(), state.global_step

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        """Write a point where a loss was logged."""
        if not logs or not ({"loss", "eval_loss"} & set(logs)):
            return
        seconds = time.monotonic() - self.started
        done = state.global_step - self.first_step
        point = Progress(
            step=state.global_step,
            total_steps=state.max_steps,
            epoch=round(float(state.epoch or 0), 4),
            loss=logs.get("loss"),
            eval_loss=logs.get("eval_loss"),
            learning_rate=logs.get("learning_rate"),
            seconds=round(seconds, 2),
            seconds_left=round(seconds / done * (state.max_steps - state.global_step), 1) if done else None,
        )
        with self.path.open("a", encoding="utf-8") as handle:
            handle.write(point.model_dump_json() + "\n")
