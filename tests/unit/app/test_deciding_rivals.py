"""What forms decide where two records answer one question."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from review_items import STEPS, form_fields, item

from langkah.review import Kind, ReviewQueue, Verdict

Visit = Callable[..., Any]


def test_a_second_answer_to_one_question_is_shown_beside_the_first_and_one_of_them_chosen(
    visitor: Visit, queue: ReviewQueue
) -> None:
    one, other = item(1, prompt="How?"), item(2, Kind.flagged, prompt="how", output="1. Ask <us>.")
    queue.publish("rivals", [one, other, item(4)])
    client = visitor()
    page = client.get(f"/new/item/{one.key}").text
    assert "Another answer to this question" in page and f"/flagged/item/{other.key}" in page
    assert "1. Ask &lt;us&gt;." in page
    assert "Approved." in client.submit(f"/new/item/{one.key}", **form_fields(queue.entry(one.key)), action="approve").text
    address = f"/flagged/item/{other.key}"
    assert "Approved</span>" in client.get(address).text
    fields = form_fields(queue.entry(other.key), step=["Ask them."])
    page = client.submit(address, **fields, action="approve")
    assert page.status_code == 409 and "with both approved, neither trains" in page.text and "Ask them.</textarea>" in page.text
    assert queue.entry(other.key).verdict is Verdict.pending
    seen = dict(re.findall(r'name="(version:\w+)" value="(\d+)"', page.text))
    assert "the other answer rejected" in client.submit(address, **fields, **seen, action="prefer").text
    decision = queue.decisions([one.key])[one.key]
    assert (decision.verdict, decision.reason) == (Verdict.rejected, "Another answer to this question is kept")
    assert (queue.entry(other.key).verdict, queue.entry(other.key).output) == (Verdict.approved, "1. Ask them.")
    client.submit("/flagged/undo")
    assert [queue.entry(key).verdict.value for key in (one.key, other.key)] == ["approved", "pending"]


def test_an_answer_made_the_same_or_to_another_question_is_approved_beside_the_first(
    visitor: Visit, queue: ReviewQueue
) -> None:
    one, other = item(1, prompt="How?"), item(2, Kind.flagged, prompt="how", output="1. Ask us.")
    queue.publish("rivals", [one, other, item(4)])
    queue.decide(one.key, Verdict.approved, reviewer="Budi", version=0)
    client = visitor()
    same = {"step": [line[3:] for line in STEPS.split("\n")]}
    for change in (same, {"prompt": "Whom do I ask?"}):
        assert (
            "Approved."
            in client.submit(
                f"/flagged/item/{other.key}", **form_fields(queue.entry(other.key), **change), action="approve"
            ).text
        )
        client.submit("/flagged/undo")


def test_another_answer_that_moved_meanwhile_is_looked_at_again(visitor: Visit, queue: ReviewQueue) -> None:
    one, other = item(1, prompt="How?"), item(2, Kind.flagged, prompt="how", output="1. Ask us.")
    queue.publish("rivals", [one, other])
    queue.decide(one.key, Verdict.approved, reviewer="Budi", version=0, output="1. Mended.")
    fields = {**form_fields(queue.entry(other.key)), f"version:{one.key}": 0}
    page = visitor().submit(f"/flagged/item/{other.key}", **fields, action="prefer")
    assert page.status_code == 409 and "1. Mended." in page.text
    assert [queue.entry(key).verdict.value for key in (one.key, other.key)] == ["approved", "pending"]
