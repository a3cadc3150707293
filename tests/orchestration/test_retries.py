"""Each fault put into each real step, through the real engine: tried as often as the README's table says, and not oftener."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest
from prefect import Task, flow

import flows.new_faqs as every_step
from langkah.errors import (
    ArtifactError,
    ConfigError,
    LeakError,
    LlmRefusedError,
    LlmUnavailableError,
    MaskError,
    SourceError,
    TrainingError,
    TrainingMemoryError,
)
from tasks.caching import STEPS, silent

ROOT = Path(__file__).parents[2]
TRANSIENT = [
    OSError(5, "Input/output error"),
    ConnectionResetError(104, "Connection reset by peer"),
    TimeoutError(110, "Connection timed out"),
    ArtifactError("records/abc: damaged"),
    LlmUnavailableError("429 Too Many Requests"),
    TrainingError("the training process was killed (signal 9)"),
    RuntimeError("CUDA error: unspecified launch failure"),
]
LASTING = [
    ConfigError("train.lora_r: expected 1 or more"),
    SourceError("faq.csv: no such file"),
    LeakError("a prompt is on two sides"),
    MaskError("nothing to learn"),
    LlmRefusedError("401 Unauthorized"),
    TrainingMemoryError("it does not fit"),
    KeyError("anything else"),
]


assert every_step


def promised() -> dict[str, int]:
    """Task -> retries, by the README's table."""
    rows = re.findall(r"^\| ([a-z][^|]+) \| (\d) \|.*\|$", (ROOT / "README.md").read_text(), re.MULTILINE)
    names = {name: int(retries) for tasks, retries in rows for name in re.findall(r"[a-z-]+", tasks)}
    return {name: retries for name, retries in names.items() if name in STEPS}


def real_steps() -> dict[str, Task[..., Any]]:
    rooms = [room for name, room in sys.modules.items() if name.startswith("tasks.")]
    found = [task for room in rooms for task in vars(room).values() if isinstance(task, Task)]
    return {task.name: task for task in found if task.name in STEPS}


def attempts(task: Task[..., Any], error: Exception) -> int:
    """How often the engine runs a step that always ends with an error; its waits are left out."""
    calls: list[None] = []

    def fails() -> None:
        calls.append(None)
        raise error

    struck = task.with_options(retry_delay_seconds=0, retry_jitter_factor=None, persist_result=False, refresh_cache=True)
    struck.fn = silent(fails)

    @flow
    def run() -> None:
        struck(return_state=True)

    run(return_state=True)
    return len(calls)


def test_the_table_of_the_readme_lists_every_step() -> None:
    assert set(promised()) == set(STEPS) == set(real_steps())


@pytest.mark.parametrize("name", sorted(STEPS))
def test_a_step_is_tried_as_often_as_the_readme_says(name: str) -> None:
    task = real_steps()[name]
    assert task.retries == promised()[name]
    at = sorted(STEPS).index(name)
    for error in (TRANSIENT[at % len(TRANSIENT)], TRANSIENT[(at + 3) % len(TRANSIENT)]):
        assert attempts(task, error) == 1 + promised()[name], error
    assert attempts(task, LASTING[at % len(LASTING)]) == 1


@pytest.mark.parametrize("error", TRANSIENT, ids=lambda error: type(error).__name__ + "-" + str(error)[:12])
def test_what_passes_by_itself_is_tried_again(error: Exception) -> None:
    assert attempts(real_steps()["generate"], error) == 2


@pytest.mark.parametrize("error", LASTING, ids=lambda error: type(error).__name__)
def test_what_lasts_is_not_tried_again(error: Exception) -> None:
    assert attempts(real_steps()["train"], error) == 1
