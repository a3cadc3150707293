"""The training process: `python -m langkah.training.child SPEC.json`, started by `launch`, or by `workers` once a device.

A process of its own, because Unsloth patches TRL globally and must be imported first, because GPU memory is freed for
sure when it ends, and because a time-out can end it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from langkah.training.failures import explain
from langkah.training.measuring import release_memory
from langkah.training.processes import CANNOT_TELL, TOLD, die_with_parent
from langkah.training.ranks import rank
from langkah.training.recipe import Recipe
from langkah.training.session import run_session
from langkah.training.work_files import ADAPTER, ERROR, PROGRESS, RESULT, write_error, write_whole


def main(arguments: list[str] | None = None) -> int:
    """Train what the spec says; the result, or the error in one line, is written beside the spec."""
    spec_path = Path((arguments or sys.argv[1:])[0])
    work = spec_path.parent
    die_with_parent()
    try:
        spec = json.loads(spec_path.read_text(encoding="utf-8"))
        result = run_session(
            Recipe.model_validate(spec["recipe"]),
            Path(spec["examples"]),
            work,
            adapter=work / ADAPTER,
            progress=work / PROGRESS,
        )
        if rank() == 0:
            write_whole(work / RESULT, result.model_dump())
    except Exception as error:
        release_memory()  # or there may be none to tell the error with
        explained = explain(error, work)
        if explained is None:
            raise  # its traceback stands in the log
        try:
            if not (work / ERROR).exists():  # else another worker's, of which this one is the consequence
                write_error(work, explained)
        except OSError:
            return CANNOT_TELL
        return TOLD
    return 0


if __name__ == "__main__":
    sys.exit(main())
