"""The checkpoints of a work folder: which of them a retry goes on from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple


class Checkpoint(NamedTuple):
    """A whole checkpoint: adapter, optimizer, scheduler, random states, and where in the data it stands."""

    path: Path
    step: int
    tokens: int
    """Real tokens that were trained on until then."""


def newest_checkpoint(folder: Path) -> Checkpoint | None:
    """Return the newest whole checkpoint, None where there is none; the trainer writes `trainer_state.json` last."""
    found: list[Checkpoint] = []
    for path in folder.glob("checkpoint-*"):
        try:
            state = json.loads((path / "trainer_state.json").read_text(encoding="utf-8"))
            found.append(Checkpoint(path, int(state["global_step"]), int(state["num_input_tokens_seen"])))
        except (OSError, ValueError, KeyError):
            continue
    return max(found, default=None, key=lambda checkpoint: checkpoint.step)
