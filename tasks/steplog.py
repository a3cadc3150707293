"""What the steps of a run did, as they do it: for the terminal, for `--json`, for the UI."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal, NamedTuple, Protocol

from prefect import Task, get_run_logger
from pydantic import BaseModel, ConfigDict

from langkah.artifacts import ArtifactRef, current_workspace

StepState = Literal["Completed", "Cached", "Skipped", "AwaitingReview", "Failed"]


class StepOutcome(BaseModel):
    """How one step ended."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    state: StepState
    seconds: float


class StepListener(Protocol):
    """Somebody who wants to see steps as they happen."""

    def step_started(self, name: str) -> None:
        """A step begins."""
        ...

    def step_progress(self, name: str, done: int, total: int, note: str) -> None:
        """A step has done `done` of `total` parts of its work."""
        ...

    def step_ended(self, outcome: StepOutcome) -> None:
        """A step is over."""
        ...

    def warned(self, text: str) -> None:
        """Something went wrong, and the run goes on."""
        ...


class StepLog:
    """The outcomes of a run, in order, and whoever listens."""

    def __init__(self, listener: StepListener | None = None) -> None:
        self.outcomes: list[StepOutcome] = []
        self.listener = listener
        self.running: str | None = None

    def started(self, name: str) -> None:
        """Note that a step begins."""
        self.running = name
        if self.listener:
            self.listener.step_started(name)

    def progress(self, done: int, total: int, note: str = "") -> None:
        """Note how far the running step is."""
        if self.listener and self.running:
            self.listener.step_progress(self.running, done, total, note)

    def ended(self, outcome: StepOutcome) -> None:
        """Note how a step ended."""
        self.running = None
        self.outcomes.append(outcome)
        if self.listener:
            self.listener.step_ended(outcome)


_current: ContextVar[StepLog | None] = ContextVar("langkah_step_log", default=None)


@contextmanager
def step_log(listener: StepListener | None = None) -> Generator[StepLog]:
    """Collect the outcomes of the steps that run in the block; inside another block, go on with its log."""
    if outer := _current.get():
        yield outer
        return
    log = StepLog(listener)
    token = _current.set(log)
    try:
        yield log
    finally:
        _current.reset(token)


def outcomes() -> tuple[StepOutcome, ...]:
    """Return how the steps of this run ended so far."""
    log = _current.get()
    return tuple(log.outcomes) if log else ()


def warn(text: str) -> None:
    """Tell whoever listens, and Prefect's log, what went wrong in a flow that goes on. No record text goes in here."""
    get_run_logger().warning(text)
    if (log := _current.get()) and log.listener:
        log.listener.warned(text)


def report_progress(done: int, total: int, note: str = "") -> None:
    """Tell whoever listens how far the running step is."""
    if log := _current.get():
        log.progress(done, total, note)


class Renewal(NamedTuple):
    """When a cached result is made anew."""

    due: Callable[[Any], bool]
    """Whether this one is."""
    spared: tuple[type[Exception], ...] = ()
    """Errors on which the old one is good enough."""


def run_step(task: Task[..., Any], *args: Any, name: str | None = None, renewal: Renewal | None = None, **kwargs: Any) -> Any:
    """Run a task as a step of the pipeline: the outcome is noted, and a failure raised.

    Args:
        task: a task made by `tasks.caching.step`.
        name: how the step is called, where one task serves several; the task's name otherwise.
        renewal: when a cached result is not good enough; always where it still stands, if not given.
    """
    name = name or task.name
    named = task.with_options(task_run_name=name)
    log = _current.get() or StepLog()
    log.started(name)
    started = time.monotonic()
    outcome: StepState = "Failed"  # an interruption too
    try:
        state = named(*args, **kwargs, return_state=True)
        if renewal and state.name == "Cached" and renewal.due(state.result()):
            kept, state = state, named.with_options(refresh_cache=True)(*args, **kwargs, return_state=True)
            problem = state.result(raise_on_failure=False)
            if isinstance(problem, renewal.spared):
                warn(f"{name}: {problem}; the run goes on with what an earlier one made")
                state = kept
        if state.is_completed():
            outcome = "Cached" if state.name == "Cached" else "Completed"
    finally:
        ended = StepOutcome(name=name, state=outcome, seconds=round(time.monotonic() - started, 3))
        log.ended(ended)
    made = state.result()
    if isinstance(made, ArtifactRef):
        current_workspace().store.note_made(made)
    get_run_logger().info(
        "step %s: %s, %.1f s%s", name, outcome, ended.seconds, f", {made}" if isinstance(made, ArtifactRef) else ""
    )
    return made


def skip_step(name: str, state: StepState = "Skipped") -> None:
    """Note a step that this run has no work for."""
    (_current.get() or StepLog()).ended(StepOutcome(name=name, state=state, seconds=0.0))
