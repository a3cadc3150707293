"""The form of an answer."""

import csv
import json
from pathlib import Path

import pytest

from langkah.evaluation.form import count_words, is_numbered, length_ratio, repetition, share

DATA = Path(__file__).parents[3] / "../shared/data"


@pytest.mark.parametrize(
    "answer",
    ["1. Open it.", "1. Open it.\n2. Close it.", "First:\n 1) Open\n\n 2) Close\nNote: done.", "1. A\n1.5 GB is enough\n2. B"],
)
def test_numbered(answer: str) -> None:
    assert is_numbered(answer)


@pytest.mark.parametrize(
    "answer",
    ["", "Open it, then close it.", "2. Open it.", "1. Open\n3. Close", "2. Open\n1. Close", "1. Open\n2.", "1.Open", "- A"],
)
def test_not_numbered(answer: str) -> None:
    assert not is_numbered(answer)


@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not here")
def test_real_answers_are_numbered() -> None:
    with (DATA / "gnome-help-en.jsonl").open(encoding="utf-8") as english:
        answers = [str(json.loads(line)["output"]) for line in english]
    with (DATA / "gnome-help-id.csv").open(encoding="utf-8", newline="") as indonesian:
        answers += [str(row["output"]) for row in csv.DictReader(indonesian)]
    assert share(is_numbered(answer) for answer in answers) == 1


def test_length_ratio_is_of_totals() -> None:
    assert length_ratio([2, 4], [1, 5]) == 1
    assert length_ratio([0, 0], [2, 1]) == 0
    assert length_ratio([2], [0]) == 2
    assert [count_words(text) for text in ("", " \n", "1. Open it.")] == [0, 0, 3]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("", 0),
        ("one two three", 0),
        ("one two three four", 0),
        ("a b c d a b c d", 1 / 5),
        ("Open the menu now.\nopen THE menu now", 1 / 5),
        ("a a a a a a", 2 / 3),
    ],
)
def test_repetition_counts_runs_of_four_words(answer: str, expected: float) -> None:
    assert repetition(answer) == pytest.approx(expected)


def test_numbers_of_steps_do_not_hide_a_loop() -> None:
    loop = "\n".join(f"{number}. Open the menu and click Save." for number in range(1, 21))
    assert repetition(loop) > 0.9
    assert repetition(loop.splitlines()[0]) == 0


def test_share() -> None:
    assert share([True, False, True, True]) == 0.75
    assert share([]) == 0
