"""Promotion and roll-back in a workspace: what the command line and the deployed flows do alike."""

from __future__ import annotations

from langkah.artifacts import ArtifactRef, Workspace
from langkah.registry.candidates import find_candidate, read_candidate
from langkah.registry.entries import Entry
from langkah.registry.history import ChampionRegistry


def promote(workspace: Workspace, which: str | None, by: str) -> Entry:
    """Make an adapter champion if the gate passed it.

    Args:
        workspace: where it was judged.
        which: run or adapter, as `find_candidate`.
        by: who does it.

    Raises:
        InputError: as `find_candidate`.
        StaleChallengerError: it passed against another champion than today's.
        ArtifactError: the adapter, its scores or the history are damaged or gone.
    """
    return ChampionRegistry(workspace.champions).propose(find_candidate(workspace, which), by)


def promote_scored(workspace: Workspace, scores: ArtifactRef, by: str) -> Entry:
    """Make the adapter champion that a run judged, if the gate passed it and nobody rolled back from it.

    Returns:
        The entry of the promotion or refusal, or of the roll-back that stands in the way.

    Raises:
        StaleChallengerError, ArtifactError: as `promote`.
    """
    return ChampionRegistry(workspace.champions).propose(read_candidate(workspace.store, scores), by, again=False)


def roll_back(workspace: Workspace, to: str | None, by: str, reason: str = "") -> Entry:
    """Make an earlier champion the champion again, if its adapter is whole.

    Args:
        workspace: whose champion.
        to: beginning of its digest; None: the one before today's.
        by: who does it.
        reason: why, for the history.

    Raises:
        InputError: as `ChampionRegistry.roll_back`.
        ArtifactError: the adapter or the history are damaged or gone.
    """

    def check(entry: Entry) -> None:
        workspace.store.verify(ArtifactRef.of("adapter", entry.adapter))

    return ChampionRegistry(workspace.champions).roll_back(by, to, reason, check)
