"""What each run of a flow stands in: its workspace, its mark there, and the log of its steps."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from prefect.runtime import flow_run

from langkah.artifacts import Workspace, current_workspace, hold, open_run, use_workspace
from tasks.steplog import StepLog, step_log


@contextmanager
def run_in(workspace: str | None = None) -> Generator[StepLog]:
    """Run the block in a workspace: garbage collection leaves what it uses, its steps are noted, and no other process is at
    work on the same flow run there: one that was given up for dead may still be, and its work is waited for.

    Args:
        workspace: its folder; None: that of the caller, else the worker's `LANGKAH_HOME`, else `./.langkah`.

    Raises:
        InputError: the folder cannot be made or written.
    """
    opened = Workspace.open(workspace) if workspace else current_workspace()
    with use_workspace(opened), open_run(opened.open_runs), _alone(opened.open_runs), step_log() as log:
        yield log


@contextmanager
def _alone(folder: Path) -> Generator[None]:
    """Hold the place of this flow run."""
    with hold(folder / f"{flow_run.id}.only") if flow_run.id else nullcontext():
        yield
