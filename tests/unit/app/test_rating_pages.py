"""The pages of the ratings, without a browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from rating_items import all_rated, rating_item
from sqlalchemy import event

from langkah.app.wording import wording
from langkah.rated_answers import CRITERIA
from langkah.review import RatingQueue, ReviewQueue

Visit = Callable[..., Any]
ITEMS = [rating_item(number) for number in range(4)]


@pytest.fixture
def ratings(queue: ReviewQueue) -> RatingQueue:
    found = RatingQueue(queue.engine)
    found.publish("scores-1", ITEMS)
    return found


def filled(score: int = 4, slots: int = 3) -> dict[str, str]:
    return {f"{name}-{slot}": str(score) for name in CRITERIA for slot in range(1, slots + 1)}


def test_nothing_of_an_answer_differs_by_whose_answers_stand_where(visitor: Visit, ratings: RatingQueue) -> None:
    """Pages with other orders are the same but for the texts, have the same headers, and take the same work."""
    item = ITEMS[0]
    names = [f"rater {number:02}" for number in range(40)]
    orders = {item.order(name, ratings.place()) for name in names}
    assert len(orders) == 6
    seen: set[tuple[str, str, tuple[str, ...]]] = set()
    asked: list[str] = []
    event.listen(ratings.engine, "before_cursor_execute", lambda _, __, statement, *___: asked.append(statement))
    for name in names:
        client = visitor(reviewer=name)
        address = f"/rate/item/{item.key}"
        client.get(address)
        client.submit(address, action="keep", **{"clarity-1": "3"})
        asked.clear()
        answer = client.get(address)
        page = answer.text
        for text in item.answers.values():
            page = page.replace(text, "TEXT")
        page = re.sub(r'name="csrftoken" value="[^"]+"', "", page).replace(name, "NAME")
        seen.add((page, str(sorted(answer.headers.items())), tuple(asked)))
    assert len(seen) == 1
    assert asked


def test_the_place_of_a_score_is_told_apart_by_the_server_alone(visitor: Visit, ratings: RatingQueue) -> None:
    item = ITEMS[1]
    client = visitor()
    given = {f"{name}-{slot}": str(slot + 1) for name in CRITERIA for slot in (1, 2, 3)}
    client.submit(f"/rate/item/{item.key}", action="save", **given)
    sheet = ratings.sheet(item.key, "Ana")
    assert sheet
    order = item.order("Ana", ratings.place())
    assert {system: scores["clarity"] for system, scores in sheet.scores.items()} == {
        system: place for place, system in enumerate(order, 2)
    }


def test_whose_answers_they_are_is_told_once_rated_and_asked_for(visitor: Visit, ratings: RatingQueue) -> None:
    item, client = ITEMS[2], visitor()
    address = f"/rate/item/{item.key}"
    tuned = wording("en")("rate.systems.tuned")
    assert tuned not in client.submit(address, action="reveal").text, "not before it is rated"
    client.submit(address, action="save", **filled())
    assert tuned not in client.get(address).text, "not before it is asked for"
    assert tuned in client.submit(address, action="reveal").text
    assert tuned in client.submit(address, action="save", **filled(1)).text
    sheet = ratings.sheet(item.key, "Ana")
    assert sheet and sheet.scores == all_rated(item, 4), "what was given stands"
    assert tuned not in visitor(reviewer="Budi").get(address).text, "another rater is not told"


def test_what_is_not_whole_is_not_kept_and_not_lost(visitor: Visit, ratings: RatingQueue) -> None:
    item, client = ITEMS[0], visitor()
    given = filled()
    del given["relevance-2"]
    given["clarity-1"] = "7"
    answer = client.submit(f"/rate/item/{item.key}", action="save", **given)
    assert answer.status_code == 422
    assert answer.text.count(" checked><span") == 10
    assert answer.text.count('class="criterion missing"') == 2
    assert ratings.sheet(item.key, "Ana") is None


def test_what_is_entered_is_kept_while_nothing_is_told(visitor: Visit, ratings: RatingQueue) -> None:
    item, client = ITEMS[0], visitor()
    address = f"/rate/item/{item.key}"
    answer = client.submit(address, action="keep", **{"clarity-1": "2", "relevance-3": "5", "clarity-2": "9"})
    assert (answer.status_code, answer.content) == (204, b"")
    page = client.get(address).text
    assert page.count(" checked><span") == 2 and wording("en")("rate.kept") in page.partition("data-lost")[2]
    assert wording("en")("rate.begun") in client.get("/rate/list").text
    assert "checked><span" not in visitor(reviewer="Budi").get(address).text
    assert ratings.ratings("scores-1") == ()
    client.submit(address, action="skip", **{"clarity-1": "1"})
    assert client.get(address).text.count(" checked><span") == 1
    client.submit(address, action="save", **filled())
    client.submit(address, action="keep", **filled(1))
    assert ratings.sheet(item.key, "Ana").scores == all_rated(item, 4)
    assert wording("en")("rate.unsaved") in client.get("/rate/list").text
    client.submit(address, action="reveal", **filled(2))
    assert ratings.sheet(item.key, "Ana").scores == all_rated(item, 2), "what the page had when it was asked for"
    assert client.submit(address, action="keep", **filled(5)).status_code == 409
    for form in ({"action": "save", **filled(5)}, {"action": "save", "clarity-1": "5"}, {"action": "skip"}):
        assert "relevance-1" not in client.submit(address, **form).text, "the page that tells whose answers they are"
    assert ratings.sheet(item.key, "Ana").scores == all_rated(item, 2)


def test_whoever_is_shown_whose_answers_they_are_while_another_page_of_his_saves(
    visitor: Visit, ratings: RatingQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    item, client = ITEMS[0], visitor()
    address = f"/rate/item/{item.key}"
    client.submit(address, action="save", **filled(4))
    rate = RatingQueue.rate

    def late(queue: RatingQueue, *given: Any) -> None:
        queue.reveal(item.key, "Ana")
        rate(queue, *given)

    monkeypatch.setattr(RatingQueue, "rate", late)
    answer = client.submit(address, action="save", **filled(1))
    assert answer.status_code == 200 and "relevance-1" not in answer.text
    assert ratings.sheet(item.key, "Ana").scores == all_rated(item, 4)


def test_skipped_ones_come_last_and_then_all_is_done(visitor: Visit, ratings: RatingQueue) -> None:
    client = visitor()
    seen: list[str] = []
    for number in range(4):
        page = client.get("/rate")
        seen.append(page.url.path)
        client.submit(page.url.path, action="skip" if number == 0 else "save", **filled())
    assert len(set(seen)) == 4
    assert client.get("/rate").url.path == seen[0]
    assert wording("en")("rate.done_left", n=1) in client.get("/rate/done").text
    client.submit(seen[0], action="save", **filled())
    assert client.get("/rate").url.path == "/rate/done"
    assert wording("en")("rate.done_text") in client.get("/rate/done").text


def test_pages_speak_both_languages_and_the_overview_leads_there(visitor: Visit, ratings: RatingQueue) -> None:
    for language in ("en", "id"):
        t, client = wording(language), visitor(language=language)
        assert t("rate.hint") in client.get("/").text
        assert t("rate.of", done=0, total=4) in client.get("/").text
        for path in ("/rate", "/rate/list", "/rate/done"):
            assert t("rate.title") in client.get(path).text, path
        page = client.get("/rate").text
        assert all(t.named("rate.criteria", name) in page for name in CRITERIA)


def test_without_ratings_there_is_no_page(visitor: Visit) -> None:
    client = visitor()
    assert client.get("/rate").status_code == 404
    assert wording("en")("rate.tab") not in client.get("/").text


def test_what_is_not_there_is_not_found(visitor: Visit, ratings: RatingQueue) -> None:
    client = visitor()
    for path in (f"/rate/item/{'0' * 64}", "/rate?run=other", f"/rate/item/{ITEMS[0].key}?run=other"):
        assert client.get(path).status_code == 404, path
    assert client.submit(f"/rate/item/{ITEMS[0].key}", action="other").status_code == 400
    assert client.post(f"/rate/item/{ITEMS[0].key}", data={"action": "skip"}).status_code == 403


def test_an_answer_is_never_html(visitor: Visit, queue: ReviewQueue) -> None:
    evil = "<script>alert(1)</script>"
    item = rating_item(9, prompt=evil, answers={"base": evil, "tuned": f"{evil}\n1. a", "reference": "1. b"})
    RatingQueue(queue.engine).publish("scores-1", [item])
    client = visitor()
    pages = [client.get(f"/rate/item/{item.key}").text, client.get("/rate/list").text]
    client.submit(f"/rate/item/{item.key}", action="save", **filled())
    pages.append(client.submit(f"/rate/item/{item.key}", action="reveal").text)
    assert all("&lt;script&gt;" in page and "<script>alert" not in page for page in pages)
