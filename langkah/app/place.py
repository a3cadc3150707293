"""Where a reviewer is: a run, a queue, and filters, all in the address of the page."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request

from langkah.review import Filters, Queue, ReviewItem, ReviewQueue, Verdict

SHOWN = ("pending", "all", "approved", "rejected", "skipped")
"""What can be shown of a queue; the first by default."""


class Place(NamedTuple):
    """A queue of a run, filtered."""

    run_id: str | None
    queue: Queue
    filters: Filters

    @classmethod
    def of(cls, request: Request, queue: ReviewQueue) -> Place:
        """The place that an address tells: its run, else the last one that published.

        Raises:
            HTTPException: 404 where there is no such queue or run.
        """
        query = request.query_params
        runs = queue.runs()
        run_id = query.get("run") or (runs[0] if runs else None)
        name = request.path_params.get("queue", Queue.new.value)
        if name not in set(Queue) or (run_id is not None and run_id not in runs):
            raise HTTPException(404)
        shown = query.get("show", SHOWN[0])
        filters = Filters(
            source=query.get("source") or None,
            language=query.get("language") or None,
            reason=query.get("reason") or None,
            verdict=Verdict(shown) if shown in SHOWN and shown != "all" else None,
        )
        return cls(run_id, Queue(name), filters)

    @property
    def shown(self) -> str:
        """Which of `SHOWN` is shown."""
        return self.filters.verdict.value if self.filters.verdict else "all"

    @property
    def filtered(self) -> bool:
        """Whether anything but the default is asked for."""
        return self.filters != Filters(verdict=Verdict.pending)

    def within(self, queue: Queue) -> Place:
        """Another queue of the run, unfiltered."""
        return Place(self.run_id, queue, Filters(verdict=Verdict.pending))

    def home_of(self, item: ReviewItem) -> Place:
        """The queue of the run in which an item stands."""
        queue = next(queue for queue in Queue if item.kind in queue.kinds)
        return self if self.queue is queue else self.within(queue)

    def showing(self, verdict: Verdict) -> Place:
        """The same queue, what stands at a verdict of it."""
        return self._replace(filters=Filters(verdict=verdict))

    def address(self, tail: str = "", **more: object) -> str:
        """The address of the queue, or of what is below it (`item/...`, `list`)."""
        return f"/{self.queue.value}{'/' + tail if tail else ''}{self.query(**more)}"

    def query(self, **more: object) -> str:
        """`?run=...` and the filters."""
        values = {
            "run": self.run_id,
            "source": self.filters.source,
            "language": self.filters.language,
            "reason": self.filters.reason,
            "show": self.shown if self.shown != SHOWN[0] else None,
            **more,
        }
        text = urlencode({name: value for name, value in values.items() if value is not None})
        return f"?{text}" if text else ""
