from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from langkah.artifacts.record_cache import RecordCache
from langkah.config import StructureConfig
from langkah.procedure import AssessedRecord
from langkah.records import FaqRecord, FlaggedRecord, RowStatus
from langkah.row_files import RowList
from langkah.splitting import Sorting

Sort = Callable[..., "Sorted"]
STEPS = "1. Open Settings\n2. Tap Password\n3. Save"


def _record(row: int, prompt: str, output: str) -> FaqRecord:
    return FaqRecord(intent=f"intent-{row}", prompt=prompt, output=output, language="en", source="app", file="faq.csv", row=row)


class Sorted(NamedTuple):
    kept: list[FaqRecord]
    flagged: list[FlaggedRecord]
    assessed: list[AssessedRecord]
    set_aside: dict[tuple[str, int], tuple[RowStatus, str]]
    rewritten: int


@pytest.fixture
def sort(tmp_path: Path) -> Sort:
    def sorted_(accepted: list[FaqRecord], flagged: list[FlaggedRecord] | None = None) -> Sorted:
        found = Sorting(RowList(accepted), RowList(flagged or []), StructureConfig(), tmp_path)
        kept = list(found.kept())
        return Sorted(kept, list(found.flagged()), list(found.assessed()), found.set_aside, found.rewritten)

    return sorted_


def test_an_answer_in_steps_is_kept_in_one_form_and_one_without_is_flagged_as_it_was_written(sort: Sort) -> None:
    found = sort(
        [
            _record(1, "How do I change my password?", "First open Settings. Then tap Password. Finally save."),
            _record(2, "Are you open on Sundays?", "Yes, we are."),
        ]
    )
    assert [(record.row, record.output.splitlines()[0]) for record in found.kept] == [(1, "1. Open Settings.")]
    assert found.rewritten == 1
    assert [(record.row, record.output) for record in found.flagged] == [(2, "Yes, we are.")]
    assert found.flagged[0].reasons
    assert found.set_aside.keys() == {("faq.csv", 2)}
    assert found.set_aside["faq.csv", 2][0] == RowStatus.flagged
    assert [row.row for row in found.assessed] == [1, 2]


def test_what_asks_and_answers_alike_is_kept_once_and_what_answers_otherwise_not_at_all(sort: Sort) -> None:
    other = "1. Call us\n2. Wait for the code\n3. Type it in"
    found = sort(
        [
            _record(1, "How do I change my password?", STEPS),
            _record(2, "how do I change my password", STEPS),
            _record(3, "How do I log in?", STEPS),
            _record(4, "How do I log in?", other),
        ]
    )
    assert [record.row for record in found.kept] == [1]
    assert {row: status for (_, row), (status, _) in found.set_aside.items()} == {
        2: RowStatus.duplicate,
        3: RowStatus.flagged,
        4: RowStatus.flagged,
    }


def test_a_record_that_was_flagged_before_keeps_its_reason_and_speaks_against_another(sort: Sort) -> None:
    before = FlaggedRecord(
        **_record(1, "How do I log in?", "1. Call us\n2. Wait").model_dump(), reasons=("longer than it may be",)
    )
    found = sort([_record(2, "How do I log in?", STEPS)], [before])
    assert found.kept == []
    assert {record.row: record.reasons for record in found.flagged}[1] == ("longer than it may be",)
    assert found.set_aside.keys() == {("faq.csv", 2)}


def test_what_was_judged_before_is_not_judged_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = RowList([_record(1, "How do I log in?", "First open Settings. Then tap Password. Finally save.")])
    found: list[tuple[list[FaqRecord], list[AssessedRecord]]] = []
    with RecordCache(tmp_path / "judged.sqlite", b"secret", "work").named() as kept:
        for _ in range(2):
            sorting = Sorting(rows, RowList[FlaggedRecord]([]), StructureConfig(), tmp_path, kept)
            found.append((list(sorting.kept()), list(sorting.assessed())))
            monkeypatch.setattr("langkah.splitting.sorting.judge", None)
    assert found[0] == found[1]
    assert found[0][0][0].output.startswith("1. Open Settings")
