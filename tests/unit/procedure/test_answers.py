"""The parser against the answers labelled by hand in `tests/answers`."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from langkah.procedure import parse_procedure, render

ANSWERS = Path(__file__).parents[2] / "answers"
LABELLED = ("numbered", "marked", "sentences", "separators", "leftovers", "traps")
HELD_OUT = ("heldout_1", "heldout_2", "heldout_3")


def labelled(*names: str) -> list[tuple[str, list[str]]]:
    rows = [row for name in names for row in yaml.safe_load((ANSWERS / f"{name}.yaml").read_text(encoding="utf-8"))]
    return [(row["text"], row["steps"]) for row in rows]


def right_steps(answers: list[tuple[str, list[str]]]) -> tuple[int, int]:
    """How many steps have the text and place of their label, and how many there are; one too many is wrong."""
    right = total = 0
    for text, steps in answers:
        procedure = parse_procedure(text)
        found = procedure.steps if procedure else ()
        right += sum(one == other for one, other in zip(found, steps, strict=False))
        total += max(len(found), len(steps))
    return right, total


def test_the_set_is_what_its_readme_says() -> None:
    answers = labelled(*LABELLED)
    assert len(answers) == 200
    assert len({text for text, _ in answers}) == 200
    assert sum(not steps for _, steps in answers) >= 20


@pytest.mark.parametrize(("names", "least"), [(LABELLED, 0.98), (HELD_OUT, 0.97)], ids=["labelled", "held out"])
def test_nearly_all_steps_are_right(names: tuple[str, ...], least: float) -> None:
    right, total = right_steps(labelled(*names))
    assert right / total >= least, f"{right} of {total} steps right"


@pytest.mark.parametrize("name", [*LABELLED, *HELD_OUT])
def test_what_is_read_is_read_again(name: str) -> None:
    for text, _ in labelled(name):
        found = parse_procedure(text)
        assert found is None or parse_procedure(render(found)) == found


def test_an_answer_without_order_has_no_steps() -> None:
    assert [text for text, steps in labelled("traps") if not steps and parse_procedure(text)] == []
