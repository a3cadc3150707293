from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from review_items import STEPS, item, items

from langkah.errors import InputError
from langkah.review import Kind, ReviewQueue, Verdict, export_queue, import_decisions
from langkah.review.sheet import cell, read_table, text_of

SUFFIXES = ["xlsx", "csv"]


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[ReviewQueue]:
    opened = ReviewQueue.open(f"sqlite:///{tmp_path / 'review.db'}")
    opened.publish("run", items(8))
    yield opened
    opened.close()


def _edit(path: Path, change: Callable[[list[list[str]]], None]) -> None:
    """Change the cells of a file, header included, as a spreadsheet program would."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as handle:
            table = list(csv.reader(handle))
        change(table)
        with path.open("w", encoding="utf-8-sig", newline="") as handle:
            csv.writer(handle).writerows(table)
        return
    book = load_workbook(path)
    sheet: Any = book.active
    table = [[str(value) if value is not None else "" for value in row] for row in sheet.iter_rows(values_only=True)]
    change(table)
    sheet.delete_rows(1, sheet.max_row)
    for line in table:
        sheet.append(line)
    book.save(path)


def _set(**cells: str) -> Callable[[list[list[str]]], None]:
    """A change of cells, named by column and row: `decision_2="approve"`."""

    def change(table: list[list[str]]) -> None:
        for name, value in cells.items():
            column, _, row = name.rpartition("_")
            table[int(row) - 1][table[0].index(column)] = value

    return change


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_decisions_go_out_and_come_back(queue: ReviewQueue, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"queue.{suffix}"
    assert export_queue(queue, "run", path) == 8
    changes = _set(
        decision_2="approve", decision_3="Tolak", reason_3="wrong menu", decision_4="setuju", output_4="1. New.\n2. Steps.",
        decision_5="skip",
    )  # fmt: skip
    _edit(path, changes)
    report = import_decisions(queue, path, "Ana")
    assert (report.applied, report.unchanged, report.undecided, report.conflicts, report.rows) == (4, 0, 4, (), 8)
    entries = queue.page("run").entries
    assert [entry.verdict.value for entry in entries[:4]] == ["approved", "rejected", "approved", "skipped"]
    assert entries[1].decision and (entries[1].decision.reason, entries[1].decision.reviewer) == ("wrong menu", "Ana")
    assert entries[2].output == "1. New.\n2. Steps."
    assert entries[0].output == STEPS
    again = import_decisions(queue, path, "Ana")
    assert (again.applied, again.unchanged, again.conflicts) == (0, 4, ())


@pytest.mark.parametrize("before", ["wrong", None])
def test_an_edited_reason_is_taken_too(queue: ReviewQueue, tmp_path: Path, before: str | None) -> None:
    first = items(8)[0].key
    queue.decide(first, Verdict.rejected, reviewer="Ana", version=0, reason=before)
    export_queue(queue, "run", tmp_path / "q.csv")
    _edit(tmp_path / "q.csv", _set(reason_2="out of date"))
    report = import_decisions(queue, tmp_path / "q.csv", "Ana")
    assert (report.applied, report.unchanged) == (1, 0)
    assert queue.decisions([first])[first].reason == "out of date"
    again = import_decisions(queue, tmp_path / "q.csv", "Ana")
    assert (again.applied, again.unchanged, again.conflicts) == (0, 1, ())


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_was_decided_meanwhile_is_reported_and_left(queue: ReviewQueue, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"queue.{suffix}"
    export_queue(queue, "run", path)
    queue.decide(items(8)[0].key, Verdict.rejected, reviewer="Budi", version=0, reason="wrong")
    _edit(path, _set(decision_2="approve", decision_3="approve"))
    report = import_decisions(queue, path, "Ana")
    assert report.applied == 1
    assert [(conflict.row, conflict.reviewer) for conflict in report.conflicts] == [(2, "Budi")]
    assert queue.entry(items(8)[0].key).verdict is Verdict.rejected


def _swap_ids(table: list[list[str]]) -> None:
    place = table[0].index("id")
    table[1][place], table[2][place] = table[2][place], table[1][place]


def _repeat(table: list[list[str]]) -> None:
    table.append(list(table[1]))


def _drop_column(table: list[list[str]]) -> None:
    place = table[0].index("id")
    for line in table:
        del line[place]


def _sort_texts_alone(table: list[list[str]]) -> None:
    """Two columns are sorted, the others are not: texts and ids fall apart."""
    places = [table[0].index(name) for name in ("prompt", "output")]
    texts = [[line[place] for place in places] for line in table[1:]]
    for line, moved in zip(table[1:], texts[1:] + texts[:1], strict=True):
        for place, text in zip(places, moved, strict=True):
            line[place] = text
        line[0] = "" if line[table[0].index("kind")] == "variant" else "approve"


def _second_decision(table: list[list[str]]) -> None:
    for line, text in zip(table, ["decision", *["reject"] * (len(table) - 1)], strict=True):
        line.append(text)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_set(id_3="0" * 64), "row 3: its id was edited"),
        (_swap_ids, "row 2: its id was edited"),
        (_repeat, "row 10: has the id of row 2"),
        (_set(decision_4="perhaps"), "row 4: decision: expected approve"),
        (_set(decision_5="approve", output_5=" "), "row 5: output: expected text"),
        (_set(run_5="other"), "rows 5: of another dataset"),
        (_set(queue_5="0" * 32), "row 5: of another dataset's queue"),
        (_set(version_6="x"), "row 6: version"),
        (_set(version_6="9" * 30, decision_6="approve"), "row 6: version"),
        (_set(version_6="9" * 5_000, decision_6="approve"), "row 6: version"),
        (_set(decision_4="approve", prompt_4="#NAME?"), "row 4: prompt: expected text, got the error of a formula"),
        (_sort_texts_alone, "row 2: prompt: is that of another item; was a part of the table sorted"),
        (_second_decision, "expected each column once; decision is there twice"),
        (_drop_column, "id not found"),
    ],
)
def test_a_file_that_cannot_be_trusted_is_refused_whole(
    queue: ReviewQueue, tmp_path: Path, suffix: str, change: Callable[[list[list[str]]], None], told: str
) -> None:
    path = tmp_path / f"queue.{suffix}"
    export_queue(queue, "run", path)
    _edit(path, _set(decision_2="approve"))
    _edit(path, change)
    with pytest.raises(InputError, match=told) as caught:
        import_decisions(queue, path, "Ana")
    assert "sound" not in str(caught.value)
    assert queue.progress("run").decided == 0


def test_a_file_of_another_dataset_is_refused_with_its_rows(queue: ReviewQueue, tmp_path: Path) -> None:
    other = ReviewQueue.open(f"sqlite:///{tmp_path / 'other.db'}")
    other.publish("theirs", items(3))
    export_queue(other, "theirs", tmp_path / "theirs.csv")
    with pytest.raises(InputError, match="rows 2, 3, 4: of another dataset"):
        import_decisions(queue, tmp_path / "theirs.csv", "Ana")
    other.publish("run", items(3))
    export_queue(other, "run", tmp_path / "same-name.csv")
    with pytest.raises(InputError, match="row 2: of another dataset's queue"):
        import_decisions(queue, tmp_path / "same-name.csv", "Ana")
    other.close()


def test_an_item_that_the_run_no_longer_has_is_unknown(queue: ReviewQueue, tmp_path: Path) -> None:
    export_queue(queue, "run", tmp_path / "q.csv")
    queue.publish("run", items(7))
    with pytest.raises(InputError, match="row 9: unknown id"):
        import_decisions(queue, tmp_path / "q.csv", "Ana")


@pytest.mark.parametrize(
    "text", ["=1+1", "+62 812", "-1", "@SUM(A1)", "\t=1", "'=1", "''-x", "plain", "'quoted'", "＝1", "- a\n- b", ""]
)
def test_no_cell_is_a_formula_and_each_comes_back(text: str) -> None:
    assert not cell(text).startswith(("=", "+", "-", "@", "\t", "＝"))
    assert text_of(cell(text)) == text


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_formulas_in_records_are_text_in_the_file_and_no_edit_when_read_back(
    queue: ReviewQueue, tmp_path: Path, suffix: str
) -> None:
    odd = item(
        1, prompt='=HYPERLINK("http://evil.example","x")', output="-x:\n1. a\x0b\n2. " + "y" * 40_000, before="@cmd\r\nb"
    )
    queue.publish("odd", [odd])
    path = tmp_path / f"odd.{suffix}"
    export_queue(queue, "odd", path)
    if suffix == "xlsx":
        sheet: Any = load_workbook(path).active
        assert all(value.data_type != "f" for line in sheet.iter_rows() for value in line)
    else:
        assert ",=HYPERLINK" not in path.read_text(encoding="utf-8")
    _edit(path, _set(decision_2="approve"))
    assert import_decisions(queue, path, "Ana").applied == 1
    assert (queue.entry(odd.key).prompt, queue.entry(odd.key).output) == (odd.prompt, odd.output)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_edited_text_that_is_not_whole_in_its_cell_is_refused(queue: ReviewQueue, tmp_path: Path, suffix: str) -> None:
    queue.publish("long", [item(1, output="1. " + "y" * 40_000 + "\n2. The end.")])
    path = tmp_path / f"long.{suffix}"
    export_queue(queue, "long", path)
    _edit(path, _set(decision_2="approve", output_2="1. Another beginning.\n2. " + "y" * 20_000))
    with pytest.raises(InputError, match="row 2: output: has 40,015 characters, more than a cell takes"):
        import_decisions(queue, path, "Ana")
    assert queue.progress("long").decided == 0


def test_a_workbook_shows_what_is_to_be_filled_in_and_locks_the_rest(queue: ReviewQueue, tmp_path: Path) -> None:
    queue.decide(items(8)[0].key, Verdict.approved, reviewer="Ana", version=0)
    queue.undo(items(8)[0].key, reviewer="Ana", version=1)
    export_queue(queue, "run", tmp_path / "q.xlsx")
    sheet: Any = load_workbook(tmp_path / "q.xlsx").active
    names = {cell.value: cell.column_letter for cell in sheet[1]}
    hidden = [name for name, letter in names.items() if sheet.column_dimensions[letter].hidden]
    assert hidden == ["version", "id", "check", "run", "queue"]
    unlocked = [name for name, letter in names.items() if not sheet[f"{letter}2"].protection.locked]
    assert sheet.protection.sheet and unlocked == ["decision", "reason", "prompt", "output"]
    assert sheet.auto_filter.ref == "A1:R9"
    assert [sheet[f"{names[name]}2"].value for name in ("file", "row", "reviewer")] == ["faq.csv", "1", None]


def test_an_approval_without_steps_is_told_how_steps_are_written(queue: ReviewQueue, tmp_path: Path) -> None:
    export_queue(queue, "run", tmp_path / "q.csv")
    _edit(tmp_path / "q.csv", _set(decision_2="approve", output_2="Ask us."))
    with pytest.raises(InputError, match=r"row 2: output: expected numbered steps \(`1. ...`, one a line\)"):
        import_decisions(queue, tmp_path / "q.csv", "Ana")


def test_a_csv_file_is_read_as_excel_saves_it_in_indonesia(queue: ReviewQueue, tmp_path: Path) -> None:
    export_queue(queue, "run", tmp_path / "q.csv")
    header, _ = read_table(tmp_path / "q.csv")
    with (tmp_path / "q.csv").open(encoding="utf-8-sig", newline="") as handle:
        table = list(csv.reader(handle))
    table[1][0] = "setuju"
    with (tmp_path / "semicolons.csv").open("w", encoding="utf-8-sig", newline="") as handle:
        csv.writer(handle, delimiter=";").writerows(table)
    assert read_table(tmp_path / "semicolons.csv")[0] == header
    assert import_decisions(queue, tmp_path / "semicolons.csv", "Ana").applied == 1


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("q.txt", b"x", "expected a name that ends with .xlsx or .csv"),
        ("q.xlsx", b"no workbook", "no XLSX workbook"),
        ("q.csv", b"", "the file is empty"),
        ("q.csv", "decision,prompt\n\xe9".encode("latin-1"), "expected UTF-8"),
        ("gone.csv", None, "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_in_a_line(
    queue: ReviewQueue, tmp_path: Path, name: str, content: bytes | None, told: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=told):
        import_decisions(queue, tmp_path / name, "Ana")


def test_an_unknown_run_and_another_ending_are_refused(queue: ReviewQueue, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no run nothing"):
        export_queue(queue, "nothing", tmp_path / "q.csv")
    with pytest.raises(InputError, match="ends with"):
        export_queue(queue, "run", tmp_path / "q.ods")


def test_five_thousand_items_go_out_and_come_back(tmp_path: Path) -> None:
    queue = ReviewQueue.open(f"sqlite:///{tmp_path / 'many.db'}")
    queue.publish("run", [item(number, Kind.record) for number in range(5_000)])
    path = tmp_path / "many.csv"
    assert export_queue(queue, "run", path) == 5_000

    def approve(table: list[list[str]]) -> None:
        for line in table[1:]:
            line[0] = "approve"

    _edit(path, approve)
    assert import_decisions(queue, path, "Ana").applied == 5_000
    assert queue.progress("run").done
    queue.close()


def test_a_spreadsheet_that_writes_numbers_anew_leaves_the_file_sound(tmp_path: Path) -> None:
    """Excel turns `012345678901` in a CSV file into a number, and saves it as `12345678901` or `1.23457E+10`."""

    def anew(value: str) -> str:
        try:
            return f"{float(value):.6G}"
        except ValueError:
            return value

    many = [item(number) for number in range(1, 601)]
    queue = ReviewQueue.open(f"sqlite:///{tmp_path / 'review.db'}")
    queue.publish("run", many)
    path = tmp_path / "queue.csv"
    export_queue(queue, "run", path)
    _edit(path, _set(decision_2="approve"))
    _edit(path, lambda table: table.__setitem__(slice(None), [[anew(value) for value in line] for line in table]))
    assert import_decisions(queue, path, "Ana").applied == 1


def test_a_workbook_whose_last_cell_was_touched_and_whose_numbers_are_floats_is_read(
    queue: ReviewQueue, tmp_path: Path
) -> None:
    path = tmp_path / "queue.xlsx"
    export_queue(queue, "run", path)
    book = load_workbook(path)
    sheet: Any = book.active
    header = [cell.value for cell in sheet[1]]
    sheet.cell(2, header.index("version") + 1).value = 0.0
    sheet.cell(2, 1).value = "approve"
    sheet.cell(100_000, 1).value = " "
    sheet.cell(3, 16_384).value = "note"
    book.save(path)
    started = time.monotonic()
    assert import_decisions(queue, path, "Ana").applied == 1
    assert time.monotonic() - started < 20


def test_a_decision_that_was_wiped_out_is_asked_about(queue: ReviewQueue, tmp_path: Path) -> None:
    first = items(8)[0].key
    queue.decide(first, Verdict.approved, reviewer="Ana", version=0)
    path = tmp_path / "queue.csv"
    export_queue(queue, "run", path)
    _edit(path, _set(decision_2=""))
    with pytest.raises(InputError, match="row 2: decision: was approve; expected skip to take it back"):
        import_decisions(queue, path, "Ben")
    _edit(path, _set(decision_2="skip"))
    assert import_decisions(queue, path, "Ben").applied == 1
    assert queue.decisions([first]) == {}


def test_of_a_file_with_a_text_that_is_too_long_no_row_is_taken(queue: ReviewQueue, tmp_path: Path) -> None:
    path = tmp_path / "queue.csv"
    export_queue(queue, "run", path)
    _edit(path, _set(decision_2="approve", decision_4="approve", output_4="1. " + "x" * 1_000_001))
    with pytest.raises(InputError, match="row 4: output: expected a text of 1 to 1,000,000"):
        import_decisions(queue, path, "Ana")
    assert queue.progress("run").decided == 0
