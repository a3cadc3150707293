from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from review_items import STEPS, item, items

from langkah.app.wording import wording
from langkah.procedure.flags import Flag
from langkah.review import Filters, Kind, Queue, ReviewQueue, Verdict
from langkah.review.admission import OTHER_ANSWER
from langkah.review.database import writing
from langkah.review.deciding import decide
from langkah.sources import RowFlag
from langkah.splitting import SCRUBBED_ALIKE

Visit = Callable[..., Any]


def _first(queue: ReviewQueue, name: Queue) -> Any:
    return queue.page("run", name, Filters(verdict=Verdict.pending), limit=1).entries[0]


def _fields(entry: Any, **changes: Any) -> dict[str, Any]:
    steps = [line.partition(". ")[2] for line in entry.output.split("\n")]
    return {"version": entry.version, "prompt": entry.prompt, "step": steps, **changes}


def test_every_page_says_what_it_should_in_both_languages(visitor: Visit, queue: ReviewQueue) -> None:
    client = visitor()
    key = _first(queue, Queue.new).key
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


def test_both_languages_have_the_same_texts() -> None:
    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: shape(child) for key, child in value.items()}
        return len(value) if isinstance(value, list) else sorted(re.findall(r"\{\w+\}", str(value)))

    english, indonesian = (wording(language)._texts for language in ("en", "id"))
    parts = [name for name in english if name != "because"]
    assert {name: shape(english[name]) for name in parts} == {name: shape(indonesian[name]) for name in parts}


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


def test_an_approval_without_changes_keeps_the_answer_as_it_is(visitor: Visit, queue: ReviewQueue) -> None:
    entry = _first(queue, Queue.new)
    answer = visitor(follow=False).submit(f"/new/item/{entry.key}", **_fields(entry), action="approve")
    assert answer.status_code == 303
    decision = queue.decisions([entry.key])[entry.key]
    assert (decision.verdict, decision.prompt, decision.output) == (Verdict.approved, entry.item.prompt, entry.item.output)
    assert decision.reviewer == "Ana"
    assert answer.headers["location"].startswith(f"/new/item/{_first(queue, Queue.new).key}")


def test_an_edited_answer_is_approved_as_it_was_edited(visitor: Visit, queue: ReviewQueue) -> None:
    entry = _first(queue, Queue.new)
    steps = ["Open it.\r\n- at the top", "  ", "Press <b>Save</b>."]
    fields = _fields(entry, prompt="How?", step=steps, intro="First:", notes="Note: never.")
    visitor().submit(f"/new/item/{entry.key}", **fields, action="approve")
    decision = queue.decisions([entry.key])[entry.key]
    assert decision.prompt == "How?"
    assert decision.output == "First:\n1. Open it.\n   - at the top\n2. Press <b>Save</b>.\n\nNote: never."


@pytest.mark.parametrize(
    ("action", "steps"),
    [
        ("add:1", ["a", "", "b", "c"]), ("add:3", ["a", "b", "c", ""]), ("delete:0", ["b", "c"]), ("up:2", ["a", "c", "b"]),
        ("down:0", ["b", "a", "c"]), ("up:0", ["a", "b", "c"]), ("down:9", ["a", "b", "c"]), ("keep", ["a", "b", "c"]),
        ("delete:x", ["a", "b", "c"]),
    ],
)  # fmt: skip
def test_steps_are_edited_without_javascript_too(visitor: Visit, queue: ReviewQueue, action: str, steps: list[str]) -> None:
    entry = _first(queue, Queue.new)
    page = visitor().submit(f"/new/item/{entry.key}", **_fields(entry, step=["a", "b", "c"]), action=action)
    shown = page.text.partition("<template")[0]
    assert re.findall(r'<textarea name="step"[^>]*>([^<]*)</textarea>', shown) == steps
    assert queue.progress("run").decided == 0


@pytest.mark.parametrize(
    ("text", "steps", "notes"),
    [
        (
            "To invite someone you need to be an admin. If the list is empty, press Add.",
            ["If the list is empty, press Add."],
            "To invite someone you need to be an admin.",
        ),
        ("Kami buka setiap hari.\nHubungi kami lewat chat.", ["Hubungi kami lewat chat."], "Kami buka setiap hari."),
        ("We ship on Monday. Never on Sunday.", [""], "We ship on Monday.\nNever on Sunday."),
    ],
)
def test_of_an_answer_without_steps_only_what_is_to_be_done_becomes_a_step(
    visitor: Visit, queue: ReviewQueue, text: str, steps: list[str], notes: str
) -> None:
    queue.publish("raw", [item(1, Kind.flagged, output=text)])
    entry = queue.page("raw").entries[0]
    client = visitor()
    assert 'name="text"' in client.get(f"/flagged/item/{entry.key}").text
    page = client.submit(f"/flagged/item/{entry.key}", version=0, prompt="p", text=text, action="steps")
    shown = page.text.partition("<template")
    assert re.findall(r'<textarea name="step"[^>]*>([^<]*)</textarea>', shown[0]) == steps
    assert f">{notes}</textarea>" in shown[2]


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
    entry = _first(queue, Queue.new)
    fields = {**_fields(entry, notes="My note."), **change, "reason": "unclear", "reason_text": "My words."}
    page = visitor().submit(f"/new/item/{entry.key}", **fields, action="approve")
    assert page.status_code == 422 and told in page.text
    assert 'value="unclear" checked' in page.text and 'value="My words."' in page.text
    assert ("Ask us.</textarea>" if "text" in change else "My note.</textarea>") in page.text
    assert queue.progress("run").decided == 0


def test_a_refused_variant_costs_nothing_that_was_typed_into_the_others(visitor: Visit, queue: ReviewQueue) -> None:
    group = [item(1, Kind.variant, prompt=f"Way {number}?") for number in range(2)]
    queue.publish("ways", group)
    fields = {f"version:{each.key}": 0 for each in group} | {f"prompt:{group[0].key}": " ", f"prompt:{group[1].key}": "Mine?"}
    page = visitor().submit(f"/variants/item/{group[0].key}", **fields, reason_text="Why", action="approve:all")
    assert page.status_code == 422 and "Mine?</textarea>" in page.text and 'value="Why"' in page.text
    assert queue.progress("ways").decided == 0


def test_a_rejection_keeps_the_reason_and_shows_it_in_both_languages(visitor: Visit, queue: ReviewQueue) -> None:
    entry = _first(queue, Queue.flagged)
    client = visitor()
    client.submit(f"/flagged/item/{entry.key}", **_fields(entry), action="reject", reason="outdated", reason_text="since 2024")
    assert queue.decisions([entry.key])[entry.key].reason == "It is out of date: since 2024"
    client.submit("/language", language="id", next="/")
    assert "Sudah tidak berlaku: since 2024" in client.get(f"/flagged/item/{entry.key}").text


def test_skipping_leads_on_and_round_and_ends(visitor: Visit, queue: ReviewQueue) -> None:
    queue.publish("two", [item(1), item(2)])
    client = visitor()
    for number in (1, 2):
        entry = queue.entry(item(number).key, "two")
        page = client.submit(f"/new/item/{entry.key}", **_fields(entry), action="skip")
    assert f"/new/item/{item(1).key}" in str(page.url)
    for number in (1, 2):
        entry = queue.entry(item(number).key, "two")
        page = client.submit(f"/new/item/{entry.key}", **_fields(entry), action="approve")
    assert page.url.path == "/new/done"
    assert "This queue is done" in page.text and "Everything is decided" in page.text


def test_skipping_keeps_what_was_typed_for_later(visitor: Visit, queue: ReviewQueue) -> None:
    entry = _first(queue, Queue.new)
    client = visitor()
    client.submit(f"/new/item/{entry.key}", **_fields(entry, prompt=" ", step=["Half a"]), action="skip")
    left = queue.entry(entry.key)
    assert (left.verdict, left.prompt, left.output) == (Verdict.skipped, entry.item.prompt, "1. Half a")
    assert ">Half a</textarea>" in client.get(f"/new/item/{entry.key}").text


def test_undo_takes_the_last_decisions_back_one_by_one(visitor: Visit, queue: ReviewQueue) -> None:
    client = visitor()
    keys: list[str] = []
    for name in (Queue.new, Queue.flagged):
        entry = _first(queue, name)
        keys.append(entry.key)
        client.submit(f"/{name.value}/item/{entry.key}", **_fields(entry), action="reject", reason="wrong")
    assert f"/flagged/item/{keys[1]}" in str(client.submit("/new/undo").url)
    assert f"/new/item/{keys[0]}" in str(client.submit("/new/undo").url)
    assert queue.progress("run").decided == 0
    assert "nothing of yours to take back" in client.submit("/new/undo").text
    assert len(queue.history(keys[0])) == 2


def test_undo_goes_on_through_the_decisions_of_one_item(visitor: Visit, queue: ReviewQueue) -> None:
    entry = _first(queue, Queue.new)
    client = visitor()
    address = f"/new/item/{entry.key}"
    client.submit(address, **_fields(entry), action="reject", reason="wrong")
    client.submit(address, **_fields(queue.entry(entry.key)), action="approve")
    for verdict in (Verdict.rejected, Verdict.pending):
        page = client.submit("/new/undo")
        assert queue.entry(entry.key).verdict is verdict
    assert "Taken back by Ana" in page.text


def test_the_second_reviewer_sees_both_versions_and_chooses(visitor: Visit, queue: ReviewQueue) -> None:
    entry = _first(queue, Queue.new)
    address = f"/new/item/{entry.key}"
    visitor(reviewer="Budi").submit(address, **_fields(entry), action="reject", reason="wrong")
    ana = visitor()
    page = ana.submit(address, **_fields(entry, step=["Mine."]), action="approve")
    assert page.status_code == 409
    assert "Budi decided: Rejected" in page.text and "1. Mine." in page.text
    assert queue.entry(entry.key).verdict is Verdict.rejected
    version = re.search(r'name="version" value="(\d+)"', page.text)
    assert version
    ana.submit(address, version=version[1], action="approve", prompt="Q", output="1. Mine.", reason_text="")
    decision = queue.decisions([entry.key])[entry.key]
    assert (decision.reviewer, decision.output) == ("Ana", "1. Mine.")


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
    page = client.submit(address, **_fields(queue.entry(item(1).key)), action="reject", reason="wrong", along="1")
    assert "Rejected, with its variants (2)." in page.text and item(2).key in str(page.url)
    verdicts = [queue.entry(each.key).verdict.value for each in (item(1), *group, item(2, Kind.variant))]
    assert verdicts == ["rejected", "approved", "rejected", "rejected", "pending"]
    assert queue.decisions([group[1].key])[group[1].key].reason == "The answer is wrong"
    assert item(1).key in str(client.submit("/new/undo").url)
    assert queue.progress("ways").decided == 1, "what was rejected together is taken back together"
    client.submit(address, **_fields(queue.entry(item(1).key)), action="reject", reason="wrong")
    assert queue.entry(group[1].key).verdict is Verdict.pending, "the variants stay where that was not asked for"


def test_a_rejection_that_comes_too_late_leaves_the_variants_alone_until_it_is_repeated(
    visitor: Visit, queue: ReviewQueue
) -> None:
    variant = item(1, Kind.variant)
    queue.publish("ways", [item(1), variant])
    seen = queue.entry(item(1).key)
    queue.decide(item(1).key, Verdict.approved, reviewer="Budi", version=0)
    client = visitor()
    page = client.submit(f"/new/item/{item(1).key}", **_fields(seen), action="reject", reason="wrong", along="1")
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


def test_a_second_answer_to_one_question_is_shown_beside_the_first_and_one_of_them_chosen(
    visitor: Visit, queue: ReviewQueue
) -> None:
    one, other = item(1, prompt="How?"), item(2, Kind.flagged, prompt="how", output="1. Ask <us>.")
    queue.publish("rivals", [one, other, item(4)])
    client = visitor()
    page = client.get(f"/new/item/{one.key}").text
    assert "Another answer to this question" in page and f"/flagged/item/{other.key}" in page
    assert "1. Ask &lt;us&gt;." in page
    assert "Approved." in client.submit(f"/new/item/{one.key}", **_fields(queue.entry(one.key)), action="approve").text
    address = f"/flagged/item/{other.key}"
    assert "Approved</span>" in client.get(address).text
    fields = _fields(queue.entry(other.key), step=["Ask them."])
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
            in client.submit(f"/flagged/item/{other.key}", **_fields(queue.entry(other.key), **change), action="approve").text
        )
        client.submit("/flagged/undo")


def test_another_answer_that_moved_meanwhile_is_looked_at_again(visitor: Visit, queue: ReviewQueue) -> None:
    one, other = item(1, prompt="How?"), item(2, Kind.flagged, prompt="how", output="1. Ask us.")
    queue.publish("rivals", [one, other])
    queue.decide(one.key, Verdict.approved, reviewer="Budi", version=0, output="1. Mended.")
    fields = {**_fields(queue.entry(other.key)), f"version:{one.key}": 0}
    page = visitor().submit(f"/flagged/item/{other.key}", **fields, action="prefer")
    assert page.status_code == 409 and "1. Mended." in page.text
    assert [queue.entry(key).verdict.value for key in (one.key, other.key)] == ["approved", "pending"]


def test_filters_stay_on_the_way_through_a_queue(visitor: Visit, queue: ReviewQueue) -> None:
    client = visitor()
    page = client.get("/new?language=id&source=shop")
    assert "language=id" in str(page.url)
    key = str(page.url.path).rpartition("/")[2]
    entry = queue.entry(key)
    assert (entry.item.language, entry.item.source) == ("id", "shop")
    answer = client.submit(f"/new/item/{key}?language=id&source=shop", **_fields(entry), action="skip")
    following = queue.entry(answer.url.path.rpartition("/")[2])
    assert (following.item.language, following.item.source) == ("id", "shop")
    assert "language=id" in str(answer.url)


def test_a_link_to_a_run_shows_that_run(visitor: Visit, queue: ReviewQueue) -> None:
    queue.publish("later", [item(99)])
    client = visitor()
    assert "1 to decide" in client.get("/").text
    assert "12 to decide" in client.get("/?run=run").text
    assert client.get("/?run=unknown").status_code == 404


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
    answer = visitor().get(path.replace("{new}", _first(queue, Queue.new).key))
    assert answer.status_code == 404
    assert "That did not work" in answer.text


@pytest.mark.parametrize("fields", [{}, {"version": "x"}, {"version": "-1"}, {"version": "9" * 30}])
def test_a_form_without_a_version_is_refused(visitor: Visit, queue: ReviewQueue, fields: dict[str, str]) -> None:
    entry = _first(queue, Queue.new)
    answer = visitor().submit(f"/new/item/{entry.key}", **{**fields, "prompt": "p", "step": ["s"], "action": "approve"})
    assert answer.status_code == 400
    assert queue.progress("run").decided == 0


def test_time_and_progress_are_shown(visitor: Visit, queue: ReviewQueue) -> None:
    with writing(queue.engine) as connection:
        for number, each in enumerate(items(24)[3::4]):
            at = datetime(2026, 1, 5, 9, tzinfo=UTC) + timedelta(seconds=30 * number)
            decide(connection, each.key, Verdict.approved, reviewer="Ana", version=0, at=at)
    page = visitor().get("/new").text
    assert "6 of 12 decided" in page
    assert "about 3 min left" in page


def test_an_empty_queue_says_so(visitor: Visit, tmp_path: Any) -> None:
    from starlette.testclient import TestClient

    from langkah.app import AppSettings, review_app

    empty = ReviewQueue.open(f"sqlite:///{tmp_path / 'empty.db'}")
    client = TestClient(review_app(empty, AppSettings(reviewer="Ana"), b"x" * 32), base_url="http://localhost")
    assert "Nothing waits for review yet" in client.get("/").text
    assert client.get("/new").status_code == 200
    empty.close()


def test_steps_shown_are_those_of_the_answer(visitor: Visit, queue: ReviewQueue) -> None:
    entry = _first(queue, Queue.new)
    page = visitor().get(f"/new/item/{entry.key}").text
    shown = re.findall(r'<textarea name="step"[^>]*>([^<]+)</textarea>', page)
    assert [f"{n}. {text}" for n, text in enumerate(shown, start=1)] == STEPS.split("\n")


def _flagged(queue: ReviewQueue, output: str) -> str:
    """The key of a flagged item with this answer, alone in its run."""
    only = item(1, Kind.flagged, output=output)
    queue.publish("long", [only])
    return only.key


def test_no_step_of_a_long_answer_is_lost(visitor: Visit, queue: ReviewQueue) -> None:
    client = visitor()
    key = _flagged(queue, "Ask.")
    steps = [f"Do thing {number}." for number in range(1, 1_001)]
    client.get("/")
    client.submit(f"/flagged/item/{key}", action="approve", version="0", prompt="How?", step=steps)
    assert len(queue.decisions([key])[key].output.split("\n")) == 1_000


def test_a_text_of_very_many_lines_stays_one_that_can_be_decided(visitor: Visit, queue: ReviewQueue) -> None:
    client = visitor()
    lines = "If the list is empty, press Add.\n" * 3_000
    key = _flagged(queue, lines)
    client.get("/")
    page = client.submit(f"/flagged/item/{key}", action="steps", version="0", prompt="How?", text=lines)
    assert page.status_code == 200 and 'name="text"' in page.text and 'name="step"' not in page.text


def test_an_answer_as_long_as_the_queue_takes_is_decided(visitor: Visit, queue: ReviewQueue) -> None:
    client = visitor()
    output = "1. " + "开" * 999_000
    key = _flagged(queue, output)
    client.get("/")
    client.submit(f"/flagged/item/{key}", action="approve", version="0", prompt="How?", step=output[3:])
    assert queue.decisions([key])[key].output == output


@pytest.mark.parametrize("action", ["up:" + "9" * 5_000, "add:" + "9" * 30, "delete:-1", "down:²", "zap", ""])
def test_a_button_that_does_not_exist_does_nothing(visitor: Visit, queue: ReviewQueue, action: str) -> None:
    client = visitor()
    key = _flagged(queue, "1. Open.\n2. Save.")
    client.get("/")
    page = client.submit(f"/flagged/item/{key}", action=action, version="0", prompt="How?", step=["Open.", "Save."])
    assert page.status_code == 200
    assert not queue.decisions([key])


def test_an_item_is_named_by_file_and_row_as_reasons_name_others(visitor: Visit, queue: ReviewQueue) -> None:
    reason = f"{RowFlag.same_prompt}: faq.csv row 8, faq.csv row 9 and 3 more; {RowFlag.no_steps}"
    queue.publish("clash", [item(6, Kind.flagged, source="bantuan", reasons=(reason,))])
    page = visitor().get("/flagged").text
    assert "faq.csv row 6" in page and "of source bantuan" in page and "faq.csv row 8, faq.csv row 9 and 3 more" in page
    page = visitor(language="id").get("/flagged").text
    assert "faq.csv baris 6" in page and "dari sumber bantuan" in page
    assert "pertanyaan sama, jawaban berbeda: faq.csv baris 8, faq.csv baris 9 dan 3 lagi; tidak ada langkah bernomor" in page


@pytest.mark.parametrize("reason", [*Flag, *RowFlag, SCRUBBED_ALIKE, OTHER_ANSWER])
def test_every_reason_of_the_rules_has_an_indonesian_text(reason: str) -> None:
    told = wording("id").because(str(reason))
    assert not set(re.findall(r"\w+", str(reason))) & set(re.findall(r"\w+", told)) - {"id"}, "some of it stayed English"
