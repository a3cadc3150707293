"""The real child process on a tiny model: train, resume, fail."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from langkah.config import TrainConfig
from langkah.errors import MaskError, TrainingError
from langkah.models import resolve_model
from langkah.records import ChatExample, write_jsonl
from langkah.training import Progress, Recipe, resolve_recipe, train_adapter

NAMES = ["lamp", "door", "radio", "window", "kettle", "fridge", "heater", "clock"]
EXAMPLES = [
    ChatExample(
        intent=name,
        prompt=ask.format(name),
        completion=f"1. Go to the {name}.\n2. Press the {name}'s button.",
        original=not number,
    )
    for name in NAMES
    for number, ask in enumerate(("How do I use the {}?", "Show me how to use the {}.", "I want to use the {}."))
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write_jsonl(tmp_path / "chat.jsonl", EXAMPLES)
    return tmp_path / "chat.jsonl"


def recipe(model: Path, **settings: Any) -> Recipe:
    config = TrainConfig.model_validate({"threads": 1, "validation": 0.2, **settings})
    return resolve_recipe(config, resolve_model(str(model)), dataset="d" * 64, max_length=128)


def curve(adapter: Path) -> list[dict[str, float]]:
    return json.loads((adapter / "curve.json").read_text())


def test_it_learns_reports_and_is_the_same_twice(tiny_model: Path, data: Path, tmp_path: Path) -> None:
    seen: list[Progress] = []
    adapter, result = train_adapter(
        recipe(tiny_model, num_train_epochs=6, learning_rate=5e-3),
        data,
        tmp_path / "one",
        timeout_seconds=120,
        on_progress=seen.append,
    )
    losses = [point["loss"] for point in curve(adapter) if "loss" in point]
    assert losses[-1] < losses[0] - 0.5
    assert len([point for point in curve(adapter) if "eval_loss" in point]) == 9
    assert [point.step for point in seen if point.loss is not None] == list(range(1, result.steps + 1))
    assert result.validation_examples == 2
    assert result.train_examples == 22
    assert result.precision == "fp32"
    assert result.tokens_per_second > 0
    config = json.loads((adapter / "adapter_config.json").read_text())
    assert config["target_modules"] == sorted(["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"])
    assert str(tmp_path) not in (adapter / "adapter_config.json").read_text()
    again, _ = train_adapter(
        recipe(tiny_model, num_train_epochs=6, learning_rate=5e-3), data, tmp_path / "two", timeout_seconds=120
    )
    for name in ("adapter_model.safetensors", "adapter_config.json", "curve.json"):
        assert (adapter / name).read_bytes() == (again / name).read_bytes(), name


def test_qlora_in_nf4_trains_on_this_machine(tiny_model: Path, data: Path, tmp_path: Path) -> None:
    adapter, result = train_adapter(
        recipe(tiny_model, num_train_epochs=4, learning_rate=5e-3, load_in_4bit=True),
        data,
        tmp_path / "work",
        timeout_seconds=120,
    )
    losses = [point["loss"] for point in curve(adapter) if "loss" in point]
    assert result.precision == "NF4 + fp32"
    assert losses[-1] < losses[0] - 0.3


def test_a_killed_run_goes_on_from_its_checkpoint_and_ends_alike(tiny_model: Path, data: Path, tmp_path: Path) -> None:
    settings = recipe(tiny_model, num_train_epochs=8, learning_rate=5e-3)
    whole, _ = train_adapter(settings, data, tmp_path / "whole", timeout_seconds=120)
    work = tmp_path / "killed"

    def kill_child_after_a_checkpoint() -> None:
        while not any(work.glob("checkpoints/checkpoint-*/trainer_state.json")):
            time.sleep(0.01)
        for pid in _children():
            os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill_child_after_a_checkpoint)
    killer.start()
    with pytest.raises(TrainingError, match="ended by signal 9"):
        train_adapter(settings, data, work, timeout_seconds=120)
    killer.join()
    (work / "checkpoints" / "checkpoint-999").mkdir()  # a half-written one is passed over
    resumed, result = train_adapter(settings, data, work, timeout_seconds=120)
    assert result.resumed_from > 0
    assert len(curve(resumed)) == len(curve(whole))
    for one, two in zip(curve(resumed), curve(whole), strict=True):
        assert one["step"] == two["step"]
        for name in ("loss", "eval_loss"):
            assert one.get(name, 0) == pytest.approx(two.get(name, 0), abs=1e-3)


def test_the_child_dies_with_its_parent(tiny_model: Path, data: Path, tmp_path: Path) -> None:
    settings = recipe(tiny_model, num_train_epochs=100)
    code = (
        "import sys; from pathlib import Path; from langkah.training import Recipe, train_adapter;"
        "train_adapter(Recipe.model_validate_json(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), timeout_seconds=300)"
    )
    work = tmp_path / "work"
    parent = subprocess.Popen([sys.executable, "-c", code, settings.model_dump_json(), str(data), str(work)])
    deadline = time.monotonic() + 60
    while not (work / "progress.jsonl").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    child = _children(parent.pid)
    assert len(child) == 1
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{child[0]}").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not Path(f"/proc/{child[0]}").exists()


def test_a_time_out_ends_the_child_and_says_what_to_change(tiny_model: Path, data: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"train\.timeout_minutes"):
        train_adapter(recipe(tiny_model, num_train_epochs=100), data, tmp_path / "work", timeout_seconds=1)
    assert _children() == []


def test_an_error_of_the_child_comes_back_as_itself(tiny_model: Path, tmp_path: Path) -> None:
    write_jsonl(tmp_path / "chat.jsonl", [])
    with pytest.raises(MaskError, match="no example to train on"):
        train_adapter(recipe(tiny_model), tmp_path / "chat.jsonl", tmp_path / "work", timeout_seconds=60)


def test_a_bug_in_the_child_names_its_log(tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "chat.jsonl").write_text('{"intent": "a secret row"}\n')
    with pytest.raises(TrainingError, match=r"train\.log") as caught:
        train_adapter(recipe(tiny_model), tmp_path / "chat.jsonl", tmp_path / "work", timeout_seconds=60)
    assert "secret" not in str(caught.value)


def _children(parent: int | None = None) -> list[int]:
    """The training children of a process, from /proc."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
            command = (status.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if int(fields[1]) == (parent or os.getpid()) and b"langkah.training.child" in command and fields[0] != "Z":
            found.append(int(status.parent.name))
    return found
