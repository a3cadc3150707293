"""Which questions are no more, and whether an answer to one gives the retired steps again."""

from __future__ import annotations

from langkah.evaluation.retired import retired_answers, retired_rows
from langkah.records import Answer, DatasetRow

DOOR = "1. Take the key.\n2. Turn it to the left.\n3. Pull the handle.\n4. Push the door."
LAMP = "1. Press the switch.\n2. Wait for the light."


def row(intent: str, output: str, variant_of: str | None = None) -> DatasetRow:
    return DatasetRow(
        intent=intent, prompt=f"How do I do {intent}?", output=output, language="en", source="faq", variant_of=variant_of
    )


def test_what_is_gone_is_retired_and_what_has_another_name_is_not() -> None:
    known = [row("door", DOOR), row("door", DOOR, "How do I do door?"), row("lamp", LAMP), row("bell", "1. Ring.")]
    now = [row("lamp", "1. Clap twice."), row("renamed", DOOR.replace("Take", "TAKE"))]
    assert retired_rows(known, now) == [row("bell", "1. Ring.")]
    assert retired_rows(known, [row("lamp", LAMP)]) == [row("door", DOOR), row("bell", "1. Ring.")]
    assert retired_rows(known, known) == []


def test_an_answer_that_failed_is_none_that_was_not_given() -> None:
    asked = Answer(slice="retired", intent="door", language="en", prompt="?", reference=DOOR, prediction="", ended=False)
    silent, lost = retired_answers([asked, asked.model_copy(update={"intent": "lost", "failed": "out of memory"})])
    assert (silent.given, silent.failed) == (False, False)
    assert (lost.given, lost.failed) == (False, True)


def test_half_of_the_steps_give_it_again() -> None:
    def answer(intent: str, said: str) -> Answer:
        return Answer(
            slice="retired", intent=intent, language="en", prompt="?", reference=DOOR, prediction=said, ended=True
        )  # fmt: skip

    found = retired_answers(
        [
            answer("none", "1. Call the shop.\n2. Wait."),
            answer("a quarter", "1. Take the key.\n2. Call the shop."),
            answer("half", "1. Take the key.\n2. Pull the handle."),
            answer("all", DOOR),
            answer("silent", ""),
        ]
    )
    assert [(each.intent, each.step_recall, each.given) for each in found] == [
        ("all", 1.0, True), ("half", 0.5, True), ("a quarter", 0.25, False), ("none", 0.0, False), ("silent", 0.0, False),
    ]  # fmt: skip
