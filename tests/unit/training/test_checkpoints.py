"""Runs of one process that are killed, run out of disk or find a damaged checkpoint: a retry ends like a run that was not."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_run import EXAMPLES, children, curve, recipe

from langkah.errors import ResourceError, TrainingError
from langkah.row_files import write_jsonl
from langkah.training import Recipe, train_adapter
from langkah.training.checkpoints import newest_checkpoint
from langkah.training.fallback import recipes_to_try
from langkah.training.progress import TrainingResult
from tasks.policies import NEVER_RETRIED


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "chat.jsonl"
    write_jsonl(path, EXAMPLES)
    return path


@pytest.fixture(scope="module")
def settings(tiny_model: Path) -> Recipe:
    return recipe(tiny_model, num_train_epochs=8, learning_rate=5e-3)


@pytest.fixture(scope="module")
def whole(settings: Recipe, data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, TrainingResult]:
    """What nothing disturbed."""
    return train_adapter(settings, data, tmp_path_factory.mktemp("whole"), timeout_seconds=120)


def saved(work: Path, step: int | str) -> int:
    """How many checkpoints of that step (`*`: of any) have all of their last file, the trainer's state."""
    states = work.glob(f"checkpoints/checkpoint-{step}/trainer_state.json")
    return sum(state.read_text(encoding="utf-8").endswith("}\n") for state in states)


def when(happened: Callable[[], object], act: Callable[[int], None]) -> threading.Thread:
    """Do something to the training child in the moment that something happens."""

    def watch() -> None:
        deadline = time.monotonic() + 60
        while not happened() and time.monotonic() < deadline:
            time.sleep(0.001)
        for pid in children():
            act(pid)

    watcher = threading.Thread(target=watch)
    watcher.start()
    return watcher


def kill(settings: Recipe, data: Path, work: Path, moment: Callable[[], object]) -> None:
    """Train, and kill the child in that moment."""
    killer = when(moment, lambda pid: os.kill(pid, signal.SIGKILL))
    with pytest.raises(TrainingError, match="ended by signal 9") as caught:
        train_adapter(settings, data, work, timeout_seconds=120)
    killer.join()
    assert not isinstance(caught.value, NEVER_RETRIED)


def assert_alike(one: Path, two: Path) -> None:
    assert [point["step"] for point in curve(one)] == [point["step"] for point in curve(two)]
    for first, second in zip(curve(one), curve(two), strict=True):
        for name in ("loss", "eval_loss"):
            assert first.get(name, 0) == pytest.approx(second.get(name, 0), abs=1e-3), (first, second)


@pytest.fixture(scope="module")
def killed(settings: Recipe, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The work folder of a run that was killed with two checkpoints."""
    work = tmp_path_factory.mktemp("killed")
    kill(settings, data, work, lambda: saved(work, "*") > 1)
    return work


MOMENTS: dict[str, tuple[Callable[[Path, int], object], range]] = {
    "before the first checkpoint": (lambda work, last: (work / "progress.jsonl").exists(), range(4)),
    "in the middle": (lambda work, last: saved(work, last // 2), range(8, 24)),
    "after the last step, while saving": (lambda work, last: (work / f"checkpoints/checkpoint-{last}").exists(), range(20, 25)),
    "after the last checkpoint": (lambda work, last: saved(work, last), range(24, 25)),
}


@pytest.mark.parametrize(
    "moment", [pytest.param(name, marks=pytest.mark.soak if name == "after the last checkpoint" else ()) for name in MOMENTS]
)
def test_a_killed_run_goes_on_and_ends_alike(
    whole: tuple[Path, TrainingResult], settings: Recipe, data: Path, tmp_path: Path, moment: str
) -> None:
    expected, of_whole = whole
    happened, resumed_from = MOMENTS[moment]
    kill(settings, data, tmp_path, lambda: happened(tmp_path, of_whole.steps))
    lost = float((tmp_path / "seconds").read_text(encoding="utf-8"))
    adapter, result = train_adapter(settings, data, tmp_path, timeout_seconds=120)
    assert result.device_seconds > lost + result.seconds > result.seconds, "what a kill cost is counted"
    assert result.resumed_from in resumed_from
    assert (result.steps, result.best_step) == (of_whole.steps, of_whole.best_step)
    assert_alike(adapter, expected)
    assert (adapter / "adapter_model.safetensors").read_bytes() == (expected / "adapter_model.safetensors").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize(
    "step", [pytest.param(18, marks=pytest.mark.soak), 20], ids=["while it is patient", "once it has stopped"]
)
def test_early_stopping_stops_where_it_would_have(tiny_model: Path, data: Path, tmp_path: Path, step: int) -> None:
    settings = recipe(tiny_model, num_train_epochs=20, learning_rate=0.1)
    expected, of_whole = train_adapter(settings, data, tmp_path / "whole", timeout_seconds=120)
    assert (of_whole.best_step, of_whole.steps) == (14, 20)
    work = tmp_path / "killed"
    kill(settings, data, work, lambda: saved(work, step))
    adapter, result = train_adapter(settings, data, work, timeout_seconds=120)
    assert (result.best_step, result.steps) == (14, 20)
    assert result.resumed_from >= step
    assert_alike(adapter, expected)


def cut(name: str) -> Callable[[Path], Any]:
    return lambda checkpoint: os.truncate(checkpoint / name, (checkpoint / name).stat().st_size // 2)


def empty(name: str) -> Callable[[Path], Any]:
    return lambda checkpoint: os.truncate(checkpoint / name, 0)


def gone(name: str) -> Callable[[Path], Any]:
    return lambda checkpoint: (checkpoint / name).unlink()


def rot(checkpoint: Path) -> None:
    data = bytearray((checkpoint / "optimizer.pt").read_bytes())
    data[len(data) // 2] ^= 1
    (checkpoint / "optimizer.pt").write_bytes(data)


HARM: dict[str, Callable[[Path], Any]] = {
    **{f"cut {name}": cut(name) for name in ("adapter_model.safetensors", "optimizer.pt", "trainer_state.json")},
    **{f"empty {name}": empty(name) for name in ("optimizer.pt", "scheduler.pt", "adapter_model.safetensors")},
    **{f"no {name}": gone(name) for name in ("optimizer.pt", "rng_state.pth", "adapter_config.json", "trainer_state.json")},
    "a flipped bit": rot,
}


@pytest.mark.parametrize("harm", HARM)
def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(killed: Path, tmp_path: Path, harm: str) -> None:
    folder = tmp_path / "checkpoints"
    shutil.copytree(killed / "checkpoints", folder)
    for state in folder.glob("*/trainer_state.json"):
        state.write_text(state.read_text().replace(str(killed), str(tmp_path)))
    older, newer = sorted(folder.glob("checkpoint-*"), key=lambda path: int(path.name.rpartition("-")[2]))
    assert newest_checkpoint(folder) == (newer, int(newer.name[11:]), pytest.approx(5000, abs=4900), False)
    HARM[harm](newer)
    found = newest_checkpoint(folder)
    assert found is not None
    assert found.path == older
    HARM[harm](older)
    assert newest_checkpoint(folder) is None


def test_a_checkpoint_whose_best_is_gone_is_passed_over(killed: Path, tmp_path: Path) -> None:
    """The run would end by loading it."""
    shutil.copytree(killed / "checkpoints", tmp_path / "checkpoints")
    found = newest_checkpoint(killed / "checkpoints")
    assert found is not None
    copied = tmp_path / "checkpoints" / found.path.name / "trainer_state.json"
    state = json.loads(copied.read_text())
    copied.write_text(json.dumps(state | {"best_model_checkpoint": str(tmp_path / "checkpoints" / "checkpoint-1")}))
    again = newest_checkpoint(tmp_path / "checkpoints")
    assert again is None or again.step < found.step


@pytest.mark.slow
def test_a_retry_begins_with_the_recipe_that_fitted(killed: Path, settings: Recipe, data: Path, tmp_path: Path) -> None:
    """Those before it ran out of memory; and a shorter recipe's checkpoints would be deleted on the way to it."""
    shutil.copytree(killed, tmp_path / "work")
    for state in tmp_path.glob("work/checkpoints/*/trainer_state.json"):
        state.write_text(state.read_text().replace(str(killed), str(tmp_path / "work")))
    shortened = list(recipes_to_try(settings.model_copy(update={"per_device_batch_size": 2, "gradient_accumulation_steps": 4})))
    assert shortened[-1].max_length < shortened[0].max_length
    (tmp_path / "work" / "spec.json").write_text(json.dumps({"recipe": shortened[-1].model_dump(mode="json")}))
    _, result = train_adapter(shortened[0], data, tmp_path / "work", timeout_seconds=120)
    assert result.resumed_from > 0
    used = json.loads((tmp_path / "work" / "spec.json").read_text())["recipe"]
    assert Recipe.model_validate(used) == shortened[-1]


@pytest.mark.slow
def test_a_run_with_a_damaged_checkpoint_ends_alike(
    whole: tuple[Path, TrainingResult], killed: Path, settings: Recipe, data: Path
) -> None:
    """The last that uses `killed`: its checkpoints lie where they were written, and are gone on from."""
    found = newest_checkpoint(killed / "checkpoints")
    assert found is not None
    empty("optimizer.pt")(found.path)
    adapter, result = train_adapter(settings, data, killed, timeout_seconds=120)
    assert 0 < result.resumed_from < found.step
    assert_alike(adapter, whole[0])


@pytest.mark.parametrize(
    "bytes_left", [pytest.param(0, marks=pytest.mark.soak), 100_000], ids=["for nothing", "for all but a checkpoint"]
)
def test_a_full_disk_is_a_clear_error_and_costs_no_finished_checkpoint(
    whole: tuple[Path, TrainingResult], settings: Recipe, data: Path, tmp_path: Path, bytes_left: int
) -> None:
    """No file of the child may grow beyond so many bytes, once it has a checkpoint."""
    most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    filler = when(lambda: saved(tmp_path, "*"), lambda pid: resource.prlimit(pid, resource.RLIMIT_FSIZE, (bytes_left, most)))
    with pytest.raises(ResourceError, match=r"no room for a checkpoint.*goes on from its last checkpoint") as caught:
        train_adapter(settings, data, tmp_path, timeout_seconds=120)
    filler.join()
    assert isinstance(caught.value, NEVER_RETRIED)
    assert not any(tmp_path.glob("*.draft"))
    finished = newest_checkpoint(tmp_path / "checkpoints")
    assert finished is not None
    if not bytes_left:
        return
    adapter, result = train_adapter(settings, data, tmp_path, timeout_seconds=120)
    assert result.resumed_from == finished.step
    assert_alike(adapter, whole[0])
