"""The review pages without a browser: a queue of ten items, and a client that knows how to send forms."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from review_items import items
from starlette.testclient import TestClient

from langkah.app import AppSettings, Originals, review_app
from langkah.review import ReviewQueue

SECRET = b"s" * 32


class Visitor(TestClient):
    """A browser without JavaScript: it sends the fields of the last page's forms with what is typed."""

    def submit(self, address: str, **fields: Any) -> Any:
        """Send a form with the CSRF token that a page of this visitor has."""
        token = self.cookies.get("csrftoken")
        if token is None:
            found = re.search(r'name="csrftoken" value="([^"]+)"', self.get("/name").text)
            token = found[1] if found else ""
        return self.post(address, data={"csrftoken": token, **fields})


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[ReviewQueue]:
    opened = ReviewQueue.open(f"sqlite:///{tmp_path / 'review.db'}")
    opened.publish("run", items(24))
    yield opened
    opened.close()


@pytest.fixture
def visitor(queue: ReviewQueue) -> Callable[..., Visitor]:
    """Makes a visitor of the pages with these settings, named Ana unless they say otherwise."""

    def make(
        *, follow: bool = True, host: str = "http://localhost", originals: Originals | None = None, **settings: Any
    ) -> Visitor:  # fmt: skip
        app = review_app(queue, AppSettings(**{"reviewer": "Ana", **settings}), SECRET, originals)
        return Visitor(app, base_url=host, follow_redirects=follow, raise_server_exceptions=False)

    return make
