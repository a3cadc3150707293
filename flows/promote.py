"""Who is champion: promotion of what the gate passed, and roll-back."""

from __future__ import annotations

from typing import Any, Final

from prefect import flow
from prefect.runtime import flow_run

from flows.evaluate_adapter import evaluate_adapter
from flows.running import run_in
from flows.summary import Evaluation, PreparedDataset
from langkah.artifacts import ArtifactRef
from langkah.config import RunConfig
from langkah.errors import StaleChallengerError
from langkah.registry import Entry
from tasks.promoting import promote_adapter, roll_back_champion
from tasks.steplog import run_step, warn

_ATTEMPTS: Final = 3
"""How often a run has its adapter judged anew because another one was promoted meanwhile."""


@flow(name="promote", persist_result=False)
def promote(which: str = "", by: str = "", workspace: str | None = None) -> dict[str, Any]:
    """Make an adapter champion, if the gate passed it against today's champion.

    Args:
        which: Run, or beginning of the adapter's digest; empty: the last run of the command line here.
        by: Who does it, for the history; empty: the name of this flow run.
        workspace: Folder of the champions; empty: the worker's `LANGKAH_HOME`, else `./.langkah`.

    Returns:
        The entry of the history: promoted, or refused with the reason.
    """
    with run_in(workspace):
        entry: Entry = promote_adapter(which or None, by or _this_run())
        return entry.model_dump(mode="json")


@flow(name="roll-back", persist_result=False)
def roll_back(to: str = "", reason: str = "", by: str = "", workspace: str | None = None) -> dict[str, Any]:
    """Make an earlier champion the champion again.

    Args:
        to: Beginning of its digest; empty: the champion before today's.
        reason: Why, for the history.
        by: Who does it, for the history; empty: the name of this flow run.
        workspace: Folder of the champions; empty: the worker's `LANGKAH_HOME`, else `./.langkah`.

    Returns:
        The entry of the history.
    """
    with run_in(workspace):
        entry: Entry = roll_back_champion(to or None, by or _this_run(), reason)
        return entry.model_dump(mode="json")


def promote_evaluated(
    prepared: PreparedDataset, adapter: ArtifactRef, evaluation: Evaluation, config: RunConfig
) -> tuple[Evaluation, Entry | None]:
    """Promote what a run judged; where another adapter became champion meanwhile, judge anew against that one.

    Returns:
        The last evaluation and the entry of the history; no entry where others were faster each time.
    """
    for _ in range(_ATTEMPTS):
        try:
            entry: Entry = run_step(promote_adapter, evaluation.scores, _this_run())
        except StaleChallengerError as error:
            warn(str(error))
            evaluation = evaluate_adapter(prepared, adapter, config)
        else:
            if entry.event == "rolled back" and entry.previous == adapter.digest:
                warn(f"adapter {adapter.digest[:12]} was rolled back from: only a person promotes it, by `langkah promote`")
            return evaluation, entry
    return evaluation, None


def _this_run() -> str:
    return f"run {flow_run.name}"
