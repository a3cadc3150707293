"""What forms decide of the variants of a question, one by one, all at once, and with their question."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from review_items import form_fields, item

from langkah.review import Kind, ReviewQueue, Verdict

Visit = Callable[..., Any]


def test_a_refused_variant_costs_nothing_that_was_typed_into_the_others(visitor: Visit, queue: ReviewQueue) -> None:
    group = [item(1, Kind.variant, prompt=f"Way {number}?") for number in range(2)]
    queue.publish("ways", group)
    fields = {f"version:{each.key}": 0 for each in group} | {f"prompt:{group[0].key}": " ", f"prompt:{group[1].key}": "Mine?"}
    page = visitor().submit(f"/variants/item/{group[0].key}", **fields, reason_text="Why", action="approve:all")
    assert page.status_code == 422 and "Mine?</textarea>" in page.text and 'value="Why"' in page.text
    assert queue.progress("ways").decided == 0


def test_variants_are_decided_one_by_one_and_all_at_once(visitor: Visit, queue: ReviewQueue) -> None:
    group = [item(1, Kind.variant, prompt=f"Way {number}?") for number in range(4)]
    other = item(2, Kind.variant)
    queue.publish("ways", [*group, other])
    client = visitor()
    address = f"/variants/item/{group[0].key}"
    page = client.get(address)
    assert all(f"Way {number}?" in page.text for number in range(4)) and "How do I set sound 1?" in page.text
    fields = {f"version:{each.key}": 0 for each in group} | {f"prompt:{each.key}": each.prompt for each in group}
    client.submit(address, **fields, action=f"reject:{group[1].key}", reason_text="means something else")
    edited = fields | {f"prompt:{group[2].key}": "Way two?"}
    page = client.submit(address, **edited, action="approve:all")
    assert "3 approved" in page.text
    assert other.key in str(page.url)
    found = queue.decisions(each.key for each in group)
    assert [found[each.key].verdict.value for each in group] == ["approved", "rejected", "approved", "approved"]
    assert found[group[2].key].prompt == "Way two?"
    assert found[group[1].key].reason == "means something else"
    client.submit("/variants/undo")
    assert [queue.entry(each.key).verdict.value for each in group] == ["pending", "rejected", "pending", "pending"]


def test_a_rejected_variant_has_a_reason_that_was_chosen(visitor: Visit, queue: ReviewQueue) -> None:
    group = [item(1, Kind.variant, prompt=f"Way {number}?") for number in range(2)]
    queue.publish("ways", [*group, item(2, Kind.variant)])
    client = visitor()
    address = f"/variants/item/{group[0].key}"
    page = client.get(address).text
    assert "1 of 3" in page and "Approve the 2 undecided" in page
    reason = re.findall(r'<option value="(\w+)">It asks for something else', page)[0]
    fields = {f"version:{group[0].key}": 0, f"prompt:{group[0].key}": "Way 0?", "reason": reason, "reason_text": ""}
    page = client.submit(address, **fields, action=f"reject:{group[0].key}").text
    assert queue.decisions([group[0].key])[group[0].key].reason == "It asks for something else"
    assert "1 of 2" in page and "Approve the last one" in page, "its place among those that are left"
    queue.decide(group[1].key, Verdict.approved, reviewer="Ana", version=0)
    assert "Others: 1" in client.get(address).text
    client.submit("/language", language="id", next="/")
    assert "Menanyakan hal lain" in client.get(address).text


def test_all_at_once_leaves_alone_what_somebody_else_decided(visitor: Visit, queue: ReviewQueue) -> None:
    group = [item(1, Kind.variant, prompt=f"Way {number}?") for number in range(3)]
    queue.publish("ways", group)
    fields = {f"version:{each.key}": 0 for each in group} | {f"prompt:{each.key}": each.prompt for each in group}
    queue.decide(group[0].key, Verdict.skipped, reviewer="Budi", version=0)
    page = visitor().submit(f"/variants/item/{group[1].key}", **fields, action="approve:all")
    assert "2 approved" in page.text and "1 were decided by somebody else" in page.text


def test_one_variant_that_somebody_else_decided_is_chosen_between(visitor: Visit, queue: ReviewQueue) -> None:
    group = [item(1, Kind.variant, prompt=f"Way {number}?") for number in range(2)]
    queue.publish("ways", group)
    queue.decide(group[0].key, Verdict.rejected, reviewer="Budi", version=0)
    address = f"/variants/item/{group[0].key}"
    ana = visitor()
    fields = {f"version:{group[0].key}": 0, f"prompt:{group[0].key}": "My way?"}
    page = ana.submit(address, **fields, action=f"approve:{group[0].key}")
    assert page.status_code == 409 and "Budi decided: Rejected" in page.text and "My way?" in page.text
    hidden = dict(
        re.findall(r'<(?:input type="hidden"|textarea) name="((?:version|prompt):\w+)" (?:value="|hidden>)([^"<]*)', page.text)
    )
    ana.submit(address, **hidden, action=f"approve:{group[0].key}")
    assert (queue.entry(group[0].key).prompt, queue.entry(group[0].key).verdict) == ("My way?", Verdict.approved)


def test_a_rejected_question_takes_its_undecided_variants_with_it(visitor: Visit, queue: ReviewQueue) -> None:
    group = [item(1, Kind.variant, prompt=f"Way {number}?") for number in range(3)]
    queue.publish("ways", [item(1), item(2), *group, item(2, Kind.variant)])
    queue.decide(group[0].key, Verdict.approved, reviewer="Budi", version=0)
    client = visitor()
    address = f"/new/item/{item(1).key}"
    assert "Reject its undecided variants with it (2)" in client.get(address).text
    page = client.submit(address, **form_fields(queue.entry(item(1).key)), action="reject", reason="wrong", along="1")
    assert "Rejected, with its variants (2)." in page.text and item(2).key in str(page.url)
    verdicts = [queue.entry(each.key).verdict.value for each in (item(1), *group, item(2, Kind.variant))]
    assert verdicts == ["rejected", "approved", "rejected", "rejected", "pending"]
    assert queue.decisions([group[1].key])[group[1].key].reason == "The answer is wrong"
    assert item(1).key in str(client.submit("/new/undo").url)
    assert queue.progress("ways").decided == 1, "what was rejected together is taken back together"
    client.submit(address, **form_fields(queue.entry(item(1).key)), action="reject", reason="wrong")
    assert queue.entry(group[1].key).verdict is Verdict.pending, "the variants stay where that was not asked for"


def test_a_rejection_that_comes_too_late_leaves_the_variants_alone_until_it_is_repeated(
    visitor: Visit, queue: ReviewQueue
) -> None:
    variant = item(1, Kind.variant)
    queue.publish("ways", [item(1), variant])
    seen = queue.entry(item(1).key)
    queue.decide(item(1).key, Verdict.approved, reviewer="Budi", version=0)
    client = visitor()
    page = client.submit(f"/new/item/{item(1).key}", **form_fields(seen), action="reject", reason="wrong", along="1")
    assert page.status_code == 409 and queue.entry(variant.key).verdict is Verdict.pending
    names = ("version", "reason_text", "along")
    hidden = {name: re.findall(f'name="{name}" value="([^"]*)"', page.text)[0] for name in names}
    client.submit(f"/new/item/{item(1).key}", **hidden, prompt="p", output="1. o", action="reject")
    decision = queue.decisions([item(1).key])[item(1).key]
    assert (decision.verdict, decision.reason) == (Verdict.rejected, "The answer is wrong")
    assert queue.entry(variant.key).verdict is Verdict.rejected


def test_variants_that_another_record_may_still_take_are_not_offered(visitor: Visit, queue: ReviewQueue) -> None:
    twin = item(1, Kind.flagged, output="1. Do it otherwise.")
    queue.publish("ways", [item(1), twin, item(1, Kind.variant)])
    client = visitor()
    assert "undecided variants" not in client.get(f"/new/item/{item(1).key}").text
    queue.decide(twin.key, Verdict.rejected, reviewer="Budi", version=0)
    assert "Reject its undecided variants with it (1)" in client.get(f"/new/item/{item(1).key}").text
