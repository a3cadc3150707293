"""Start the training child, follow its progress, and bring back what it made."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from filelock import FileLock
from pydantic import ValidationError

from langkah import errors
from langkah.errors import LangkahError, TrainingError, TrainingMemoryError, TrainingTimeoutError, UnforeseenError
from langkah.models.local_files import require_unchanged
from langkah.training import processes
from langkah.training.checkpoints import drop_damaged, newest_checkpoint
from langkah.training.failures import is_full, no_room
from langkah.training.fallback import advice, recipes_to_try
from langkah.training.nodes import ALONE, Nodes
from langkah.training.progress import Progress, TrainingResult
from langkah.training.recipe import Recipe
from langkah.training.spent import Spent
from langkah.training.work_files import ADAPTER, CHECKPOINTS, ERROR, LOG, PROGRESS, RESULT, SPEC

_POLL_SECONDS = 0.5
_RAISED: Final = re.compile(r"^(?:\w+\.)*(\w*(?:Error|Exception|Exit))\b", re.MULTILINE)
"""An error as the last line of a traceback names it."""


class _Deadline(NamedTuple):
    """When all attempts together have to be done: by the monotonic clock, and the minutes that it was set to."""

    at: float
    minutes: float


def train_adapter(
    recipe: Recipe,
    examples: Path,
    work: Path,
    *,
    timeout_seconds: float,
    on_progress: Callable[[Progress], None] | None = None,
    nodes: Nodes = ALONE,
) -> tuple[Path, TrainingResult]:
    """Train an adapter in a child process; a run that was killed goes on from its last checkpoint.

    Where memory runs out, smaller batches and then shorter examples are tried, at most three times.

    Args:
        recipe: what to train.
        examples: `chat.jsonl` of the dataset version.
        work: folder of this recipe: checkpoints, log, progress; its caller holds `work_lock`.
        timeout_seconds: the child is ended after it.
        on_progress: called with each new point of the curve.
        nodes: the machines that the recipe's devices are on; more than this one `join` it.

    Returns:
        The folder of the adapter (weights, config, curve), and the child's report.

    Raises:
        ConfigError: the base model is another than the recipe was made for, or nobody knows the rendezvous.
        ResourceError: the disk is full.
        TrainingError: the child was ended from outside; the message names its log.
        TrainingMemoryError: no recipe that was tried fits into memory.
        TrainingTimeoutError: it took longer than `timeout_seconds`; its checkpoint stays.
        UnforeseenError: the child broke in a way that nobody foresaw; the message names its log.
        LangkahError: what the child itself raised.
    """
    work.mkdir(parents=True, exist_ok=True)
    require_unchanged(recipe.base_model)
    nodes.require_address()
    deadline = _Deadline(time.monotonic() + timeout_seconds, timeout_seconds / 60)
    tried: list[Recipe] = []
    for attempt in _to_try(recipe, work):
        if tried and attempt.max_length != tried[-1].max_length:
            shutil.rmtree(work / CHECKPOINTS, ignore_errors=True)  # of other examples
        tried.append(attempt)
        try:
            _train_once(attempt, examples, work, deadline, on_progress, nodes)
        except TrainingMemoryError:
            continue
        except OSError as error:
            raise no_room(work) if is_full(error) else error from None
        result = TrainingResult.model_validate_json((work / RESULT).read_bytes())
        return work / ADAPTER, result.model_copy(update={"device_seconds": round(Spent(work).seconds * result.devices, 2)})
    raise TrainingMemoryError(advice(tried))


def _to_try(recipe: Recipe, work: Path) -> list[Recipe]:
    """Return the recipes to try: where there is a checkpoint, from the one on that it is of, since those before did not fit."""
    attempts = list(recipes_to_try(recipe))
    if newest_checkpoint(work / CHECKPOINTS, recipe.devices) is None:
        return attempts
    try:
        last = Recipe.model_validate(json.loads((work / SPEC).read_text(encoding="utf-8"))["recipe"])
    except (OSError, ValueError, KeyError):
        return attempts
    return attempts[attempts.index(last) :] if last in attempts else attempts


def _train_once(
    recipe: Recipe,
    examples: Path,
    work: Path,
    deadline: _Deadline,
    on_progress: Callable[[Progress], None] | None,
    nodes: Nodes,
) -> None:
    drop_damaged(work / CHECKPOINTS, recipe.devices)
    for name in (RESULT, ERROR, PROGRESS):
        (work / name).unlink(missing_ok=True)
    spec = {"recipe": recipe.model_dump(mode="json"), "examples": str(examples), "nodes": nodes.model_dump()}
    (work / SPEC).write_text(json.dumps(spec), encoding="utf-8")
    _run_child(recipe, work, deadline, on_progress)


@contextmanager
def work_lock(work: Path) -> Generator[None]:
    """Keep a work folder to oneself, from the start of training until what it made is published; others wait."""
    work.mkdir(parents=True, exist_ok=True)
    with FileLock(work / "lock"):
        yield


def _run_child(recipe: Recipe, work: Path, deadline: _Deadline, on_progress: Callable[[Progress], None] | None) -> None:
    log = work / LOG
    environment = {
        **os.environ,
        "TOKENIZERS_PARALLELISM": "false",
        processes.PARENT: str(os.getpid()),
        "PYTHONUNBUFFERED": "1",
    }
    killed_before = _memory_kills()
    spent = Spent(work)
    with log.open("a", encoding="utf-8") as output:
        child = subprocess.Popen(
            processes.command(recipe, work / SPEC),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
        )
        seen = 0
        try:
            while True:
                code = child.poll()
                seen = _report(work / PROGRESS, seen, on_progress)
                spent.note()
                if code is not None:
                    break
                if time.monotonic() > deadline.at:
                    raise TrainingTimeoutError(
                        f"training took longer than train.timeout_minutes ({deadline.minutes:g}); its checkpoint stays:"
                        " run again to go on"
                    )
                time.sleep(_POLL_SECONDS)
        finally:
            spent.note(at_once=True)
            if child.poll() is None:
                child.terminate()
                try:
                    child.wait(10)
                except subprocess.TimeoutExpired:
                    child.kill()
                    child.wait()
    if code == -signal.SIGKILL and _memory_kills() > killed_before:
        raise TrainingMemoryError("the machine ran out of memory and ended training")
    if code:
        raise _failure(work, code, log)


def _memory_kills() -> int:
    """Return how many processes Linux has ended for want of memory, 0 where that is not told."""
    try:
        counts = dict(line.split() for line in Path("/proc/vmstat").read_text(encoding="utf-8").splitlines())
    except OSError:
        return 0
    return int(counts.get("oom_kill", 0))


def _report(path: Path, seen: int, on_progress: Callable[[Progress], None] | None) -> int:
    """Pass on the points that are new; return how many bytes were read."""
    if not path.exists():
        return seen
    with path.open("rb") as handle:
        handle.seek(seen)
        lines = handle.read()
    whole = lines[: lines.rfind(b"\n") + 1]
    for line in whole.splitlines():
        try:
            point = Progress.model_validate_json(line)
        except ValidationError:
            continue
        if on_progress:
            on_progress(point)
    return seen + len(whole)


def _failure(work: Path, code: int, log: Path) -> LangkahError:
    """Turn the child's end into an error: its own, or its exit code with where to read on."""
    if code == processes.CANNOT_TELL:
        return no_room(work)
    try:
        report: dict[str, str] = json.loads((work / ERROR).read_text(encoding="utf-8"))
        return getattr(errors, report["kind"])(report["message"])
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        pass  # it was not told
    if code < 0:
        hint = " (the machine may have run out of memory)" if code == -9 else ""
        return TrainingError(f"the training process was ended by signal {-code}{hint}; its log: {log}")
    names = _RAISED.findall(log.read_text(encoding="utf-8", errors="replace"))
    said = f" ({names[-1]})" if names else ""
    # Python ended it for an error that is none of those that pass by themselves: another attempt ends there too.
    return UnforeseenError(f"the training process ended with exit code {code}{said}; its log: {log}")
