"""The pages that show: items, filters, progress."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from review_items import STEPS, first_pending, form_fields, item, items

from langkah.review import Kind, Queue, ReviewQueue, Verdict
from langkah.review.database import writing
from langkah.review.deciding import decide
from langkah.sources import RowFlag

Visit = Callable[..., Any]


def test_filters_stay_on_the_way_through_a_queue(visitor: Visit, queue: ReviewQueue) -> None:
    client = visitor()
    page = client.get("/new?language=id&source=shop")
    assert "language=id" in str(page.url)
    key = str(page.url.path).rpartition("/")[2]
    entry = queue.entry(key)
    assert (entry.item.language, entry.item.source) == ("id", "shop")
    answer = client.submit(f"/new/item/{key}?language=id&source=shop", **form_fields(entry), action="skip")
    following = queue.entry(answer.url.path.rpartition("/")[2])
    assert (following.item.language, following.item.source) == ("id", "shop")
    assert "language=id" in str(answer.url)


def test_a_link_to_a_run_shows_that_run(visitor: Visit, queue: ReviewQueue) -> None:
    queue.publish("later", [item(99)])
    client = visitor()
    assert "1 to decide" in client.get("/").text
    assert "12 to decide" in client.get("/?run=run").text
    assert client.get("/?run=unknown").status_code == 404


def test_time_and_progress_are_shown(visitor: Visit, queue: ReviewQueue) -> None:
    with writing(queue.engine) as connection:
        for number, each in enumerate(items(24)[3::4]):
            at = datetime(2026, 1, 5, 9, tzinfo=UTC) + timedelta(seconds=30 * number)
            decide(connection, each.key, Verdict.approved, reviewer="Ana", version=0, at=at)
    page = visitor().get("/new").text
    assert "6 of 12 decided" in page
    assert "about 3 min left" in page


def test_steps_shown_are_those_of_the_answer(visitor: Visit, queue: ReviewQueue) -> None:
    entry = first_pending(queue, Queue.new)
    page = visitor().get(f"/new/item/{entry.key}").text
    shown = re.findall(r'<textarea name="step"[^>]*>([^<]+)</textarea>', page)
    assert [f"{n}. {text}" for n, text in enumerate(shown, start=1)] == STEPS.split("\n")


def test_an_item_is_named_by_file_and_row_as_reasons_name_others(visitor: Visit, queue: ReviewQueue) -> None:
    reason = f"{RowFlag.same_prompt}: faq.csv row 8, faq.csv row 9 and 3 more; {RowFlag.no_steps}"
    queue.publish("clash", [item(6, Kind.flagged, source="bantuan", reasons=(reason,))])
    page = visitor().get("/flagged").text
    assert "faq.csv row 6" in page and "of source bantuan" in page and "faq.csv row 8, faq.csv row 9 and 3 more" in page
    page = visitor(language="id").get("/flagged").text
    assert "faq.csv baris 6" in page and "dari sumber bantuan" in page
    assert "pertanyaan sama, jawaban berbeda: faq.csv baris 8, faq.csv baris 9 dan 3 lagi; tidak ada langkah bernomor" in page


def test_variants_are_shown_with_the_answer_of_their_original(visitor: Visit, queue: ReviewQueue) -> None:
    record, way, lone = item(1), item(1, Kind.variant), item(2, Kind.variant)
    queue.publish("ways", [record, way, lone])
    queue.decide(record.key, Verdict.approved, reviewer="Ana", version=0, output="1. Open it at last.")
    client = visitor()
    assert '<div class="text">1. Open it at last.</div>' in client.get(f"/variants/item/{way.key}").text
    assert (
        "<details><summary>"
        not in client.get(f"/variants/item/{lone.key}").text.partition("</header>")[2].partition("filters")[2]
    )
