"""What lies in the work folder of a run: what parent and child tell each other, and what the child leaves behind."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any, Final

SPEC: Final = "spec.json"
"""Recipe, and where the examples are; written by the parent."""
PROGRESS: Final = "progress.jsonl"
"""One point of the curve a line, while training runs."""
RESULT: Final = "result.json"
"""The child's report at the end."""
ERROR: Final = "error.json"
"""Kind and message of the error that ended the child."""
SPENT: Final = "seconds"
"""How long all attempts took until now."""
LOG: Final = "train.log"
"""What the child and its libraries print."""
ADAPTER: Final = "adapter"
"""Folder of the adapter."""
CHECKPOINTS: Final = "checkpoints"
"""Folder of the checkpoints that a retry goes on from."""
TOKENS: Final = "tokens-*.npz"
"""The examples' tokens."""


def clear(work: Path) -> None:
    """Delete what a published run leaves behind, its log and its report apart; a folder goes whole or not at all."""
    for name in (CHECKPOINTS, ADAPTER):
        gone = work / f"{name}.gone"
        shutil.rmtree(gone, ignore_errors=True)
        if (work / name).exists():
            (work / name).replace(gone)
        shutil.rmtree(gone, ignore_errors=True)
    for path in (*work.glob(TOKENS), work / SPENT):
        path.unlink(missing_ok=True)


def write_error(work: Path, error: Exception) -> None:
    """Leave what ended training for the parent."""
    write_whole(work / ERROR, {"kind": type(error).__name__, "message": str(error)})


def write_whole(path: Path, value: Any) -> None:
    """Write JSON whole or not at all."""
    draft = path.with_suffix(f".{os.getpid()}.draft")  # several workers may fail at once
    try:
        draft.write_text(json.dumps(value, indent=1), encoding="utf-8")
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
