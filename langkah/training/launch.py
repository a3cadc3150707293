"""Start the training child, follow its progress, and bring back what it made."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock
from pydantic import ValidationError

from langkah import errors
from langkah.errors import LangkahError, TrainingError, TrainingMemoryError, TrainingTimeoutError
from langkah.training import processes
from langkah.training.fallback import advice, recipes_to_try
from langkah.training.progress import Progress, TrainingResult
from langkah.training.recipe import Recipe
from langkah.training.work_files import ADAPTER, CHECKPOINTS, ERROR, LOG, PROGRESS, RESULT, SPEC

_POLL_SECONDS = 0.5


def train_adapter(
    recipe: Recipe,
    examples: Path,
    work: Path,
    *,
    timeout_seconds: float,
    on_progress: Callable[[Progress], None] | None = None,
) -> tuple[Path, TrainingResult]:
    """Train an adapter in a child process; a run that was killed goes on from its last checkpoint.

    Where memory runs out, smaller batches and then shorter examples are tried, at most three times.

    Args:
        recipe: what to train.
        examples: `chat.jsonl` of the dataset version.
        work: folder of this recipe: checkpoints, log, progress; its caller holds `work_lock`.
        timeout_seconds: the child is ended after it.
        on_progress: called with each new point of the curve.

    Returns:
        The folder of the adapter (weights, config, curve), and the child's report.

    Raises:
        TrainingError: the child failed; the message names its log.
        TrainingMemoryError: no recipe that was tried fits into memory.
        TrainingTimeoutError: it took longer than `timeout_seconds`; its checkpoint stays.
        LangkahError: what the child itself raised.
    """
    work.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + timeout_seconds
    tried: list[Recipe] = []
    for attempt in recipes_to_try(recipe):
        if tried and attempt.max_length != tried[-1].max_length:
            shutil.rmtree(work / CHECKPOINTS, ignore_errors=True)  # of other examples
        tried.append(attempt)
        try:
            _train_once(attempt, examples, work, deadline - time.monotonic(), on_progress)
        except TrainingMemoryError:
            continue
        return work / ADAPTER, TrainingResult.model_validate_json((work / RESULT).read_bytes())
    raise TrainingMemoryError(advice(tried))


def _train_once(
    recipe: Recipe, examples: Path, work: Path, timeout_seconds: float, on_progress: Callable[[Progress], None] | None
) -> None:
    for name in (RESULT, ERROR, PROGRESS):
        (work / name).unlink(missing_ok=True)
    spec = {"recipe": recipe.model_dump(mode="json"), "examples": str(examples)}
    (work / SPEC).write_text(json.dumps(spec), encoding="utf-8")
    _run_child(recipe, work, timeout_seconds, on_progress)


@contextmanager
def work_lock(work: Path) -> Generator[None]:
    """Keep a work folder to oneself, from the start of training until what it made is published; others wait."""
    work.mkdir(parents=True, exist_ok=True)
    with FileLock(work / "lock"):
        yield


def _run_child(recipe: Recipe, work: Path, timeout_seconds: float, on_progress: Callable[[Progress], None] | None) -> None:
    log = work / LOG
    environment = {
        **os.environ,
        "TOKENIZERS_PARALLELISM": "false",
        processes.PARENT: str(os.getpid()),
        "PYTHONUNBUFFERED": "1",
    }
    deadline = time.monotonic() + timeout_seconds
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
                if code is not None:
                    break
                if time.monotonic() > deadline:
                    raise TrainingTimeoutError(
                        f"training took longer than train.timeout_minutes ({timeout_seconds / 60:g}); its checkpoint stays:"
                        " run again to go on"
                    )
                time.sleep(_POLL_SECONDS)
        finally:
            if child.poll() is None:
                child.terminate()
                try:
                    child.wait(10)
                except subprocess.TimeoutExpired:
                    child.kill()
                    child.wait()
    if code:
        raise _failure(work, code, log)


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
    try:
        report: dict[str, str] = json.loads((work / ERROR).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        hint = " (the machine may have run out of memory)" if code == -9 else ""
        last = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()][-1:]
        said = f" ({last[0].partition(':')[0].strip()[:80]})" if last and code > 0 else ""
        return TrainingError(f"the training process {how}{hint}{said}; its log: {log}")
    kind = getattr(errors, report["kind"], TrainingError)
    return kind(report["message"])
