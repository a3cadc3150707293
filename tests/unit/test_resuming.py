"""Which runs are asked to go on, and how often; the asking itself is tested with a server in tests/orchestration."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import uuid4

import pytest

from flows.resuming import DecidedRuns
from langkah.review import Kind, ReviewItem, ReviewQueue, Verdict

ITEM = ReviewItem(
    kind=Kind.record, intent="faq#1", language="en", source="faq", prompt="How?", output="1. So.", file="faq.csv", row=1
)


class Server:
    """Runs by id, as a Prefect server has them: suspended, or running."""

    def __init__(self, **states: str) -> None:
        self.states = states
        self.asked: list[list[str]] = []

    def resume(self, runs: Sequence[str]) -> tuple[list[str], list[str]]:
        self.asked.append(list(runs))
        resumed = [run for run in runs if self.states.get(run) == "Suspended"]
        running = [run for run in runs if self.states.get(run) == "Running"]
        self.states.update(dict.fromkeys(resumed, "Running"))
        return resumed, running


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[ReviewQueue]:
    opened = ReviewQueue.open(f"sqlite:///{tmp_path / 'review.db'}")
    yield opened
    opened.close()


def test_a_run_is_asked_about_until_it_was_resumed_and_again_when_it_publishes_again(queue: ReviewQueue) -> None:
    run, ended = str(uuid4()), str(uuid4())
    for each in (run, ended, "local-1"):
        queue.publish(each, [ITEM])
    server = Server(**{run: "Running"})
    told: list[str] = []
    runs = DecidedRuns(queue, told.append, server.resume)
    assert runs.let_go_on() == frozenset() and server.asked == [], "nothing is decided"
    queue.decide(ITEM.key, Verdict.approved, reviewer="Ana", version=0)
    assert runs.let_go_on() == {run}
    assert sorted(server.asked[-1]) == sorted([run, ended])
    server.states[run] = "Suspended"
    runs.let_go_on()
    assert (server.asked[-1], told) == ([run], [f"All is decided: run {run} goes on"])
    runs.let_go_on()
    assert len(server.asked) == 2, "what was resumed or has ended is not asked about again"
    queue.publish(run, [ITEM])
    runs.let_go_on()
    assert server.asked[2:] == [[run]]


def test_a_run_that_suspends_a_moment_after_the_import_goes_on(queue: ReviewQueue) -> None:
    run = str(uuid4())
    queue.publish(run, [ITEM])
    queue.decide(ITEM.key, Verdict.approved, reviewer="Ana", version=0)
    server = Server(**{run: "Running"})
    told: list[str] = []

    def resume(runs: Sequence[str]) -> tuple[list[str], list[str]]:
        found = server.resume(runs)
        server.states[run] = "Suspended"
        return found

    DecidedRuns(queue, told.append, resume).let_one_go_on(run)
    assert told == [f"All is decided: run {run} goes on"]
