"""Deployed runs that waited for a review go on once all is decided."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import datetime
from threading import Event, Thread
from typing import Final
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from langkah.errors import LangkahError
from langkah.review import ReviewQueue

Resume = Callable[[Sequence[str]], tuple[list[str], list[str]]]
"""Resumes those of some runs that are suspended; returns these, and those that still run."""
_SECONDS: Final = 5
"""Between two looks whether a waiting run can go on."""
_SOON: Final = 1
_PATIENCE: Final = 20
"""Seconds that a run may take from counting what is undecided to its suspending."""


class DecidedRuns:
    """The runs of a queue whose items are all decided.

    What was resumed or has ended is not asked about again, unless the run publishes again.

    Args:
        queue: where they published.
        say: is told of each that goes on, and of a server that does not answer.
        resume: asks the server; None: Prefect's.
    """

    def __init__(self, queue: ReviewQueue, say: Callable[[str], object], resume: Resume | None = None) -> None:
        self.queue = queue
        self.say = say
        self._resume = resume
        self._settled: set[tuple[str, datetime]] = set()

    def let_go_on(self) -> frozenset[str]:
        """Resume those that are suspended; return those that still run, and may suspend in a moment."""
        decided = {run: at for run, at in self.queue.decided_runs().items() if _deployed(run)}
        asked = [run for run, at in decided.items() if (run, at) not in self._settled]
        if not asked:
            return frozenset()
        # Not before: importing Prefect takes seconds.
        from httpx import HTTPError

        if self._resume is None:
            from flows.review_gate import resume_decided

            self._resume = resume_decided
        try:
            resumed, running = self._resume(asked)
        except HTTPError as error:
            self.say(f"langkah: warning: no run was resumed: the Prefect server does not answer ({type(error).__name__})")
            return frozenset()
        for run in resumed:
            self.say(f"All is decided: run {run} goes on")
        self._settled |= {(run, decided[run]) for run in asked if run not in running}
        return frozenset(running)

    def let_one_go_on(self, run: str) -> None:
        """The same, some seconds long while one run still runs: it may have counted before the last decision came."""
        until = time.monotonic() + _PATIENCE
        while run in self.let_go_on() and time.monotonic() < until:
            time.sleep(_SOON)

    @contextmanager
    def watched(self) -> Generator[None]:
        """Look every few seconds, for as long as the block lasts."""
        ended = Event()

        def watch() -> None:
            told = False
            while not ended.wait(_SECONDS):
                try:
                    self.let_go_on()
                    told = False
                except (LangkahError, SQLAlchemyError, OSError, RuntimeError) as error:  # the next look may find it mended
                    if not told:
                        self.say(f"langkah: warning: no run was resumed: {type(error).__name__}; tried again")
                    told = True

        watcher = Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            ended.set()
            watcher.join(2 * _SECONDS)


def _deployed(run: str) -> bool:
    """Whether a queue is that of a flow run: its name is the run's id."""
    try:
        UUID(run)
    except ValueError:
        return False
    return True
