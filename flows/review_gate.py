"""Where a run waits for a person: a deployed one suspends and frees its worker, a local one ends and is called again."""

from __future__ import annotations

import hashlib
from contextlib import closing
from itertools import count
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter
from prefect.exceptions import FlowPauseTimeout, NotPausedError, ObjectNotFound
from prefect.flow_runs import resume_flow_run, suspend_flow_run
from prefect.input import RunInput
from prefect.runtime import deployment, flow_run
from prefect.settings import PREFECT_API_URL
from pydantic import Field

from flows.summary import AwaitingReview, DraftedDataset
from langkah.artifacts import current_workspace
from langkah.config import RunConfig
from langkah.pii import ner_identity
from langkah.review import Kind, ReviewItem, ReviewQueue, database_url, export_queue
from tasks.publish import publish_link
from tasks.reviewing import publish_rulings, queue_items
from tasks.steplog import skip_step


class ReviewAnswer(RunInput):
    """What the Resume form of a waiting run asks."""

    release_undecided: bool = Field(
        default=False,
        title="Go on without what is undecided",
        description="Off: the run goes on once all is decided, and waits again if something is not.",
    )


def await_review(drafted: DraftedDataset, config: RunConfig) -> AwaitingReview | DraftedDataset:
    """Put what was drafted to review.

    Returns:
        What was drafted, with the rulings; outside a deployment also what is waited for, while something is undecided.
    """
    assert drafted.candidates
    asked = [Kind(kind) for kind in config.review.queues]
    items = queue_items(drafted.candidates, drafted.variants, asked)
    vault = drafted.records.digest if config.pii.vault else None
    deployed = bool(deployment.id) and not flow_run.parent_flow_run_id
    run = str(flow_run.id) if deployed else _local_run(items)
    with closing(ReviewQueue.open(database_url(config.review.database, current_workspace()))) as queue:
        for attempt in count():
            waiting = _waiting(queue, run, items, vault, config)
            if not waiting.pending:
                break
            if not deployed:
                skip_step("review", "AwaitingReview")
                return waiting
            if _wait(waiting, len(items), attempt, config).release_undecided:
                break
        skip_step("review", "Completed")
        rulings = publish_rulings(queue, items, config.pii, ner_identity(config.pii))
    return drafted.model_copy(update={"rulings": rulings})


def _wait(waiting: AwaitingReview, total: int, attempt: int, config: RunConfig) -> ReviewAnswer:
    """Suspend the run. The first time, the process ends here; a resumed run comes by again, and is given the answer."""
    publish_link(
        "review",
        f"**{waiting.pending}** of {total} items wait for a decision: {waiting.place}\n\n"
        "The run goes on by itself when all is decided; **Resume** can let it go on without what is undecided.",
        waiting.place,
        "Items to review",
    )
    answer = suspend_flow_run(ReviewAnswer, key=f"review-{attempt}", timeout=int(config.review.wait_days * 86_400))
    return answer or ReviewAnswer()


def _local_run(items: list[ReviewItem]) -> str:
    """Name the queue of a run from the command line: by its workspace and sources, so that the next call finds it again."""
    sources = "\0".join(sorted({item.file for item in items}))
    return "local-" + hashlib.sha256(f"{current_workspace().root.resolve()}\0{sources}".encode()).hexdigest()[:8]


def _waiting(
    queue: ReviewQueue, run: str, items: list[ReviewItem], vault: str | None, config: RunConfig
) -> AwaitingReview:  # fmt: skip
    """Publish the items as the run's queue, and say what of them is undecided."""
    queue.publish(run, items, vault)
    decided = queue.decisions([item.key for item in items])
    pending = {item.key for item in items if item.key not in decided}
    place = config.review.app_url
    if config.review.mode == "file" and pending:
        # Named by what it holds, so that a file filled in before is not written over.
        digest = hashlib.sha256("".join(sorted(item.key for item in items)).encode()).hexdigest()[:8]
        path = current_workspace().review_file(f"{run}-{digest}")
        if not path.exists():
            export_queue(queue, run, path)
        place = str(path)
    return AwaitingReview(run=run, pending=len(pending), decided=len(decided), place=place)


def resume_decided(queue: ReviewQueue) -> list[str]:
    """Resume the suspended runs whose queues are decided, on the server of Prefect's settings; return their ids."""
    resumed: list[str] = []
    if not PREFECT_API_URL.value():  # by environment, profile or file; without one, asking would start a server
        return resumed
    with get_client(sync_client=True) as client:
        suspended = client.read_flow_runs(
            flow_run_filter=FlowRunFilter.model_validate({"state": {"name": {"any_": ["Suspended"]}}})
        )
    for found in suspended:
        run = str(found.id)
        if run in queue.runs() and queue.progress(run).done:
            try:
                resume_flow_run(UUID(run), run_input={"release_undecided": False})
            except (NotPausedError, FlowPauseTimeout, ObjectNotFound, RuntimeError):
                continue  # somebody was faster, or it waited too long: the others go on
            resumed.append(run)
    return resumed
