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
from langkah.app.decision_form import PREFER, VERDICTS, DecisionForm, Typed, text_of
from langkah.app.differences import mark_changes
from langkah.app.place import Place
from langkah.app.rendering import Pages, see_other
from langkah.app.settings import MAX_BODY
from langkah.app.wording import rejection_reason
from langkah.errors import ConflictError, RefusedTextError, ReviewError
from langkah.review import Choice, Entry, Queue, Verdict

_MAX_FIELDS = 2_000
Handler = Callable[[Request, FormData], Response]


def posted(handler: Handler) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    """Read the form, then do the work in a thread, where the database may be waited for."""

    async def endpoint(request: Request) -> Response:
        form = await request.form(max_fields=_MAX_FIELDS, max_part_size=MAX_BODY)
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
        if action not in (*VERDICTS, PREFER):
            typed = Typed.of(form, entry)
            return self.browsing.show(request, place, entry, typed._replace(answer=typed.answer.changed(action)))
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
        rivals = self._rivals(place, decision)
        if not decision.instead_of and any(other.verdict is Verdict.approved for other in rivals):
            return self._redrawn(request, form, place, entry, 409, "errors.clash")
        # One that was not shown has no version that it could be rejected with.
        seen = {other.key: decision.instead_of.get(other.key, -1) for other in rivals if decision.instead_of}
        instead = [other.model_copy(update={"version": seen[other.key]}) for other in rivals if other.key in seen]
        along = [each for other in instead for each in self.queue.paraphrases(other, place.run_id)]
        if decision.along and decision.verdict is Verdict.rejected:
            along += self.queue.paraphrases(entry, place.run_id)
        why = rejection_reason("superseded", "") if instead else decision.why
        others = [Choice(each, Verdict.rejected, reason=why) for each in (*instead, *along)]
        about = decision.about.key if decision.about else None
        needed = {each.key for each in (*decision.seen, *instead)} if about else frozenset[str]()
        try:
            left = self.queue.decide_all([*decision.choices, *others], reviewer=self._reviewer(request), needed=needed)
        except ConflictError as error:
            if error.key != about:
                return self._redrawn(request, form, place, entry, 409, "errors.clash")
            return self._conflict(request, place, decision)
        except RefusedTextError as error:
            return self._redrawn(request, form, place, entry, 422, f"errors.{error.fault}")
        name = f"flash.{decision.verdict.value}"
        if instead:
            name = "flash.preferred"
        elif about is None or along:
            name = f"flash.{'along' if along else 'all'}_{decision.verdict.value}"
        n = len(along if about else decision.seen) - len(left)
        request.session["flash"] = {"name": name, "n": n, "conflicts": len(left)}
        return see_other(self.browsing.next_address(place, entry))

    def _rivals(self, place: Place, decision: DecisionForm) -> tuple[Entry, ...]:
        """The other answers to the question of a record that is to be approved, as its texts are to be left."""
        if decision.verdict is not Verdict.approved or place.queue is Queue.variants:
            return ()
        assert decision.about
        return self.queue.rivals(decision.about, place.run_id, decision.texts[decision.about.key])

    def _redrawn(
        self, request: Request, form: FormData, place: Place, entry: Entry, status: int, error: str
    ) -> Response:  # fmt: skip
        """The page of an item again, with what was typed, and why nothing was decided."""
        return self.browsing.show(request, place, entry, Typed.of(form, entry), status=status, error=error)

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
