"""Find the adapter that somebody means, and what the gate said of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from langkah.artifacts import ArtifactRef, ArtifactStore, Run, Workspace, find_run, list_runs, match_run
from langkah.errors import ArtifactError, InputError
from langkah.registry.entries import Candidate, Claim
from langkah.registry.history import ChampionRegistry

CLAIM: Final = "claim.json"
"""In a `scores` artifact: whose scores they are, and what the gate said."""
VERDICT: Final = "verdict.json"
"""Beside it: the gate's rules."""
_DIGEST: Final = re.compile(r"[0-9a-f]{4,64}")


def find_candidate(workspace: Workspace, which: str | None = None) -> Candidate:
    """Find an adapter that was judged, with its scores; of several those beside today's champion, then the last made.

    Args:
        workspace: where it was judged.
        which: a run as `find_run` knows it, beginning of an adapter's digest, or its folder; None: the last run that judged
            one.

    Raises:
        InputError: nothing, or more than one adapter, is meant by `which`.
        ArtifactError: the adapter or its scores are damaged or gone.
    """
    if run := _run(workspace, which):
        if run.problem or not run.scores:
            raise InputError(
                f"promote: RUN {run.name}: {run.problem or f'it {run.progress}; expected one that judged an adapter'}"
            )
        return read_candidate(workspace.store, run.scores)
    adapter = Path(which or "").name
    judged = _judged(workspace.store, adapter)
    if len({claim.adapter for _, claim in judged}) > 1:
        raise InputError(f"promote: several adapters begin with {adapter}; expected more of the digest")
    if not judged:
        raise InputError(f"promote: {which}: no such run, and no adapter that was judged here begins so")
    return _candidate(workspace, judged)


def read_candidate(store: ArtifactStore, scores: ArtifactRef) -> Candidate:
    """Return the adapter that these scores are of.

    Raises:
        ArtifactError: the scores or the adapter are damaged or gone.
    """
    files = {file.name: file.sha256 for file in store.verify(scores).files}
    if not files.keys() >= {CLAIM, VERDICT}:
        raise ArtifactError(f"{scores}: made before adapters could be promoted; run again")
    claim = Claim.model_validate_json((store.folder(scores) / CLAIM).read_bytes())
    store.verify(ArtifactRef.of("adapter", claim.adapter))
    return Candidate(**claim.model_dump(), scores=scores.digest, verdict=files[VERDICT])


def _candidate(workspace: Workspace, judged: Sequence[tuple[ArtifactRef, Claim]]) -> Candidate:
    champion = ChampionRegistry(workspace.champions).champion()
    today = champion.adapter if champion else None

    def rank(each: tuple[ArtifactRef, Claim]) -> tuple[bool, str]:
        return each[1].judged_against == today, workspace.store.manifest(each[0]).created

    return read_candidate(workspace.store, max(judged, key=rank)[0])


def _judged(store: ArtifactStore, beginning: str) -> list[tuple[ArtifactRef, Claim]]:
    """The scores of adapters whose digest begins so.

    Raises:
        ArtifactError: what some scores say is damaged: they may be of that adapter too.
    """
    if not _DIGEST.fullmatch(beginning):
        return []
    found: list[tuple[ArtifactRef, Claim]] = []
    for ref in store.refs("scores"):
        path = store.folder(ref) / CLAIM
        if not path.is_file():
            continue
        try:
            claim = Claim.model_validate_json(path.read_bytes())
        except ValidationError:
            raise ArtifactError(f"{ref}: {CLAIM} is damaged, or of another version of Langkah; remove its folder") from None
        if claim.adapter.startswith(beginning):
            found.append((ref, claim))
    return found


def _run(workspace: Workspace, which: str | None) -> Run | None:
    """The run that is meant; None where it is no run's name."""
    if which is None:
        return find_run(workspace, judged=True)
    runs = list_runs(workspace)
    run = match_run(runs, which)
    if run and run.name != which and _judged(workspace.store, which):
        raise InputError(f"promote: {which}: the run {run.name} and an adapter begin so; expected more of the one or the other")
    return run
