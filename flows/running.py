"""What each run of a flow stands in: its workspace, its mark there, and the log of its steps."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from langkah.artifacts import Workspace, current_workspace, open_run, use_workspace
from tasks.steplog import StepLog, step_log


@contextmanager
def run_in(workspace: str | None = None) -> Generator[StepLog]:
    """Run the block in a workspace: garbage collection leaves what it uses, and its steps are noted.

    Args:
        workspace: its folder; None: that of the caller, else the worker's `LANGKAH_HOME`, else `./.langkah`.

    Raises:
        InputError: the folder cannot be made or written.
    """
    opened = Workspace.open(workspace) if workspace else current_workspace()
    with use_workspace(opened), open_run(opened.open_runs), step_log() as log:
        yield log
