"""A real browser on real pages: Debian's chromium, driven by Playwright, and the review pages on a port of their own."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from pydantic import SecretStr
from reviewed_items import twenty

from langkah.app import AppSettings, Originals, review_app
from langkah.artifacts import Workspace
from langkah.review import ReviewQueue

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One browser for a module; each test opens contexts of its own.

    Not for the session: Playwright's event loop stays in the thread meanwhile, and what comes after may look for one.
    """
    path = next((found for name in _BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("no chromium here (Debian: apt-get install chromium; `make test` does it for root)")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield launched
        launched.close()


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[ReviewQueue]:
    """A queue of twenty items of all kinds, in English and Indonesian."""
    opened = ReviewQueue.open(f"sqlite:///{tmp_path / 'review.db'}")
    opened.publish("run", twenty())
    yield opened
    opened.close()


@pytest.fixture
def site(queue: ReviewQueue, tmp_path: Path) -> Iterator[str]:
    """The address of the pages."""
    with _served(queue, AppSettings(), Originals(Workspace(tmp_path))) as address:
        yield address


@pytest.fixture
def guarded(queue: ReviewQueue) -> Iterator[str]:
    """The address of pages that ask for a token."""
    with _served(queue, AppSettings(token=SecretStr("a-token-of-some-length"))) as address:
        yield address


@contextmanager
def _served(queue: ReviewQueue, settings: AppSettings, originals: Originals | None = None) -> Iterator[str]:
    """Serve the pages from a thread."""
    listening = socket.create_server(("127.0.0.1", 0))
    app = review_app(queue, settings, b"0" * 32, originals)
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(5)
    listening.close()


@pytest.fixture
def visit(browser: Any, site: str) -> Iterator[Callable[..., Any]]:
    """Opens the pages as a person of this name: a browser context of its own."""
    contexts: list[Any] = []

    def open_page(name: str, language: str = "en", path: str = "/", **options: Any) -> Any:
        context = browser.new_context(
            locale=language, base_url=site, **{"viewport": {"width": 1280, "height": 800}, **options}
        )  # fmt: skip
        context.set_default_timeout(8_000)
        contexts.append(context)
        page = context.new_page()
        page.goto(path)
        page.get_by_role("textbox").fill(name)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/name" not in url)
        return page

    yield open_page
    for context in contexts:
        context.close()
