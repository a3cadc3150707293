"""Garbage collection by schedule, or from the Prefect UI."""

from __future__ import annotations

from typing import Annotated, Any

from prefect import flow
from pydantic import Field

from flows.garbage import KEEP_DAYS, collect, garbage_line
from flows.parameters import WorkspaceFolder
from langkah.artifacts import Workspace
from tasks.publish import publish_on_run

DryRun = Annotated[bool, Field(json_schema_extra={"title": "Only say what would go"})]
Days = Annotated[float, Field(json_schema_extra={"title": "Days to keep what is not needed"}, ge=0, le=3650)]


@flow(name="collect-garbage", persist_result=False)
def collect_garbage(dry_run: DryRun = True, keep_days: Days = KEEP_DAYS, workspace: WorkspaceFolder = None) -> dict[str, Any]:
    """Remove artifacts that neither a champion, the history, watched FAQs nor an open run need, and that nobody used lately.

    Args:
        dry_run: On: nothing is removed, the run's artifact says what would be.
        keep_days: What was made or used since so many days stays.
        workspace: Its folder; empty: the worker's `LANGKAH_HOME`, else `./.langkah`.

    Returns:
        `removed` (false in a dry run), and how many `artifacts`, `bytes` and `kinds`.
    """
    told = collect(Workspace.open(workspace), keep_days, dry_run=dry_run)
    kinds = "".join(f"\n- {count} {kind}" for kind, count in told["kinds"].items())
    publish_on_run("garbage", f"{garbage_line(told)}\n{kinds}\n", "Garbage collection")
    return told
