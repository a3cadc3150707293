"""Answers edited step by step, of any length, and turned into steps."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from review_items import first_pending, form_fields, item

from langkah.review import Kind, Queue, ReviewQueue

Visit = Callable[..., Any]


def _flagged(queue: ReviewQueue, output: str) -> str:
    """The key of a flagged item with this answer, alone in its run."""
    only = item(1, Kind.flagged, output=output)
    queue.publish("long", [only])
    return only.key


def test_an_edited_answer_is_approved_as_it_was_edited(visitor: Visit, queue: ReviewQueue) -> None:
    entry = first_pending(queue, Queue.new)
    steps = ["Open it.\r\n- at the top", "  ", "Press <b>Save</b>."]
    fields = form_fields(entry, prompt="How?", step=steps, intro="First:", notes="Note: never.")
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
    entry = first_pending(queue, Queue.new)
    page = visitor().submit(f"/new/item/{entry.key}", **form_fields(entry, step=["a", "b", "c"]), action=action)
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
