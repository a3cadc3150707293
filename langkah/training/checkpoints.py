"""The checkpoints of a work folder: which of them a retry goes on from."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any, Final, NamedTuple

STATE: Final = "trainer_state.json"
_WEIGHTS: Final = "adapter_model.safetensors"
_NEEDED: Final = (STATE, _WEIGHTS, "adapter_config.json", "optimizer.pt", "scheduler.pt")


class Checkpoint(NamedTuple):
    """A whole checkpoint: adapter, optimizer, scheduler, random states, and where in the data it stands."""

    path: Path
    step: int
    tokens: int
    """Real tokens that were trained on until then."""
    stopped: bool
    """Whether that was the last step: the end of the run, or where early stopping ended it."""


def newest_checkpoint(folder: Path, devices: int = 1) -> Checkpoint | None:
    """Return the newest checkpoint that a run can go on from, None where there is none.

    It is whole, and so is the best one until then: the run ends by loading that.
    """
    found = [checkpoint for path in folder.glob("checkpoint-*") if (checkpoint := _read(path, devices))]
    return max(found, default=None, key=lambda checkpoint: checkpoint.step)


def drop_damaged(folder: Path, devices: int = 1) -> None:
    """Delete what a kill, a full disk or a crash of the machine left half-written: it takes room, and counts as one of two
    that are kept."""
    for path in folder.glob("checkpoint-*"):
        if not _is_whole(path, devices):
            shutil.rmtree(path, ignore_errors=True)


def _read(path: Path, devices: int) -> Checkpoint | None:
    if not _is_whole(path, devices):
        return None
    try:
        state: dict[str, Any] = json.loads((path / STATE).read_text(encoding="utf-8"))
        best = state["best_model_checkpoint"]
        if best is not None and not _is_sound(Path(best) / _WEIGHTS):
            return None
        stopped = state["stateful_callbacks"]["TrainerControl"]["args"]["should_training_stop"]
        return Checkpoint(path, int(state["global_step"]), int(state["num_input_tokens_seen"]), bool(stopped))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _is_whole(path: Path, devices: int) -> bool:
    """Whether all is there and can be read; the trainer writes the state last, but a disk may lose what was written before."""
    random = ["rng_state.pth"] if devices == 1 else [f"rng_state_{rank}.pth" for rank in range(devices)]
    return all(_is_sound(path / name) for name in (*_NEEDED, *random))


def _is_sound(path: Path) -> bool:
    from safetensors import SafetensorError, safe_open

    try:
        if path.suffix == ".json":
            return isinstance(json.loads(path.read_text(encoding="utf-8")), dict)
        if path.suffix == ".safetensors":
            with safe_open(path, framework="np"):
                return True
        with zipfile.ZipFile(path) as saved:  # torch keeps a checksum of each part
            return saved.testzip() is None
    except (OSError, ValueError, SafetensorError, zipfile.BadZipFile):
        return False
