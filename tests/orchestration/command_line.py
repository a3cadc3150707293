"""`langkah` as a process of its own, as a person runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def command(*arguments: object, env: dict[str, str] | None = None, **kwargs: Any) -> subprocess.CompletedProcess[str]:
    """Run `langkah` as its own process, with no Prefect server of ours around it."""
    return subprocess.run(
        [sys.executable, "-m", "flows.cli", *map(str, arguments)],
        capture_output=True, text=True, cwd=ROOT, env=environment(env), timeout=300, check=False, **kwargs,
    )  # fmt: skip


def environment(more: dict[str, str] | None = None) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PREFECT")}
    return {**kept, "COLUMNS": "200", **(more or {})}


def settings(tiny_model: Path, **more: object) -> list[object]:
    values = {"train.base_model": tiny_model, "train.num_train_epochs": 1, "evaluate.max_new_tokens": 8, **more}
    return [part for key, value in values.items() for part in ("--set", f"{key}={value}")]
