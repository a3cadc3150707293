"""What forms send: decisions on items and on groups of variants, and their undoing."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from langkah.app.browsing_pages import Browsing
from langkah.app.decision_form import VERDICTS, DecisionForm, answer_of, text_of
from langkah.app.differences import mark_changes
from langkah.app.place import Place
from langkah.app.rendering import Pages, see_other
from langkah.errors import ConflictError, InputError, ReviewError
from langkah.review import Entry, Queue, Verdict

_MAX_FIELDS = 2_000
Handler = Callable[[Request, FormData], Response]


def posted(handler: Handler) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    """Read the form, then do the work in a thread, where the database may be waited for."""

    async def endpoint(request: Request) -> Response:
        form = await request.form(max_fields=_MAX_FIELDS)
        return await run_in_threadpool(handler, request, form)

    return endpoint


class Deciding:
    """Handlers of POST requests."""

    def __init__(self, pages: Pages, browsing: Browsing) -> None:
        self.pages = pages
        self.queue = pages.queue
        self.browsing = browsing

    def item(self, request: Request, form: FormData) -> Response:
        """A button of an item's page."""
        place = Place.of(request, self.queue)
        entry = self.browsing.entry(request, place)
        if place.queue is Queue.variants:
            decision = DecisionForm.of_variants(form, self.queue.siblings(entry, place.run_id))
            return self._decide(request, form, place, entry, decision)
        action = text_of(form, "action")
        if action not in VERDICTS:
            prompt = text_of(form, "prompt").strip()
            return self.browsing.show(request, place, entry, answer_of(form).changed(action), prompt)
        return self._decide(request, form, place, entry, DecisionForm.of_record(form, entry))

    def undo(self, request: Request, form: FormData) -> Response:
        """Take the reviewer's last decision back, and show its item again."""
        place = Place.of(request, self.queue)
        reviewer = self._reviewer(request)
        last = self.queue.last_decided(reviewer, place.run_id)
        undone: list[Entry] = []
        for each in last:
            try:
                self.queue.undo(each.key, reviewer=reviewer, version=each.version)
                undone.append(each)
            except ReviewError:  # somebody decided it in this moment
                continue
        if not undone:
            request.session["flash"] = {"name": "flash.nothing_to_undo"}
            return see_other(f"/{place.query()}")
        request.session["flash"] = {"name": "flash.undone"}
        return see_other(place.home_of(undone[0].item).address(f"item/{undone[0].key}"))

    def _decide(self, request: Request, form: FormData, place: Place, entry: Entry, decision: DecisionForm) -> Response:
        """Take a decision, and go on to the next item."""
        along = self.queue.paraphrases(entry, place.run_id) if decision.along and decision.verdict is Verdict.rejected else ()
        seen = (*decision.seen, *along)
        try:
            left = self.queue.decide_all(
                seen,
                decision.verdict,
                reviewer=self._reviewer(request),
                edits=decision.edits,
                reason=decision.why,
                about=decision.about.key if decision.about else None,
            )
        except ConflictError:
            return self._conflict(request, place, decision)
        except InputError:
            fields = (None, None) if place.queue is Queue.variants else (answer_of(form), text_of(form, "prompt").strip())
            return self.browsing.show(request, place, entry, *fields, status=422, error="flash.empty")
        if decision.about is None or along:
            n, told = len(seen) - len(left) - (1 if along else 0), "along" if along else "all"
            request.session["flash"] = {"name": f"flash.{told}_{decision.verdict.value}", "n": n, "conflicts": len(left)}
        else:
            clash = decision.verdict is Verdict.approved and self._clashes(place, entry)
            request.session["flash"] = {"name": "flash.clash" if clash else f"flash.{decision.verdict.value}"}
        return see_other(self.browsing.next_address(place, entry))

    def _clashes(self, place: Place, entry: Entry) -> bool:
        """Whether a record that was approved already answers the question of one that is now, as it was left, otherwise."""
        if place.queue is Queue.variants:
            return False
        others = self.queue.rivals(self.queue.entry(entry.key, place.run_id), place.run_id)
        return any(other.verdict is Verdict.approved for other in others)

    def _conflict(self, request: Request, place: Place, decision: DecisionForm) -> Response:
        """Both versions, for the reviewer to choose."""
        assert decision.about
        theirs = self.queue.entry(decision.about.key, place.run_id)
        prompt, output = decision.texts[theirs.key]
        output = decision.about.output if output is None else output
        old, new = mark_changes(theirs.output, [output])
        return self.pages.within(
            request,
            place,
            "conflict.html",
            409,
            entry=theirs,
            theirs=old,
            yours=new[0],
            verdict=decision.verdict,
            output=output,
            prompt=prompt,
            reason=decision.why,
            along=decision.along,
            button=next(name for name, value in VERDICTS.items() if value is decision.verdict),
            of=f":{theirs.key}" if place.queue is Queue.variants else "",
            keep=self.browsing.next_address(place, theirs),
            current=place.queue,
        )

    def _reviewer(self, request: Request) -> str:
        name = self.pages.reviewer(request)
        if not name:
            raise HTTPException(403)
        return name
