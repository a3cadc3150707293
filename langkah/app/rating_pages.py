"""The pages where answers are rated blind: nothing in them tells whose answer it is before a rating is saved and revealed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from langkah.app.differences import Piece, mark_changes
from langkah.app.rendering import Pages, see_other
from langkah.errors import ReviewError
from langkah.rated_answers import CRITERIA
from langkah.review import RatingDrafts, RatingItem, RatingPlace, Scores, Sheet

REFERENCE: Final = "reference"
POINTS: Final = (1, 2, 3, 4, 5)
_LETTERS: Final = "ABCDEFGH"


class _Slot(NamedTuple):
    """One answer as it stands on the page: by a letter, in the order that is the rater's own."""

    number: int
    letter: str
    text: str
    given: Mapping[str, int | None]


class _Revealed(NamedTuple):
    """One answer with whose it is, and where it differs from the reference."""

    letter: str
    system: str
    given: Mapping[str, int]
    pieces: list[Piece]
    """Of the answer: changed ones are not in the reference."""
    missing: list[Piece]
    """Of the reference: changed ones are not in the answer."""


class Rating:
    """Handlers of the pages below `/rate`."""

    def __init__(self, pages: Pages) -> None:
        self.pages = pages
        self.queue = pages.ratings
        self.drafts = RatingDrafts(self.queue.engine)
        self.place = self.queue.place()

    def start(self, request: Request) -> Response:
        """The first item that the rater has not rated; skipped ones come last."""
        run, rater = self._run(request), self._rater(request)
        return RedirectResponse(self._next_address(run, self.queue.places(run, rater), None), 303)

    def item(self, request: Request) -> Response:
        """One item, to be rated; once the rater was shown whose answers they are, that."""
        run, rater = self._run(request), self._rater(request)
        item = self._item(request, run)
        sheet = self.queue.sheet(item.key, rater)
        if sheet and sheet.revealed:
            return self._revealed(request, run, item, sheet)
        begun = self.drafts.begun(item.key, rater)
        given = begun or (sheet.scores if sheet else {})
        return self._form(request, run, item, given, sheet, begun=bool(begun))

    def decide(self, request: Request, form: FormData) -> Response:
        """Save, skip or reveal, as the button says; or keep what was entered so far, as the page does of itself."""
        run = self._run(request)
        item = self._item(request, run)
        action = str(form.get("action", ""))
        if action not in ("save", "skip", "reveal", "keep"):
            raise HTTPException(400)
        try:
            return self._decided(request, form, run, item, action)
        except ReviewError:  # the rater was shown whose answers they are, perhaps in this moment, on another page of his
            return Response(status_code=409) if action == "keep" else see_other(f"/rate/item/{item.key}{_query(run)}")

    def _decided(self, request: Request, form: FormData, run: str, item: RatingItem, action: str) -> Response:
        """Do what the button says.

        Raises:
            ReviewError: the ratings stand, since the rater was shown whose answers they are.
        """
        rater = self._rater(request)
        sheet = self.queue.sheet(item.key, rater)
        given = self._given(form, item, rater)
        if action == "keep":
            self.drafts.keep(item, rater, given)
            return Response(status_code=204)
        if action == "reveal":
            return self._reveal(item, rater, given, sheet, f"/rate/item/{item.key}{_query(run)}")
        if action == "save" and not _whole(given):
            self.drafts.keep(item, rater, given)
            return self._form(request, run, item, given, sheet, status=422, error="rate.incomplete", begun=True)
        self.queue.rate(item, rater, given if action == "save" else {})
        if action == "skip":
            self.drafts.keep(item, rater, given)
        request.session["flash"] = {"name": f"rate.{'saved' if action == 'save' else 'skipped'}"}
        return see_other(self._next_address(run, self.queue.places(run, rater), item.key))

    def _reveal(self, item: RatingItem, rater: str, given: Scores, sheet: Sheet | None, here: str) -> Response:
        """Tell whose answers they are, once the ratings stand as the page has them."""
        if sheet and sheet.scores and not sheet.revealed:
            if _whole(given) and given != sheet.scores:
                self.queue.rate(item, rater, given)
            self.queue.reveal(item.key, rater)
        return see_other(here)

    def listing(self, request: Request) -> Response:
        """All items of the run, with what the rater did with each."""
        run = self._run(request)
        return self._page(request, run, "rate_list.html")

    def done(self, request: Request) -> Response:
        """Nothing is left."""
        return self._page(request, self._run(request), "rate_done.html")

    def _form(
        self, request: Request, run: str, item: RatingItem, given: Scores, sheet: Sheet | None,
        *, status: int = 200, error: str | None = None, begun: bool = False,
    ) -> Response:  # fmt: skip
        order = item.order(self._rater(request), self.place)
        slots = [
            _Slot(n, _LETTERS[n - 1], item.answers[system], {name: given.get(system, {}).get(name) for name in CRITERIA})
            for n, system in enumerate(order, 1)
        ]
        rated = bool(sheet and sheet.scores)
        shown: dict[str, Any] = {"item": item, "slots": slots, "criteria": CRITERIA, "points": POINTS}
        return self._page(request, run, "rate.html", status, rated=rated, error=error, begun=begun, **shown)

    def _revealed(self, request: Request, run: str, item: RatingItem, sheet: Sheet) -> Response:
        found: list[_Revealed] = []
        reference = item.answers.get(REFERENCE)
        for n, system in enumerate(item.order(self._rater(request), self.place)):
            text = item.answers[system]
            missing, parts = [], [[Piece(text, False)]]
            if reference and system != REFERENCE:
                missing, parts = mark_changes(reference, [text])
            given = sheet.scores.get(system, {})
            found.append(_Revealed(_LETTERS[n], system, given, parts[0], missing))
        return self._page(request, run, "rate_revealed.html", item=item, answers=found, criteria=CRITERIA, reference=REFERENCE)

    def _page(self, request: Request, run: str, template: str, status: int = 200, **values: Any) -> Response:
        places = self.queue.places(run, self._rater(request))
        around: dict[int, RatingPlace] = {place.number: place for place in places}
        here = next((place for place in places if place.key == request.path_params.get("key")), None)
        before, behind = (around.get(here.number + by) if here else None for by in (-1, 1))
        shown: dict[str, Any] = {"places": places, "here_at": here, "previous": before, "following": behind}
        return self.pages.rating(request, template, status, run=run, query=_query(run), **shown, **values)

    def _next_address(self, run: str, places: tuple[RatingPlace, ...], key: str | None) -> str:
        """The next item to rate behind this one, else the first before it, else the first that was skipped."""
        at = next((place.number for place in places if place.key == key), 0)
        pending = [place for place in places if place.state == "pending"]
        following = [place for place in pending if place.number > at] or pending
        if not following and key is None:
            following = [place for place in places if place.state == "skipped"]
        return f"/rate/item/{following[0].key}{_query(run)}" if following else f"/rate/done{_query(run)}"

    def _given(self, form: FormData, item: RatingItem, rater: str) -> dict[str, dict[str, int]]:
        """What the form says of each system: its fields name places on the page, which only this side can tell apart."""
        given: dict[str, dict[str, int]] = {}
        for n, system in enumerate(item.order(rater, self.place), 1):
            values = {name: str(form.get(f"{name}-{n}", "")) for name in CRITERIA}
            given[system] = {name: int(value) for name, value in values.items() if value in {str(point) for point in POINTS}}
        return given

    def _run(self, request: Request) -> str:
        runs = self.queue.runs()
        run = request.query_params.get("run") or (runs[0] if runs else "")
        if run not in runs:
            raise HTTPException(404)
        return run

    def _item(self, request: Request, run: str) -> RatingItem:
        try:
            return self.queue.item(run, request.path_params["key"])
        except ReviewError:
            raise HTTPException(404) from None

    def _rater(self, request: Request) -> str:
        name = self.pages.reviewer(request)
        if not name:
            raise HTTPException(403)
        return name


def _whole(given: Scores) -> bool:
    return all(len(scores) == len(CRITERIA) for scores in given.values())


def _query(run: str) -> str:
    return f"?{urlencode({'run': run})}"
