"""Training on an NVIDIA GPU: both backends in 4 bit, a card that is too small, a child that is killed."""

from __future__ import annotations

import functools
import importlib.util
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from small_run import children, curve

from langkah.config import TrainConfig
from langkah.errors import TrainingError
from langkah.models import resolve_model
from langkah.records import ChatExample
from langkah.row_files import write_jsonl
from langkah.training import Recipe, resolve_recipe, train_adapter
from langkah.training.progress import TrainingResult

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]
BACKENDS = ["trl", "unsloth"] if importlib.util.find_spec("unsloth") else ["trl"]
THINGS = ("lamp", "door", "radio", "window", "kettle", "fridge", "heater", "clock")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Answers of one to 22 steps: a mean of means would weigh their tokens otherwise than the mean of all."""
    path = tmp_path_factory.mktemp("data") / "chat.jsonl"
    examples = [
        ChatExample(
            intent=name,
            prompt=ask.format(name),
            completion="\n".join(f"{step}. Turn the {name}'s knob to {step}." for step in range(1, 3 * number + 2)),
            original=not variant,
        )
        for number, name in enumerate(THINGS)
        for variant, ask in enumerate(("How do I use the {}?", "Show me how to use the {}.", "I want to use the {}."))
    ]
    write_jsonl(path, examples)
    return path


def recipe(wide_model: Path, **settings: Any) -> Recipe:
    config = TrainConfig.model_validate(
        {
            "devices": 1,
            "load_in_4bit": True,
            "validation": 0.2,
            "num_train_epochs": 4,
            "learning_rate": 2e-3,
            "per_device_batch_size": 2,
            **settings,
        }
    )
    return resolve_recipe(config, resolve_model(str(wide_model)), dataset="d" * 64, max_length=1024)


def losses(adapter: Path, name: str = "loss") -> list[float]:
    return [point[name] for point in curve(adapter) if name in point]


Undisturbed = Callable[[str], tuple[Path, TrainingResult]]


@pytest.fixture(scope="module")
def undisturbed(wide_model: Path, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """A whole run of a backend, made once."""

    @functools.cache
    def run(backend: str) -> tuple[Path, TrainingResult]:
        return train_adapter(recipe(wide_model, backend=backend), data, tmp_path_factory.mktemp(backend), timeout_seconds=300)

    return run


@pytest.mark.parametrize("backend", BACKENDS)
def test_qlora_learns_in_bf16(undisturbed: Undisturbed, backend: str) -> None:
    adapter, result = undisturbed(backend)
    assert (result.backend, result.precision) == (backend, "NF4 + bf16")
    assert result.device == torch.cuda.get_device_name()
    assert losses(adapter)[-1] < losses(adapter)[0] - 1
    assert 0 < result.peak_memory_gb < 8


@pytest.mark.skipif(len(BACKENDS) < 2, reason="Unsloth is not installed")
def test_unsloth_learns_what_trl_learns(undisturbed: Undisturbed) -> None:
    trl, unsloth = undisturbed("trl")[0], undisturbed("unsloth")[0]
    assert losses(unsloth) == pytest.approx(losses(trl), abs=0.05)
    assert losses(unsloth)[0] == pytest.approx(losses(trl)[0], abs=0.01)
    assert losses(unsloth, "eval_loss") == pytest.approx(losses(trl, "eval_loss"), abs=0.05)


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_does_not_fit_the_card_is_trained_in_smaller_batches(
    undisturbed: Undisturbed, wide_model: Path, data: Path, tmp_path: Path, backend: str
) -> None:
    large = {"backend": backend, "per_device_batch_size": 16, "gradient_accumulation_steps": 1, "num_train_epochs": 1}
    _, whole = train_adapter(recipe(wide_model, **large), data, tmp_path / "whole", timeout_seconds=300)
    room = (undisturbed(backend)[1].peak_memory_gb + whole.peak_memory_gb) / 2  # of batches of 2 and of 16
    held = recipe(wide_model, **large, memory_limit_gb=room)
    _, result = train_adapter(held, data, tmp_path / "held", timeout_seconds=300)
    assert result.per_device_batch_size < 16
    assert result.per_device_batch_size * result.gradient_accumulation_steps == 16
    assert result.peak_memory_gb <= room


def test_a_killed_child_goes_on_where_it_was(undisturbed: Undisturbed, wide_model: Path, data: Path, tmp_path: Path) -> None:
    expected, of_whole = undisturbed("trl")

    def kill() -> None:
        deadline = time.monotonic() + 200
        while not list(tmp_path.glob("checkpoints/checkpoint-*/trainer_state.json")) and time.monotonic() < deadline:
            time.sleep(0.05)
        for pid in children():
            os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(TrainingError, match="ended by signal 9"):
        train_adapter(recipe(wide_model, backend="trl"), data, tmp_path, timeout_seconds=300)
    killer.join()
    adapter, result = train_adapter(recipe(wide_model, backend="trl"), data, tmp_path, timeout_seconds=300)
    assert 0 < result.resumed_from < result.steps == of_whole.steps
    assert losses(adapter) == pytest.approx(losses(expected), abs=0.02)
