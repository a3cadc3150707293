"""What forms decide of a record: approved, rejected, skipped, undone, and chosen between two reviewers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from review_items import first_pending, form_fields, item

from langkah.review import Queue, ReviewQueue, Verdict

Visit = Callable[..., Any]


def test_an_approval_without_changes_keeps_the_answer_as_it_is(visitor: Visit, queue: ReviewQueue) -> None:
    entry = first_pending(queue, Queue.new)
    answer = visitor(follow=False).submit(f"/new/item/{entry.key}", **form_fields(entry), action="approve")
    assert answer.status_code == 303
    decision = queue.decisions([entry.key])[entry.key]
    assert (decision.verdict, decision.prompt, decision.output) == (Verdict.approved, entry.item.prompt, entry.item.output)
    assert decision.reviewer == "Ana"
    assert answer.headers["location"].startswith(f"/new/item/{first_pending(queue, Queue.new).key}")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"prompt": " "}, "without text cannot be approved"),
        ({"step": [" "]}, "without numbered steps cannot be approved"),
        ({"text": "Ask us."}, "without numbered steps cannot be approved"),
        ({"prompt": "a" * 1_000_001}, "at most 1,000,000 characters"),
    ],
)
def test_what_cannot_be_approved_is_told_and_nothing_typed_is_lost(
    visitor: Visit, queue: ReviewQueue, change: dict[str, Any], told: str
) -> None:
    entry = first_pending(queue, Queue.new)
    fields = {**form_fields(entry, notes="My note."), **change, "reason": "unclear", "reason_text": "My words."}
    page = visitor().submit(f"/new/item/{entry.key}", **fields, action="approve")
    assert page.status_code == 422 and told in page.text
    assert 'value="unclear" checked' in page.text and 'value="My words."' in page.text
    assert ("Ask us.</textarea>" if "text" in change else "My note.</textarea>") in page.text
    assert queue.progress("run").decided == 0


def test_a_rejection_keeps_the_reason_and_shows_it_in_both_languages(visitor: Visit, queue: ReviewQueue) -> None:
    entry = first_pending(queue, Queue.flagged)
    client = visitor()
    client.submit(
        f"/flagged/item/{entry.key}", **form_fields(entry), action="reject", reason="outdated", reason_text="since 2024"
    )
    assert queue.decisions([entry.key])[entry.key].reason == "It is out of date: since 2024"
    client.submit("/language", language="id", next="/")
    assert "Sudah tidak berlaku: since 2024" in client.get(f"/flagged/item/{entry.key}").text


def test_skipping_leads_on_and_round_and_ends(visitor: Visit, queue: ReviewQueue) -> None:
    queue.publish("two", [item(1), item(2)])
    client = visitor()
    for number in (1, 2):
        entry = queue.entry(item(number).key, "two")
        page = client.submit(f"/new/item/{entry.key}", **form_fields(entry), action="skip")
    assert f"/new/item/{item(1).key}" in str(page.url)
    for number in (1, 2):
        entry = queue.entry(item(number).key, "two")
        page = client.submit(f"/new/item/{entry.key}", **form_fields(entry), action="approve")
    assert page.url.path == "/new/done"
    assert "This queue is done" in page.text and "Everything is decided" in page.text


def test_skipping_keeps_what_was_typed_for_later(visitor: Visit, queue: ReviewQueue) -> None:
    entry = first_pending(queue, Queue.new)
    client = visitor()
    client.submit(f"/new/item/{entry.key}", **form_fields(entry, prompt=" ", step=["Half a"]), action="skip")
    left = queue.entry(entry.key)
    assert (left.verdict, left.prompt, left.output) == (Verdict.skipped, entry.item.prompt, "1. Half a")
    assert ">Half a</textarea>" in client.get(f"/new/item/{entry.key}").text


def test_undo_takes_the_last_decisions_back_one_by_one(visitor: Visit, queue: ReviewQueue) -> None:
    client = visitor()
    keys: list[str] = []
    for name in (Queue.new, Queue.flagged):
        entry = first_pending(queue, name)
        keys.append(entry.key)
        client.submit(f"/{name.value}/item/{entry.key}", **form_fields(entry), action="reject", reason="wrong")
    assert f"/flagged/item/{keys[1]}" in str(client.submit("/new/undo").url)
    assert f"/new/item/{keys[0]}" in str(client.submit("/new/undo").url)
    assert queue.progress("run").decided == 0
    assert "nothing of yours to take back" in client.submit("/new/undo").text
    assert len(queue.history(keys[0])) == 2


def test_undo_goes_on_through_the_decisions_of_one_item(visitor: Visit, queue: ReviewQueue) -> None:
    entry = first_pending(queue, Queue.new)
    client = visitor()
    address = f"/new/item/{entry.key}"
    client.submit(address, **form_fields(entry), action="reject", reason="wrong")
    client.submit(address, **form_fields(queue.entry(entry.key)), action="approve")
    for verdict in (Verdict.rejected, Verdict.pending):
        page = client.submit("/new/undo")
        assert queue.entry(entry.key).verdict is verdict
    assert "Taken back by Ana" in page.text


def test_the_second_reviewer_sees_both_versions_and_chooses(visitor: Visit, queue: ReviewQueue) -> None:
    entry = first_pending(queue, Queue.new)
    address = f"/new/item/{entry.key}"
    visitor(reviewer="Budi").submit(address, **form_fields(entry), action="reject", reason="wrong")
    ana = visitor()
    page = ana.submit(address, **form_fields(entry, step=["Mine."]), action="approve")
    assert page.status_code == 409
    assert "Budi decided: Rejected" in page.text and "1. Mine." in page.text
    assert queue.entry(entry.key).verdict is Verdict.rejected
    version = re.search(r'name="version" value="(\d+)"', page.text)
    assert version
    ana.submit(address, version=version[1], action="approve", prompt="Q", output="1. Mine.", reason_text="")
    decision = queue.decisions([entry.key])[entry.key]
    assert (decision.reviewer, decision.output) == ("Ana", "1. Mine.")


@pytest.mark.parametrize("fields", [{}, {"version": "x"}, {"version": "-1"}, {"version": "9" * 30}])
def test_a_form_without_a_version_is_refused(visitor: Visit, queue: ReviewQueue, fields: dict[str, str]) -> None:
    entry = first_pending(queue, Queue.new)
    answer = visitor().submit(f"/new/item/{entry.key}", **{**fields, "prompt": "p", "step": ["s"], "action": "approve"})
    assert answer.status_code == 400
    assert queue.progress("run").decided == 0
