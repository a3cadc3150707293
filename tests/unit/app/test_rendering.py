"""What every page has: its language, texts of records that are never HTML, and what is told where nothing is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from review_items import first_pending, item

from langkah.app.wording import wording
from langkah.review import Kind, Queue, ReviewQueue, Verdict

Visit = Callable[..., Any]


def test_every_page_says_what_it_should_in_both_languages(visitor: Visit, queue: ReviewQueue) -> None:
    client = visitor()
    key = first_pending(queue, Queue.new).key
    for language, words in (("en", "to decide"), ("id", "belum diputuskan")):
        client.submit("/language", language=language, next="/")
        page = client.get("/")
        assert words in page.text
        assert f'<html lang="{language}">' in page.text
        for path in (f"/new/item/{key}", "/new", "/flagged", "/variants", "/new/list", "/flagged/list?show=all", "/new/done"):
            answer = client.get(path)
            assert answer.status_code == 200, path
            assert wording(language)("queues.new") in answer.text


def test_the_language_is_the_browsers_until_one_is_chosen(visitor: Visit) -> None:
    client = visitor()
    assert '<html lang="id">' in client.get("/", headers={"accept-language": "id-ID,id;q=0.9,en;q=0.8"}).text
    assert '<html lang="en">' in client.get("/", headers={"accept-language": "fr,de"}).text
    assert '<html lang="id">' in visitor(language="id").get("/").text


def test_text_of_records_is_never_html(visitor: Visit, queue: ReviewQueue) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>'\"&</textarea><b>"
    texts = {"prompt": evil, "output": f"{evil}\n1. {evil}\n2. b\n\n{evil}", "before": evil, "source": evil}
    queue.publish("evil", [
        item(1, **texts),
        item(2, Kind.flagged, **{**texts, "output": evil}, reasons=(evil,)),
        item(3, Kind.variant, **texts, variant_of=evil),
    ])  # fmt: skip
    client = visitor(reviewer=evil)
    pages = [client.get(path).text for path in ("/", "/new", "/flagged", "/variants", "/new/list", "/flagged/list")]
    entry = queue.page("evil", Queue.new).entries[0]
    queue.decide(entry.key, Verdict.rejected, reviewer=evil, version=0, reason=evil)
    pages.append(client.get(f"/new/item/{entry.key}").text)
    pages.append(client.submit(f"/new/item/{entry.key}", version=0, prompt=evil, text=evil, action="approve").text)
    assert "&lt;script&gt;" in pages[1]
    for page in pages:
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "</textarea><b>" not in page


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/new/item/" + "0" * 64,
        "/new/nothing/else",
        "/static/../settings.py",
        "/static/none.css",
        "/flagged/item/{new}",
    ],
)
def test_what_is_not_there_is_told(visitor: Visit, queue: ReviewQueue, path: str) -> None:
    answer = visitor().get(path.replace("{new}", first_pending(queue, Queue.new).key))
    assert answer.status_code == 404
    assert "That did not work" in answer.text


def test_an_empty_queue_says_so(visitor: Visit, tmp_path: Any) -> None:
    from starlette.testclient import TestClient

    from langkah.app import AppSettings, review_app

    empty = ReviewQueue.open(f"sqlite:///{tmp_path / 'empty.db'}")
    client = TestClient(review_app(empty, AppSettings(reviewer="Ana"), b"x" * 32), base_url="http://localhost")
    assert "Nothing waits for review yet" in client.get("/").text
    assert client.get("/new").status_code == 200
    empty.close()
