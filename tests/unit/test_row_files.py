from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langkah.records import DatasetRow
from langkah.row_files import RowFile, RowList, Rows, RowWriter, SortedRows, read_jsonl, write_jsonl


def row(number: int, prompt: str = "How?") -> DatasetRow:
    return DatasetRow(intent=f"faq#{number:03}", prompt=prompt, output="1. Ya — ok\u2028\n2. 😀", language="id", source="faq")


ROWS = [row(number) for number in (3, 1, 2, 1)]


@pytest.fixture(params=["file", "list"])
def rows(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rows[DatasetRow]]:
    if request.param == "list":
        yield RowList(ROWS)
        return
    write_jsonl(tmp_path / "rows.jsonl", ROWS)
    file = RowFile(tmp_path / "rows.jsonl", DatasetRow)
    yield file
    file.close()


def test_rows_are_read_again_and_by_their_place(rows: Rows[DatasetRow]) -> None:
    assert list(rows) == list(rows) == ROWS
    placed = list(rows.placed())
    assert [each for _, each in placed] == ROWS
    random.Random(1).shuffle(placed)
    assert all(rows.at(place) == each for place, each in placed)


def test_sorted_rows_are_a_sequence(rows: Rows[DatasetRow]) -> None:
    found = SortedRows(rows, lambda each: each.intent)
    assert [each.intent for each in found] == ["faq#001", "faq#001", "faq#002", "faq#003"]
    assert (len(found), found[-1], [*found[1:3]]) == (4, ROWS[0], [ROWS[1], ROWS[2]])


def test_reading_one_row_does_not_disturb_reading_all(rows: Rows[DatasetRow]) -> None:
    first = next(place for place, _ in rows.placed())
    assert [(each, rows.at(first)) for each in rows] == [(each, ROWS[0]) for each in ROWS]


@settings(max_examples=50)
@given(st.lists(st.text(), max_size=5))
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, prompts: list[str]) -> None:
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    with RowWriter(path) as writer:
        for prompt in prompts:
            writer.write(row(1, prompt))
    assert writer.count == len(prompts) == path.read_bytes().count(b"\n")
    assert [each.prompt for each in read_jsonl(path, DatasetRow)] == prompts
