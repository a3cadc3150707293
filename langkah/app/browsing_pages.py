"""The pages that show: the overview, an item, a group of variants, a list."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from langkah.app.answer_form import AnswerForm
from langkah.app.decision_form import Typed
from langkah.app.differences import Piece, mark_changes
from langkah.app.originals import Originals
from langkah.app.place import Place
from langkah.app.rendering import Pages, queue_progress
from langkah.errors import ReviewError
from langkah.review import MAX_CHARS, UNDECIDED, Edit, Entry, Queue, Verdict

_LISTED = 50
_RUNS = 20


class Browsing:
    """Handlers of the pages that show; none decides."""

    def __init__(self, pages: Pages, originals: Originals | None) -> None:
        self.pages = pages
        self.originals = originals
        self.queue = pages.queue

    def overview(self, request: Request) -> Response:
        """What waits, queue by queue."""
        place = Place.of(request, self.queue)
        progress = self.queue.progress(place.run_id)
        cards = [(place.within(queue), queue_progress(progress, queue)) for queue in Queue]
        runs = self.queue.runs()[:_RUNS]
        return self.pages.within(request, place, "overview.html", cards=cards, runs=runs, whole=progress, current=None)

    def start(self, request: Request) -> Response:
        """The first item of a queue that passes the filters; the end page where there is none."""
        place = Place.of(request, self.queue)
        first = self.queue.page(place.run_id, place.queue, place.filters, limit=1).entries
        if first:
            return RedirectResponse(place.address(f"item/{first[0].key}"), 303)
        return self.finished(request, place)

    def finished(self, request: Request, place: Place) -> Response:
        """Nothing is left in this queue."""
        progress = self.queue.progress(place.run_id)
        others = [place.within(queue) for queue in Queue if queue is not place.queue and progress.count(queue.kinds, UNDECIDED)]
        skipped = progress.count(place.queue.kinds, (Verdict.skipped,))
        return self.pages.within(
            request, place, "finished.html", others=others, skipped=skipped, whole=progress, current=place.queue
        )

    def listing(self, request: Request) -> Response:
        """The items that pass the filters, some at a time."""
        place = Place.of(request, self.queue)
        after = request.query_params.get("after", "")
        page = self.queue.page(
            place.run_id, place.queue, place.filters, int(after) if after.isdecimal() and len(after) < 10 else None, _LISTED
        )
        return self.pages.within(request, place, "list.html", page=page, current=place.queue, after=after)

    def item(self, request: Request) -> Response:
        """One item, to be decided."""
        place = Place.of(request, self.queue)
        return self.show(request, place, self.entry(request, place))

    def original(self, request: Request, _: FormData) -> Response:
        """A record before personal data was replaced, once it is kept who looks at it."""
        place = Place.of(request, self.queue)
        entry = self.entry(request, place)
        reviewer = self.pages.reviewer(request)
        if not reviewer or not self.originals or not self.originals.held(entry):
            raise HTTPException(404)
        self.queue.record_look(entry, reviewer=reviewer)
        text = self.originals.of(entry)
        if text is None:
            raise HTTPException(404)
        return self.pages.within(request, place, "original.html", entry=entry, text=text, current=place.queue)

    def back(self, request: Request) -> Response:
        """From the address of an original, which shows it to a form alone, to the record."""
        place = Place.of(request, self.queue)
        return RedirectResponse(place.address(f"item/{self.entry(request, place).key}"), 303)

    def entry(self, request: Request, place: Place) -> Entry:
        """The item that an address names.

        Raises:
            HTTPException: 404 where the queue has no such one.
        """
        try:
            entry = self.queue.entry(request.path_params["key"], place.run_id)
        except ReviewError:
            raise HTTPException(404) from None
        if entry.item.kind not in place.queue.kinds:
            raise HTTPException(404)
        return entry

    def show(
        self, request: Request, place: Place, entry: Entry, typed: Typed | None = None,
        *, status: int = 200, error: str | None = None,
    ) -> Response:  # fmt: skip
        """The page of an item, with the fields as the reviewer left them where they are given."""
        kept = Typed.nothing(entry)
        typed = typed or kept
        common: dict[str, Any] = {
            "entry": entry, "current": place.queue, "error": error, "longest": f"{MAX_CHARS:,}", "typed": typed,
        }  # fmt: skip
        if place.queue is Queue.variants:
            group = self.queue.siblings(entry, place.run_id)
            first = next((each for each in group if place.filters.shows(each.verdict)), group[0])
            way = self.queue.neighbours(place.run_id, place.queue, place.filters, group[-1].position)
            before = self.queue.neighbours(place.run_id, place.queue, place.filters, first.position)
            left = sum(not each.verdict.decided for each in group)
            return self.pages.within(
                request,
                place,
                "variants.html",
                status,
                group=group,
                original=self.queue.original(entry, place.run_id),
                way=way.model_copy(update={"number": before.number}),
                previous=before.previous,
                left=left,
                unsaved=any(typed.prompts.get(each.key, each.prompt) != each.prompt for each in group),
                **common,
            )
        form, prompt = typed.answer, typed.prompts.get(entry.key, entry.prompt)
        before, parts = self._marked(entry, form)
        return self.pages.within(
            request,
            place,
            "item.html",
            status,
            way=self.queue.neighbours(place.run_id, place.queue, place.filters, entry.position),
            form=form,
            prompt=prompt,
            unsaved=(prompt, form) != (entry.prompt, kept.answer),
            before=before,
            parts=parts,
            rivals=[
                (place.home_of(other.item), other)
                for other in self.queue.rivals(entry, place.run_id, Edit(prompt, form.output()))
            ],
            paraphrases=len(self.queue.paraphrases(entry, place.run_id)),
            history=self.queue.history(entry.key) if entry.version > 1 else (),
            looks=self.queue.looks(entry.key) if entry.vault else (),
            held=self.originals is not None and self.originals.held(entry),
            **common,
        )

    def next_address(self, place: Place, entry: Entry) -> str:
        """Where to go once an item is decided: the next that passes the filters, from the beginning after the last."""
        position = entry.position
        if place.queue is Queue.variants:
            group = self.queue.siblings(entry, place.run_id)
            left = [each for each in group if not each.verdict.decided and each.verdict is not Verdict.skipped]
            if left:
                return place.address(f"item/{left[0].key}")
            position = group[-1].position
        way = self.queue.neighbours(place.run_id, place.queue, place.filters, position)
        if way.next:
            return place.address(f"item/{way.next}")
        first = self.queue.page(place.run_id, place.queue, place.filters, limit=2).entries
        other = next((each for each in first if each.key != entry.key), None)
        return place.address(f"item/{other.key}") if other else place.address("done")

    def done(self, request: Request) -> Response:
        """The end page of a queue."""
        return self.finished(request, Place.of(request, self.queue))

    @staticmethod
    def _marked(entry: Entry, form: AnswerForm) -> tuple[list[Piece], list[list[Piece]]]:
        if entry.item.before is None:
            return [], [[Piece(part, False)] if part else [] for part in form.parts()]
        return mark_changes(entry.item.before, form.parts())
