"""The form of an answer."""

import csv
import json
from pathlib import Path

import pytest

from langkah.evaluation.steps import is_numbered, length_ratio, share

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
    assert length_ratio(["a b", "a b c d"], ["a", "a b c d e"]) == 1
    assert length_ratio(["", ""], ["a b", "c"]) == 0
    assert length_ratio(["a b"], [""]) == 2


def test_share() -> None:
    assert share([True, False, True, True]) == 0.75
    assert share([]) == 0
