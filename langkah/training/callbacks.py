"""What happens between steps: telling the parent how training goes, and when to look and to save. Imports transformers: only
the child does so."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from langkah.chat import EncodedExample
from langkah.chat.template import IGNORED
from langkah.errors import DivergenceError
from langkah.training.progress import Progress
from langkah.training.ranks import any_of


class Reporter(TrainerCallback):
    """Appends each logged point of the curve to the progress file, one JSON object a line; of several processes, the first.

    Args:
        path: the file.
        memory: returns the peak of memory so far, GB.
    """

    def __init__(self, path: Path, memory: Callable[[], float]) -> None:
        self.path = path
        self.memory = memory
        self.started = time.monotonic()
        self.first_step = 0
        self.first_token = 0

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Start the clock: a resumed run counts the steps it does itself."""
        self.started, self.first_step, self.first_token = time.monotonic(), state.global_step, state.num_input_tokens_seen

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        """Write a point where a loss was logged.

        Raises:
            DivergenceError: it is not a number.
        """
        seen = {"loss", "eval_loss"} & set(logs or {})
        if not logs or not seen:
            return
        if not all(math.isfinite(logs[name]) for name in seen):
            raise DivergenceError(
                f"the loss became {logs[min(seen)]} at step {state.global_step} of {state.max_steps}:"
                f" lower train.learning_rate (it was {args.learning_rate:g}), or raise train.warmup_ratio"
            )
        if not state.is_world_process_zero:
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
            tokens_per_second=round((state.num_input_tokens_seen - self.first_token) / seconds, 1) if done else None,
            memory_gb=round(self.memory(), 2),
        )
        with self.path.open("a", encoding="utf-8") as handle:
            handle.write(point.model_dump_json() + "\n")


class Preflight(TrainerCallback):
    """One forward and backward pass on the longest batch before the first step: what does not fit shows now, not in an hour.

    Args:
        trainer: whose loss and model it is.
        batch: the longest examples, as many as a device's batch has.
    """

    def __init__(self, trainer: Any, batch: Sequence[EncodedExample]) -> None:
        self.trainer = trainer
        self.rows = [{"input_ids": example.input_ids, "labels": example.labels} for example in batch]

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Try; weights, gradients and random numbers are left as they were."""
        import torch

        trainer = self.trainer
        inputs = trainer._prepare_inputs(trainer.data_collator(self.rows))
        answers = (inputs["labels"][:, 1:] != IGNORED).sum()
        with torch.random.fork_rng():
            trainer.model_wrapped.train()
            with trainer.compute_loss_context_manager():
                loss = trainer.compute_loss(trainer.model_wrapped, inputs, num_items_in_batch=answers)
            trainer.accelerator.backward(loss)
        trainer.model_wrapped.zero_grad(set_to_none=True)


class Rhythm(TrainerCallback):
    """Looks at the end of the last step too, and saves more often than it looks: what a kill may cost.

    Args:
        save_steps: steps between two checkpoints, at most.
        watching: whether there is anything to evaluate on.
        save_seconds: seconds between two checkpoints, at most.
    """

    def __init__(self, save_steps: int, *, watching: bool, save_seconds: float = 600) -> None:
        self.save_steps = save_steps
        self.watching = watching
        self.save_seconds = save_seconds
        self.saved = time.monotonic()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Ask for an evaluation or a checkpoint where one is due."""
        if state.global_step >= state.max_steps:
            control.should_evaluate |= self.watching
        late = time.monotonic() - self.saved > self.save_seconds
        if state.global_step % self.save_steps == 0 or any_of(late):  # clocks differ, and all processes save together
            control.should_save = True

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Count the time from here."""
        self.saved = time.monotonic()
