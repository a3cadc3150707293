"""Find a run of a workspace, by its id, the beginning of one, or as the last; and what it made.

`langkah run` and `prepare` leave `runs/<id>/summary.json`, however they end. Scores that no summary names (a deployment's, or
those of a run that was killed at its end) are a run too, known by them alone: `scores/<digest>`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from langkah.artifacts.payload_names import REPORT
from langkah.artifacts.ref import ArtifactRef
from langkah.artifacts.store import ArtifactStore
from langkah.artifacts.workspace import Workspace
from langkah.errors import ArtifactError, InputError

SUMMARY: Final = "summary.json"
_NAMED: Final = 8
"""Most runs that an error lists."""
_SHORT: Final = 12


@dataclass(frozen=True)
class Run:
    """A run: how it is called, and what it made, as far as it came."""

    name: str
    """Its id, or `scores/...` where no summary names them."""
    ended: float
    """Seconds since the epoch."""
    summary: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What `--json` wrote; empty for a run that is known by its scores alone."""
    adapter: ArtifactRef | None = None
    scores: ArtifactRef | None = None
    report: ArtifactRef | None = None
    page: Path | None = None
    """The HTML page in `report`, in this workspace, wherever the run wrote it."""
    problem: str = ""
    """Why the summary cannot be read; empty: it can."""

    @property
    def progress(self) -> str:
        """How far it came, in words that follow its name."""
        steps: Sequence[Mapping[str, Any]] = self.summary.get("steps") or ()
        if self.scores:
            return "judged a model"
        if "review" in self.summary:
            return "waits for a review"
        if not steps:
            return "ended before its first step"
        return f"ended with the step {steps[-1]['name']}: {steps[-1]['state']}"


def list_runs(workspace: Workspace) -> tuple[Run, ...]:
    """Return all runs, the last one first; one whose summary is damaged says so in `problem`."""
    store = workspace.store
    told = [_told(store, path) for path in (workspace.root / "runs").glob(f"*/{SUMMARY}")]
    named = {run.scores.digest for run in told if run.scores}
    untold = [_untold(store, scores) for scores in store.refs("scores") if scores.digest not in named]
    return tuple(sorted((*told, *untold), key=lambda run: (run.ended, run.name), reverse=True))


def find_run(workspace: Workspace, which: str | None = None, *, judged: bool = False) -> Run:
    """Return the run that is meant.

    Args:
        workspace: where it ran.
        which: its id, the beginning of one, or `scores/...` as its report names it; None: the last run.
        judged: whether it must have judged a model; the last one is then the last that did.

    Raises:
        InputError: no run, or more than one, is meant; its summary is damaged; it judged nothing.
    """
    runs = list_runs(workspace)
    run = _last(runs, judged=judged) if which is None else match_run(runs, which)
    if run is None:
        expected = f"RUN {which}: expected the id of a run, its beginning, or scores/... as its report names it; "
        raise InputError(f"{'' if which is None else expected}{_listed(workspace, runs, judged=judged)}")
    if run.problem:
        raise InputError(f"RUN {run.name}: {run.problem}")
    if judged and not run.scores:
        raise InputError(f"RUN {run.name}: it {run.progress}; expected a run that judged a model")
    return run


def match_run(runs: Sequence[Run], which: str) -> Run | None:
    """Return the one of some runs, the last one first, that is called so or begins so; None where none does.

    Raises:
        InputError: several begin so.
    """
    exact = [run for run in runs if run.name == which]
    found = exact or [run for run in runs if which and any(name.startswith(which) for name in _names(run))]
    # Runs that judged the same answers have the same scores: the last one stands for them.
    if which.startswith("scores/") and len({run.scores.digest for run in found if run.scores}) == 1:
        found = found[:1]
    if len(found) > 1:
        raise InputError(f"RUN {which}: {len(found)} runs begin so, {_some(found)}; expected more of the id")
    return found[0] if found else None


def _last(runs: Sequence[Run], *, judged: bool) -> Run | None:
    """The last run; a damaged one may have judged, and is not passed over in silence."""
    return next((run for run in runs if run.scores or run.problem or not judged), None)


def _names(run: Run) -> tuple[str, ...]:
    return (run.name, f"scores/{run.scores.digest}") if run.scores else (run.name,)


def _listed(workspace: Workspace, runs: Sequence[Run], *, judged: bool) -> str:
    """Which runs there are, for an error."""
    found = [run for run in runs if run.scores or not judged]
    if not found:
        return f"no run{' that judged a model' if judged else ''} is in {workspace.root}; `langkah run` makes one"
    return f"here are, the last one first: {_some(found)}"


def _some(runs: Sequence[Run]) -> str:
    more = f" and {len(runs) - _NAMED} more" if len(runs) > _NAMED else ""
    return ", ".join(run.name for run in runs[:_NAMED]) + more


def _told(store: ArtifactStore, path: Path) -> Run:
    """A run by its summary."""
    name, ended = path.parent.name, path.stat().st_mtime
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
        report = ArtifactRef.of("report", Path(summary["report"]).parent.name) if summary.get("report") else None
        return Run(
            name=name,
            ended=ended,
            summary=summary,
            adapter=_ref(summary, "adapter"),
            scores=_ref(summary, "scores") or _scores_behind(store, report),
            report=report,
            page=report and store.folder(report) / REPORT,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ValidationError):
        return Run(name=name, ended=ended, problem=f"{path}: damaged; remove its folder, or name another run")


def _untold(store: ArtifactStore, scores: ArtifactRef) -> Run:
    """A run by its scores."""
    name = f"scores/{scores.digest[:_SHORT]}"
    try:
        ended = datetime.fromisoformat(store.manifest(scores).created).timestamp()
    except (ArtifactError, ValueError):
        folder = store.folder(scores)
        return Run(name=name, ended=folder.stat().st_mtime, problem=f"{folder}: damaged manifest; remove the folder")
    reports = [ref for ref in store.refs("report") if scores == _scores_behind(store, ref)]
    report = max(reports, key=lambda ref: store.manifest(ref).created, default=None)
    return Run(name=name, ended=ended, scores=scores, report=report, page=report and store.folder(report) / REPORT)


def _ref(summary: Mapping[str, Any], kind: str) -> ArtifactRef | None:
    return ArtifactRef.of(kind, summary[kind]["digest"]) if summary.get(kind) else None


def _scores_behind(store: ArtifactStore, report: ArtifactRef | None) -> ArtifactRef | None:
    """The scores that a report was made of; None where it or they are gone."""
    if report is None:
        return None
    try:
        parents = store.manifest(report).provenance.parents
    except ArtifactError:
        return None
    return next((ref for digest in parents if store.folder(ref := ArtifactRef.of("scores", digest)).is_dir()), None)
