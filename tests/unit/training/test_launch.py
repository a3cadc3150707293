"""The real child process on a tiny model: train, resume, fail."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file
from small_run import EXAMPLES, children, curve, recipe

from langkah.errors import ConfigError, DivergenceError, MaskError, TrainingError, UnforeseenError
from langkah.row_files import write_jsonl
from langkah.training import Progress, train_adapter
from tasks.policies import NEVER_RETRIED


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write_jsonl(tmp_path / "chat.jsonl", EXAMPLES)
    return tmp_path / "chat.jsonl"


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
    child = children(parent.pid)
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
    assert children() == []


def test_an_error_of_the_child_comes_back_as_itself(tiny_model: Path, tmp_path: Path) -> None:
    write_jsonl(tmp_path / "chat.jsonl", [])
    with pytest.raises(MaskError, match="no example to train on"):
        train_adapter(recipe(tiny_model), tmp_path / "chat.jsonl", tmp_path / "work", timeout_seconds=60)


def test_a_bug_in_the_child_names_its_log_and_is_not_tried_again(tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "chat.jsonl").write_text('{"intent": "a secret row"}\n')
    with pytest.raises(UnforeseenError, match=r"exit code 1 \(ValidationError\); its log: .*train\.log") as caught:
        train_adapter(recipe(tiny_model), tmp_path / "chat.jsonl", tmp_path / "work", timeout_seconds=60)
    assert "secret" not in str(caught.value)
    assert isinstance(caught.value, NEVER_RETRIED)


def test_a_base_model_that_changed_meanwhile_is_not_trained_on(tiny_model: Path, data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "base"
    shutil.copytree(tiny_model, folder)
    settings = recipe(folder)
    weights = load_file(folder / "model.safetensors")
    save_file({name: weight + 0.01 for name, weight in weights.items()}, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(ConfigError, match=r"train\.base_model: .*base: its files changed .*: run again"):
        train_adapter(settings, data, tmp_path / "work", timeout_seconds=60)
    shutil.rmtree(folder)
    with pytest.raises(ConfigError, match=r"train\.base_model: .*base: expected a model folder"):
        train_adapter(settings, data, tmp_path / "work", timeout_seconds=60)
    assert not (tmp_path / "work" / "train.log").exists()


def test_a_weight_that_the_last_step_spoils_is_a_divergence(tiny_model: Path, data: Path, tmp_path: Path) -> None:
    """With nothing watched no loss is taken after it."""
    settings = recipe(tiny_model, num_train_epochs=1, validation=0, validation_intents=0, gradient_accumulation_steps=3)
    settings = settings.model_copy(update={"learning_rate": 1e30})  # of the one step that there is
    with pytest.raises(DivergenceError, match=r"lower train\.learning_rate \(it was 1e\+30\)") as caught:
        train_adapter(settings, data, tmp_path / "work", timeout_seconds=60)
    assert isinstance(caught.value, NEVER_RETRIED)
    assert not (tmp_path / "work" / "adapter").exists()


def test_a_rate_that_diverges_is_told_with_what_to_change(tiny_model: Path, data: Path, tmp_path: Path) -> None:
    settings = recipe(tiny_model, num_train_epochs=4).model_copy(update={"learning_rate": 1e20})
    with pytest.raises(DivergenceError, match=r"the loss became nan at step \d+ of 12: lower train\.learning_rate"):
        train_adapter(settings, data, tmp_path / "work", timeout_seconds=60)
