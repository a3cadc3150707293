"""New FAQ data: a look that tells of it by an event, and the re-training that it calls for."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from prefect import flow
from prefect.client.orchestration import get_client
from prefect.events import emit_event
from prefect.exceptions import ObjectNotFound
from prefect.runtime import deployment, flow_run

from flows.finetune import tune_and_judge
from flows.parameters import FaqFiles, OtherSettings, Settings, WorkspaceFolder
from flows.running import run_in
from flows.settling import check_bounds, settle
from langkah.artifacts import ArtifactRef, current_workspace
from langkah.config import RunConfig, change_config
from langkah.errors import ArtifactError
from langkah.registry import TrainedFaqs, note_trained, read_trained
from langkah.sources import FaqChanges, describe_sources, release_sources
from tasks.publish import publish_on_run
from tasks.steplog import run_step
from tasks.watching import changes_between, fingerprint

CHANGED: Final = "langkah.faqs.changed"
"""Event: FAQs differ from those that were trained on."""
DUE: Final = "langkah.faqs.due"
"""Event: enough of them for a re-training."""
_DRAFTED: Final = ".drafted"
"""Behind the name of what is watched: the note on what a run drafted, and had to wait with."""


@dataclass(frozen=True)
class Look:
    """What a look at the sources found."""

    faqs: ArtifactRef
    changes: FaqChanges
    due: bool
    """Whether enough is new for a re-training."""

    def told(self) -> dict[str, Any]:
        """For events and summaries."""
        return {**self.changes.model_dump(), "due": self.due}


@flow(name="watch-faqs", persist_result=False)
def watch_faqs(
    data: FaqFiles, config: Settings = RunConfig(), workspace: WorkspaceFolder = None, settings: OtherSettings = ()
) -> dict[str, Any]:
    """See what is new in FAQ sources since the last re-training, and tell it by an event; nothing is trained.

    Args:
        data: FAQ files: paths, globs and URLs, as the worker sees them; `sql:NAME` for a query of `config.sources.databases`.
        config: Settings of the re-training; `config.watch` says how much must be new.
        workspace: Folder of the re-trainings; empty: the worker's `LANGKAH_HOME`, else `./.langkah`.
        settings: Any other setting, as `section.key=value`, which wins; `langkah settings` lists all.

    Returns:
        How many FAQs are `added`, `changed`, `retired` and `unchanged`, and whether a re-training is `due`. Where any differ,
        the event `langkah.faqs.changed` holds the same; where a re-training is due, `langkah.faqs.due` holds `data` too.
    """
    with run_in(workspace):
        config = change_config(config, settings)
        look = look_at(data, config)
        resource = {"prefect.resource.id": f"langkah.faqs.{config.watch.name}", "prefect.resource.name": config.watch.name}
        if look.changes.total:
            emit_event(CHANGED, resource, payload=look.told())
        if look.due:
            emit_event(DUE, resource, payload={**look.told(), "data": data})
        return look.told()


@flow(name="retrain-on-new-faqs", persist_result=False)
def retrain_on_new_faqs(
    data: FaqFiles, config: Settings = RunConfig(), workspace: WorkspaceFolder = None, settings: OtherSettings = ()
) -> dict[str, Any]:
    """Tune and judge a model anew if enough FAQs are new since the last re-training; otherwise do nothing.

    Args:
        data: FAQ files: paths, globs and URLs, as the worker sees them; `sql:NAME` for a query of `config.sources.databases`.
        config: Settings, step by step; `config.watch` says how much must be new.
        workspace: Folder for everything that the run writes; empty: the worker's `LANGKAH_HOME`, else `./.langkah`.
        settings: Any other setting, as `section.key=value`, which wins; `langkah settings` lists all.

    Returns:
        `new`: as `watch_faqs` counts, and the summary of a run where one was due. What was trained on is noted once the model
        is judged, whatever the gate says; a run that fails leaves all as new as it was.
    """
    with run_in(workspace) as log:
        config = change_config(config, settings)
        look = look_at(data, config)
        if look.due and config.review.mode != "auto":
            _note(f"{config.watch.name}{_DRAFTED}", look.faqs, str(flow_run.id))
        made = tune_and_judge(data, settle(config, (), data)) if look.due else {}
        if look.due and "review" not in made:
            _note(config.watch.name, look.faqs, flow_run.name or "")
        return {"new": look.told(), **made, "steps": [outcome.model_dump() for outcome in log.outcomes]}


def look_at(data: list[str], config: RunConfig) -> Look:
    """Compare the sources with what was trained on last.

    Raises:
        SourceError: a source cannot be read, or a deployed run may not read it (`sources.allowed_roots`).
        ArtifactError: what was trained on last is gone or damaged.
    """
    check_bounds(config, data)
    files = describe_sources(data, config.sources, bounded=bool(deployment.id))
    try:
        faqs = run_step(fingerprint, files, config.ingest, config.sources, config.review.mode != "auto")
    finally:
        release_sources(files)
    trained = read_trained(current_workspace().watched, config.watch.name)
    if trained:
        _require_whole(trained, config.watch.name)
    changes = changes_between(trained.ref if trained else None, faqs)
    enough = changes.total >= config.watch.at_least
    waiting = _in_review(config.watch.name, faqs) if enough else None
    look = Look(faqs, changes, enough and not waiting)
    then = f"since run {trained.by} of {trained.at}" if trained else "which nothing was trained on yet"
    so = "a re-training is due" if look.due else f"no re-training with fewer than {config.watch.at_least}"
    so = f"run {waiting} has drafted them, and waits for a review" if waiting else so
    publish_on_run("new-faqs", f"FAQs {then}: {changes}; {so}.", "New FAQs")
    return look


def _require_whole(trained: TrainedFaqs, name: str) -> None:
    """Check what was trained on last before anything is compared with it.

    Raises:
        ArtifactError: it is gone or damaged; nothing makes it again.
    """
    workspace = current_workspace()
    try:
        workspace.store.verify(trained.ref)
    except ArtifactError as error:
        note = workspace.watched / f"{name}.json"
        raise ArtifactError(f"{error}; bring it back from a backup, or remove {note}: then all FAQs are new") from None


def _note(name: str, faqs: ArtifactRef, by: str) -> None:
    at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    note_trained(current_workspace().watched, name, TrainedFaqs(faqs=faqs.digest, by=by, at=at))


def _in_review(name: str, faqs: ArtifactRef) -> str | None:
    """Name the other run that drafted these very FAQs and is not over: a suspended one holds no place of its deployment's."""
    drafted = read_trained(current_workspace().watched, f"{name}{_DRAFTED}")
    if drafted is None or drafted.ref != faqs or drafted.by == str(flow_run.id):
        return None
    with get_client(sync_client=True) as client:
        try:
            found = client.read_flow_run(UUID(drafted.by))
        except ObjectNotFound:  # of another server
            return None
    return None if found.state is None or found.state.is_final() else found.name
