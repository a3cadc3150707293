"""Several devices: real worker processes on the CPU, against one process with the same effective batch."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

from langkah.config import TrainConfig
from langkah.errors import ConfigError, MaskError, TrainingError, UnforeseenError
from langkah.models import resolve_model
from langkah.records import ChatExample
from langkah.row_files import write_jsonl
from langkah.training import Nodes, Progress, Recipe, resolve_recipe, train_adapter
from langkah.training.progress import TrainingResult

pytestmark = pytest.mark.slow
EXAMPLES = [
    ChatExample(
        intent=name,
        prompt=ask.format(name),
        completion=f"1. Go to the {name}.\n2. Press the {name}'s button.",
        original=not number,
    )
    for name in ["lamp", "door", "radio", "window", "kettle", "fridge", "heater", "clock"]
    for number, ask in enumerate(("How do I use the {}?", "Show me how to use the {}.", "I want to use the {}."))
]
"""With two of them watched, 22 train: at an effective batch of 8 the last step of an epoch is a ragged one."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "chat.jsonl"
    write_jsonl(path, EXAMPLES)
    return path


def recipe(model: Path, **settings: Any) -> Recipe:
    given = {"threads": 1, "validation": 0.2, "num_train_epochs": 3, "learning_rate": 5e-3, **settings}
    return resolve_recipe(TrainConfig.model_validate(given), resolve_model(str(model)), dataset="d" * 64, max_length=128)


def curve(adapter: Path) -> list[dict[str, float]]:
    return json.loads((adapter / "curve.json").read_text())


def assert_alike(one: Path, two: Path) -> None:
    """The same losses, forgetting and weights, to rounding."""
    assert [point["step"] for point in curve(one)] == [point["step"] for point in curve(two)]
    for first, second in zip(curve(one), curve(two), strict=True):
        for name in ("loss", "eval_loss", "eval_variants_loss", "grad_norm"):
            assert first.get(name, 0) == pytest.approx(second.get(name, 0), abs=1e-3), (first, second)
    forgetting = [json.loads((adapter / "forgetting.json").read_text()) for adapter in (one, two)]
    assert forgetting[0] == pytest.approx(forgetting[1], abs=1e-3)
    weights, others = (load_file(adapter / "adapter_model.safetensors") for adapter in (one, two))
    assert weights.keys() == others.keys()
    for name, weight in weights.items():
        assert weight.shape == others[name].shape
        assert (weight - others[name]).abs().max() < 1e-2 * weight.abs().max(), name


def _soak(*values: Any) -> Any:
    return pytest.param(*values, marks=pytest.mark.soak)


@pytest.fixture(scope="module")
def alone(
    request: pytest.FixtureRequest, tiny_model: Path, data: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, TrainingResult, dict[str, bool]]:
    """What one process learns, and the precision in which it does."""
    precision = {"load_in_4bit": request.param == "nf4"}
    work = tmp_path_factory.mktemp("alone") / "work"
    adapter, result = train_adapter(recipe(tiny_model, **precision), data, work, timeout_seconds=300)
    return adapter, result, precision


@pytest.mark.parametrize(
    ("alone", "parallel", "batch"),
    [("fp32", "fsdp", 4), _soak("fp32", "ddp", 2), ("nf4", "ddp", 2), _soak("nf4", "fsdp", 4)],
    indirect=["alone"],
)
def test_two_devices_learn_what_one_does(
    alone: tuple[Path, TrainingResult, dict[str, bool]],
    tiny_model: Path,
    data: Path,
    tmp_path: Path,
    parallel: str,
    batch: int,
) -> None:
    expected, of_one, precision = alone
    settings = recipe(tiny_model, devices=2, parallel=parallel, per_device_batch_size=batch, **precision)
    assert settings.effective_batch_size == 8
    seen: list[Progress] = []
    adapter, result = train_adapter(settings, data, tmp_path, timeout_seconds=300, on_progress=seen.append)
    assert_alike(expected, adapter)
    assert (result.devices, result.steps, result.trainable_parameters) == (2, of_one.steps, of_one.trainable_parameters)
    assert result.precision == of_one.precision
    assert result.device_seconds > 2 * result.seconds
    assert result.device.startswith("2 x ")
    assert of_one.tokens <= result.tokens <= of_one.tokens + 2 * 2 * 3  # two empty examples of two tokens an epoch
    assert [point.step for point in seen if point.loss is not None] == list(range(1, result.steps + 1))
    assert all(point.tokens_per_second and point.memory_gb for point in seen)
    assert seen[-1].seconds_left == 0


@pytest.mark.parametrize("alone", ["fp32"], indirect=True)
def test_two_machines_learn_what_one_does(
    alone: tuple[Path, TrainingResult, dict[str, bool]], tiny_model: Path, data: Path, tmp_path: Path
) -> None:
    """Two agents that meet at an address, one of them by `langkah join`; one worker each."""
    expected, of_one, precision = alone
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        rendezvous = f"127.0.0.1:{probe.getsockname()[1]}"
    joining = [sys.executable, "-m", "flows.cli", "join", rendezvous, "--once", "--workspace", str(tmp_path)]
    settings = recipe(tiny_model, nodes=2, rendezvous=rendezvous, **precision)
    assert (settings.devices, settings.effective_batch_size) == (2, 8)
    with subprocess.Popen(joining, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as other:
        try:
            adapter, result = train_adapter(
                settings, data, tmp_path / "work" / "run", timeout_seconds=300, nodes=Nodes(count=2, rendezvous=rendezvous)
            )
            said, _ = other.communicate(timeout=60)
        finally:
            other.kill()
    assert other.returncode == 0, said
    assert said.splitlines()[0] == f"waiting for a run at {rendezvous}; Ctrl-C ends it"
    assert "training along with run" in said
    assert_alike(expected, adapter)
    assert (result.devices, result.steps) == (2, of_one.steps)


def test_machines_that_do_not_come_are_told_of_with_what_to_run_there(tiny_model: Path, data: Path, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        rendezvous = f"127.0.0.1:{probe.getsockname()[1]}"
    nodes = Nodes(count=3, rendezvous=rendezvous, patience=2)
    settings = recipe(tiny_model, nodes=3, rendezvous=rendezvous)
    with pytest.raises(TrainingError, match=rf"2 other machines did not come to {rendezvous}.*run `langkah join {rendezvous}`"):
        train_adapter(settings, data, tmp_path, timeout_seconds=300, nodes=nodes)
    nowhere = nodes.model_copy(update={"rendezvous": "nowhere.invalid:29400"})
    with pytest.raises(ConfigError, match=r"train\.rendezvous: no machine is called nowhere\.invalid here"):
        train_adapter(settings, data, tmp_path, timeout_seconds=300, nodes=nowhere)


@pytest.mark.parametrize(
    ("alone", "parallel"),
    [("fp32", "ddp"), _soak("fp32", "fsdp"), _soak("nf4", "ddp"), _soak("nf4", "fsdp")],
    indirect=["alone"],
)
def test_a_run_whose_worker_was_killed_goes_on_and_ends_alike(
    alone: tuple[Path, TrainingResult, dict[str, bool]], tiny_model: Path, data: Path, tmp_path: Path, parallel: str
) -> None:
    expected, _, precision = alone
    settings = recipe(tiny_model, devices=2, parallel=parallel, **precision)

    def kill_the_second_after_a_checkpoint() -> None:
        _wait(lambda: any(tmp_path.glob("checkpoints/checkpoint-*/trainer_state.json")))
        os.kill(_workers(tmp_path)["1"], signal.SIGKILL)

    killer = threading.Thread(target=kill_the_second_after_a_checkpoint)
    killer.start()
    with pytest.raises(TrainingError, match="ended by signal 9"):
        train_adapter(settings, data, tmp_path, timeout_seconds=300)
    killer.join()
    assert _workers(tmp_path) == {}
    resumed, result = train_adapter(settings, data, tmp_path, timeout_seconds=300)
    assert result.resumed_from > 0
    assert_alike(expected, resumed)


def test_the_workers_die_with_the_process_that_asked_for_them(tiny_model: Path, data: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from langkah.training import Recipe, train_adapter;"
        "train_adapter(Recipe.model_validate_json(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), timeout_seconds=300)"
    )
    settings = recipe(tiny_model, devices=2, num_train_epochs=100)
    work = tmp_path / "work"
    parent = subprocess.Popen([sys.executable, "-c", code, settings.model_dump_json(), str(data), str(work)])
    _wait(lambda: (work / "progress.jsonl").exists())
    assert set(_workers(work)) == {"0", "1"}
    parent.kill()
    parent.wait()
    _wait(lambda: not _workers(work))


def test_a_time_out_ends_the_workers_too(tiny_model: Path, data: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"train\.timeout_minutes"):
        train_adapter(recipe(tiny_model, devices=2, num_train_epochs=100), data, tmp_path / "work", timeout_seconds=20)
    _wait(lambda: not _workers(tmp_path / "work"))


def test_an_error_of_the_workers_comes_back_as_one(tiny_model: Path, tmp_path: Path) -> None:
    write_jsonl(tmp_path / "chat.jsonl", [])
    with pytest.raises(MaskError, match="no example to train on"):
        train_adapter(recipe(tiny_model, devices=2), tmp_path / "chat.jsonl", tmp_path / "work", timeout_seconds=120)


def test_a_bug_in_a_worker_names_its_log(tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "chat.jsonl").write_text('{"intent": "a secret row"}\n')
    with pytest.raises(UnforeseenError, match=r"exit code 1 .*train\.log") as caught:
        train_adapter(recipe(tiny_model, devices=2), tmp_path / "chat.jsonl", tmp_path / "work", timeout_seconds=120)
    assert "secret" not in str(caught.value)


def _workers(work: Path) -> dict[str, int]:
    """The worker processes of a work folder, by rank, from /proc."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            if b"langkah.training.child" in command and str(work).encode() in command:
                variables = (process / "environ").read_bytes().split(b"\0")
                found.update({each[5:].decode(): int(process.name) for each in variables if each.startswith(b"RANK=")})
        except OSError:
            continue
    return found


def _wait(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)
