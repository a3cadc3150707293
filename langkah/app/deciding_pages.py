"""What forms send: decisions on items and on groups of variants, and their undoing."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from langkah.app.answer_form import AnswerForm
from langkah.app.browsing_pages import Browsing
from langkah.app.differences import mark_changes
from langkah.app.place import Place
from langkah.app.rendering import Pages, see_other
from langkah.app.settings import MAX_BODY
from langkah.app.wording import rejection_reason
from langkah.errors import ConflictError, InputError, ReviewError
from langkah.review import Entry, Queue, Verdict

_VERDICTS = {"approve": Verdict.approved, "reject": Verdict.rejected, "skip": Verdict.skipped}
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
            return self._group(request, form, place, entry)
        action = _text(form, "action")
        answer = AnswerForm.read({name: [str(value) for value in form.getlist(name)] for name in form})
        prompt = _text(form, "prompt").strip()
        verdict = _VERDICTS.get(action)
        if verdict is None:
            return self.browsing.show(request, place, entry, answer.changed(action), prompt)
        if verdict is Verdict.approved and not (prompt and answer.output()):
            return self.browsing.show(request, place, entry, answer, prompt, status=422, error="flash.empty")
        edited = verdict is Verdict.approved
        reason = rejection_reason(_text(form, "reason"), _text(form, "reason_text")) if verdict is Verdict.rejected else None
        try:
            self.queue.decide(
                entry.key,
                verdict,
                reviewer=self._reviewer(request),
                version=_number(form, "version"),
                prompt=prompt if edited else None,
                output=answer.output() if edited else None,
                reason=reason,
            )
        except ConflictError:
            return self._conflict(request, place, entry.key, verdict, answer, prompt, reason)
        except InputError:
            return self.browsing.show(request, place, entry, answer, prompt, status=422, error="flash.empty")
        request.session["flash"] = {"name": f"flash.{verdict.value}"}
        return see_other(self.browsing.next_address(place, entry))

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
        queue = next(queue for queue in Queue if undone[0].item.kind in queue.kinds)
        target = place if place.queue is queue else place.within(queue)
        return see_other(target.address(f"item/{undone[0].key}"))

    def _conflict(
        self, request: Request, place: Place, key: str, verdict: Verdict, answer: AnswerForm, prompt: str, reason: str | None
    ) -> Response:
        """Both versions, for the reviewer to choose."""
        theirs = self.queue.entry(key, place.run_id)
        old, new = mark_changes(theirs.output, [answer.output()])
        return self.pages.within(
            request,
            place,
            "conflict.html",
            409,
            entry=theirs,
            theirs=old,
            yours=new[0],
            verdict=verdict,
            answer=answer,
            prompt=prompt,
            reason=reason,
            action=next(name for name, value in _VERDICTS.items() if value is verdict),
            keep=self.browsing.next_address(place, theirs),
            current=place.queue,
        )

    def _group(self, request: Request, form: FormData, place: Place, entry: Entry) -> Response:
        """A button of a group of variants: `approve:KEY` for one, `approve:all` for the undecided."""
        name, _, which = _text(form, "action").partition(":")
        verdict = _VERDICTS.get(name)
        group = self.queue.siblings(entry, place.run_id)
        everything = which == "all"
        chosen = [each for each in group if (not each.verdict.decided if everything else each.key == which)]
        if verdict is None or not (chosen or everything):
            raise HTTPException(400)
        edited = verdict is Verdict.approved
        prompts = {each.key: _text(form, f"prompt:{each.key}").strip() for each in chosen} if edited else {}
        if not all(prompts.values()):
            return self.browsing.show(request, place, entry, status=422, error="flash.empty")
        reason = rejection_reason("", _text(form, "reason_text")) if verdict is Verdict.rejected else None
        seen = [each.model_copy(update={"version": _number(form, f"version:{each.key}")}) for each in chosen]
        reviewer = self._reviewer(request)
        try:
            left = self.queue.decide_all(seen, verdict, reviewer=reviewer, prompts=prompts, reason=reason)
        except InputError:
            return self.browsing.show(request, place, entry, status=422, error="flash.empty")
        if left and not everything:
            one = chosen[0]
            answer = AnswerForm.of(one.output)
            return self._conflict(request, place, one.key, verdict, answer, prompts.get(one.key, one.prompt), reason)
        if everything:
            told = "flash.all_approved" if edited else "flash.all_rejected"
            request.session["flash"] = {"name": told, "n": len(seen) - len(left), "conflicts": len(left)}
        else:
            request.session["flash"] = {"name": f"flash.{verdict.value}"}
        return see_other(self.browsing.next_address(place, entry))

    def conflict(self, request: Request, form: FormData) -> Response:
        """The reviewer's own version after all, in place of the one that he has now seen."""
        place = Place.of(request, self.queue)
        entry = self.browsing.entry(request, place)
        verdict = _VERDICTS.get(_text(form, "action"))
        if verdict is None:
            raise HTTPException(400)
        prompt, output, reason = _text(form, "prompt"), _text(form, "output"), _text(form, "reason")
        edited = verdict is Verdict.approved
        try:
            self.queue.decide(
                entry.key,
                verdict,
                reviewer=self._reviewer(request),
                version=_number(form, "version"),
                prompt=prompt if edited else None,
                output=output if edited else None,
                reason=reason or None,
            )
        except ConflictError:
            return self._conflict(request, place, entry.key, verdict, AnswerForm.of(output), prompt, reason or None)
        except InputError:
            return self.browsing.show(request, place, entry, status=422, error="flash.empty")
        request.session["flash"] = {"name": f"flash.{verdict.value}"}
        return see_other(self.browsing.next_address(place, entry))

    def _reviewer(self, request: Request) -> str:
        name = self.pages.reviewer(request)
        if not name:
            raise HTTPException(403)
        return name


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value.replace("\r\n", "\n") if isinstance(value, str) else ""


def _number(form: FormData, name: str) -> int:
    value = _text(form, name)
    if not (value.isascii() and value.isdecimal() and len(value) < 10):
        raise HTTPException(400)
    return int(value)
