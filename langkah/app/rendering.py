"""Pages from templates, with what every page shows: queues, progress, who reviews, and the language."""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from langkah.app.place import SHOWN, Place
from langkah.app.settings import LANGUAGES, AppSettings
from langkah.app.wording import Wording, wording
from langkah.review import UNDECIDED, Facets, Progress, Queue, RatingProgress, RatingQueue, ReviewQueue, Verdict

if TYPE_CHECKING:
    from jinja2 import Environment


_REMEMBERED: Final = 100


class Pages:
    """Renders templates for one queue and one set of settings."""

    def __init__(self, queue: ReviewQueue, settings: AppSettings) -> None:
        self.queue = queue
        self.ratings = RatingQueue(queue.engine)
        self.settings = settings
        self._facets: dict[tuple[str | None, Queue], tuple[datetime | None, Facets]] = {}

    def facets(self, place: Place) -> Facets:
        """What a queue can be filtered by: read once after each publishing, since it takes long where sources are many."""
        published = self.queue.last_published()
        known = self._facets.get((place.run_id, place.queue))
        if known is None or known[0] != published:
            if len(self._facets) >= _REMEMBERED:
                self._facets.clear()
            known = (published, self.queue.facets(place.run_id, place.queue))
            self._facets[place.run_id, place.queue] = known
        return known[1]

    def words(self, request: Request) -> Wording:
        """The texts in the reviewer's language: chosen, else set, else the browser's, else English."""
        chosen = request.session.get("language") if "session" in request.scope else None
        return wording(chosen if chosen in LANGUAGES else self.settings.language or _accepted(request))

    def reviewer(self, request: Request) -> str | None:
        """Who reviews; None where it was not asked yet."""
        return request.session.get("reviewer") or self.settings.reviewer

    def plain(self, request: Request, template: str, status: int = 200, **values: Any) -> Response:
        """A page without queues: sign-in, name, errors."""
        words = self.words(request)
        signed_in = "session" in request.scope
        common: dict[str, Any] = {
            "t": words,
            "languages": [(code, wording(code)("called")) for code in LANGUAGES],
            "csrf": request.scope["csrftoken"]() if "csrftoken" in request.scope else "",
            "here": _local(request),
            "reviewer": self.reviewer(request) if signed_in else None,
            "own_name": signed_in and bool(request.session.get("reviewer")) and not request.session.get("account"),
            "guarded": self.settings.guarded,
            "flash": request.session.pop("flash", None) if signed_in else None,
            "static": static_address,
            "place": None,
            "queues": (),
            "progress": None,
            "to_rate": None,
            "keys": "help.keys",
        }
        page = _environment().get_template(template).render(**{**common, **values})
        return HTMLResponse(page.encode("utf-8", "replace"), status, headers={"Content-Language": words.language})

    def within(self, request: Request, place: Place, template: str, status: int = 200, **values: Any) -> Response:
        """A page of a queue, with its tabs, progress and filters."""
        progress = self.queue.progress(place.run_id)
        return self.plain(
            request,
            template,
            status,
            **{
                "place": place,
                "queues": [(queue, progress.count(queue.kinds, UNDECIDED)) for queue in Queue],
                "progress": queue_progress(progress, place.queue),
                "facets": self.facets(place),
                "shown": SHOWN,
                "Verdict": Verdict,
                "to_rate": self._to_rate(request, None),
                **values,
            },
        )

    def rating(self, request: Request, template: str, status: int = 200, *, run: str, **values: Any) -> Response:
        """A page of the ratings, with how far this rater is."""
        return self.plain(request, template, status, to_rate=self._to_rate(request, run), keys="rate.keys", **values)

    def _to_rate(self, request: Request, run: str | None) -> RatingProgress | None:
        """How far this rater is with a run, else with the last; None where no answers are to be rated."""
        runs = (run,) if run else self.ratings.runs()
        return self.ratings.progress(runs[0], self.reviewer(request) or "") if runs else None


def queue_progress(progress: Progress, queue: Queue) -> dict[str, Any]:
    """How far one queue is: `total`, `decided`, `left` in seconds or None."""
    total = progress.count(queue.kinds)
    pending = progress.count(queue.kinds, UNDECIDED)
    pace = progress.seconds_left / progress.pending if progress.seconds_left is not None and progress.pending else None
    return {
        "total": total,
        "decided": total - pending,
        "pending": pending,
        "left": pace * pending if pace and pending else None,
    }


def see_other(address: str) -> Response:
    """Send the browser to a page after a form was taken."""
    return RedirectResponse(address, 303)


@cache
def static_address(name: str) -> str:
    """The address of a static file, which changes with its content."""
    content = (files("langkah.app") / "static" / name).read_bytes()
    return f"/static/{name}?v={hashlib.sha256(content).hexdigest()[:10]}"


def local_path(address: str) -> str:
    """An address on this site, else the overview."""
    safe = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if safe else "/"


def _local(request: Request) -> str:
    query = request.scope["query_string"].decode("latin-1")
    return local_path(request.url.path + (f"?{query}" if query else ""))


def _accepted(request: Request) -> str:
    """The first language of the browser that there is."""
    for part in request.headers.get("accept-language", "").split(","):
        code = part.partition(";")[0].strip().lower().partition("-")[0]
        if code in LANGUAGES or code == "in":  # the old code of Indonesian
            return "id" if code == "in" else code
    return LANGUAGES[0]


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("langkah.app"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
