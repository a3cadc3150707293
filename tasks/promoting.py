"""Make an adapter the champion, or an earlier champion the champion again; never cached, never tried again: it is history."""

from __future__ import annotations

from prefect import task
from prefect.cache_policies import NO_CACHE

from langkah.artifacts import ArtifactRef, current_workspace
from langkah.registry import Entry, promote, promote_scored, roll_back
from tasks.caching import silent
from tasks.publish import publish_markdown


@task(name="promote", cache_policy=NO_CACHE, persist_result=False)
@silent
def promote_adapter(which: ArtifactRef | str | None, by: str) -> Entry:
    """Make an adapter champion if the gate passed it.

    Args:
        which: its scores, where a run does it by itself; else a run or an adapter, as `find_candidate`.
        by: who does it.
    """
    workspace = current_workspace()
    scored = isinstance(which, ArtifactRef)
    return _shown(promote_scored(workspace, which, by) if scored else promote(workspace, which, by))


@task(name="roll-back", cache_policy=NO_CACHE, persist_result=False)
@silent
def roll_back_champion(to: str | None, by: str, reason: str) -> Entry:
    """Make an earlier champion the champion again.

    Args:
        to: beginning of its digest; None: the one before today's.
        by: who does it.
        reason: why, for the history.
    """
    return _shown(roll_back(current_workspace(), to, by, reason))


def _shown(entry: Entry) -> Entry:
    publish_markdown("champion", f"{entry}, by {entry.by}, {entry.at}.", "Champion")
    return entry
