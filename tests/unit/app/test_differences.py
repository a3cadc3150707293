from __future__ import annotations

import time

from langkah.app.answer_form import AnswerForm
from langkah.app.differences import mark_changes


def _changed(pieces: list[tuple[str, bool]]) -> list[str]:
    return [text for text, changed in pieces if changed]


def test_words_that_went_and_came_are_marked() -> None:
    before, parts = mark_changes("Please open Settings, then press save", ["Open Settings.", "Press Save now."])
    assert _changed(before) == ["Please", ", then"]
    assert [_changed(part) for part in parts] == [[], ["now."]]


def test_nothing_is_lost_of_either_text() -> None:
    old, new = "a  b\n\nc <d> é 😀 ", ["", "x b", "c\n   - d!"]
    before, parts = mark_changes(old, new)
    assert "".join(piece.text for piece in before) == old
    assert ["".join(piece.text for piece in part) for part in parts] == new


def test_long_texts_are_compared_in_no_time_or_not_at_all() -> None:
    long = " ".join(f"word{number}" for number in range(2_900))
    started = time.perf_counter()
    mark_changes(long, [long.replace("7", "x")])
    _, parts = mark_changes(long * 3, [long])
    assert time.perf_counter() - started < 1
    assert _changed(parts[0]) == []


def test_a_form_gives_the_answer_that_it_was_made_of() -> None:
    for output in ("1. a\n2. b", "Intro:\n1. a\n   - x\n   y\n2. b\n\nNote: z\n\nmore", "no steps", "1) a\n2) b"):
        form = AnswerForm.of(output)
        assert form.output() == output
        fields = {"text": [form.text]} if form.steps is None else {
            "intro": [form.intro], "notes": [form.notes], "step": [step.replace("\n", "\r\n") for step in form.steps]
        }  # fmt: skip
        assert AnswerForm.read(fields).output() == output
