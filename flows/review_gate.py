"""Where a run waits for a person: a deployed one suspends and frees its worker, a local one ends and is called again."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from contextlib import closing
from itertools import count
from typing import Final, NamedTuple

from prefect import get_run_logger
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter
from prefect.exceptions import FlowPauseTimeout, NotPausedError, ObjectNotFound
from prefect.flow_runs import resume_flow_run, suspend_flow_run
from prefect.input import RunInput
from prefect.runtime import deployment, flow_run
from prefect.settings import PREFECT_API_URL
from pydantic import Field

from flows.summary import AwaitingReview, DraftedDataset, rows_summary
from langkah.artifacts import current_workspace
from langkah.config import RunConfig
from langkah.pii import ner_identity
from langkah.review import Kind, ReviewItem, ReviewQueue, database_url, export_queue, page_url
from tasks.publish import publish_on_run
from tasks.reviewing import publish_rulings, queue_items
from tasks.steplog import skip_step

_MOST_RUNS: Final = 200
"""That a server tells of at once."""


class ReviewAnswer(RunInput):
    """What the Resume form of a waiting run asks."""

    release_undecided: bool = Field(
        default=False,
        title="Go on without what is undecided",
        description="On: what nobody decided on is in no dataset of this run; the next run asks about it again. "
        "Off: the run waits again if something is undecided.",
    )


def await_review(drafted: DraftedDataset, config: RunConfig) -> AwaitingReview | DraftedDataset:
    """Put what was drafted to review.

    Returns:
        What was drafted, with the rulings; outside a deployment also what is waited for, while something is undecided.
    """
    assert drafted.candidates
    asked = [Kind(kind) for kind in config.review.queues]
    drafts = queue_items(drafted.candidates, drafted.variants)
    items = [item for item in drafts if item.kind in asked]
    with closing(ReviewQueue.open(database_url(config.review.database, current_workspace(), os.environ))) as queue:
        waiting = _wait(queue, items, drafted, config)
        if waiting:
            return waiting
        # Of kinds that are not asked about any more, what was rejected once stays rejected.
        rulings = publish_rulings(queue, drafts, config.pii, ner_identity(config.pii))
    return drafted.model_copy(update={"rulings": rulings})


def _wait(
    queue: ReviewQueue, items: list[ReviewItem], drafted: DraftedDataset, config: RunConfig
) -> AwaitingReview | None:  # fmt: skip
    """Suspend a deployed run until nothing is to be waited for; outside a deployment, return what is."""
    deployed = bool(deployment.id) and not flow_run.parent_flow_run_id
    run = str(flow_run.id) if deployed else _local_run(items)
    answers = count()
    while (waiting := _waiting(queue, run, items, drafted, config)).pending:
        if not deployed:
            skip_step("review", "AwaitingReview")
            return waiting
        told = _told(waiting)
        publish_on_run("review", told, f"{waiting.pending} of {len(items)} items to decide on")
        get_run_logger().info(f"Review: {waiting.pending} of {len(items)} items are undecided: {waiting.place}")
        # The first time, the process ends here. A resumed run comes by again, and is given the answer.
        form = ReviewAnswer.with_initial_data(description=told)
        answer = suspend_flow_run(form, key=f"review-{next(answers)}", timeout=int(config.review.wait_days * 86_400))
        if answer and answer.release_undecided:
            break
    skip_step("review", "Completed")
    left = f", {waiting.pending} left undecided" if waiting.pending else ""
    publish_on_run("review", f"{waiting.decided} of {len(items)} items were decided{left}: {waiting.place}", "Reviewed")
    return None


def _told(waiting: AwaitingReview) -> str:
    """What the page of a waiting run, and the form that resumes it, say."""
    at = f"[Open the review page]({waiting.place})" if waiting.place.startswith("http") else f"Fill in `{waiting.place}`"
    of = waiting.pending + waiting.decided
    return (
        f"**{at}**\n\nWhen this run began to wait, {waiting.pending} of {of} items were undecided. It goes on by itself once "
        "all of them are decided; **Resume** can let it go on without the rest."
    )


def _local_run(items: list[ReviewItem]) -> str:
    """Name the queue of a run from the command line: by its workspace and sources, so that the next call finds it again."""
    sources = "\0".join(sorted({item.file for item in items}))
    return "local-" + hashlib.sha256(f"{current_workspace().root.resolve()}\0{sources}".encode()).hexdigest()[:8]


def _waiting(
    queue: ReviewQueue, run: str, items: list[ReviewItem], drafted: DraftedDataset, config: RunConfig
) -> AwaitingReview:  # fmt: skip
    """Publish the items as the run's queue, and say what of them is undecided."""
    queue.publish(run, items, vault=drafted.records.digest if config.pii.vault else None)
    decided = queue.decisions([item.key for item in items])
    pending = {item.key for item in items if item.key not in decided}
    place = page_url(config.review.app_url, run, os.environ)
    if config.review.mode == "file" and pending:
        # Named by what it holds, so that a file filled in before is not written over.
        digest = hashlib.sha256("".join(sorted(item.key for item in items)).encode()).hexdigest()[:8]
        path = current_workspace().review_file(f"{run}-{digest}")
        if not path.exists():
            export_queue(queue, run, path)
        place = str(path)
    rows = rows_summary(drafted.procedures)
    return AwaitingReview(run=run, pending=len(pending), decided=len(decided), place=place, **rows)


class Resumption(NamedTuple):
    """What became of runs that were to be resumed, by their ids; the others have ended, or are not on this server."""

    resumed: list[str]
    running: list[str]
    """Not suspended yet, or not any more."""


def resume_decided(decided: Sequence[str]) -> Resumption:
    """Resume those of these runs, whose queues are decided, that are suspended."""
    found = Resumption([], [])
    if not PREFECT_API_URL.value():  # by environment, profile or file; without one, asking would start a server
        return found
    with get_client(sync_client=True) as client:
        for start in range(0, len(decided), _MOST_RUNS):
            # By id: a server may have more suspended runs of other flows than it tells at once.
            chosen = FlowRunFilter.model_validate({"id": {"any_": list(decided[start : start + _MOST_RUNS])}})
            for run in client.read_flow_runs(flow_run_filter=chosen, limit=_MOST_RUNS):
                if run.state_name != "Suspended":
                    if run.state and not run.state.is_final():
                        found.running.append(str(run.id))
                    continue
                try:
                    resume_flow_run(run.id, run_input={"release_undecided": False})
                except (NotPausedError, FlowPauseTimeout, ObjectNotFound, RuntimeError):
                    continue  # somebody was faster, or it waited too long: the others go on
                found.resumed.append(str(run.id))
    return found
