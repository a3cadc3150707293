from __future__ import annotations

import datetime
import io
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from langkah.config import ColumnsConfig, IngestConfig, SourcesConfig
from langkah.errors import SourceError
from langkah.sources import SourceRow, build_index, describe_sources, read_accepted, read_rows
from langkah.sources.formats.xlsx_cells import number_text

HEADER = ["id", "prompt", "output"]
PLAIN = SourcesConfig()
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def bytes_of(book: Workbook) -> bytes:
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def book_of(*rows: list[Any]) -> tuple[Workbook, Any]:
    book = Workbook()
    sheet: Any = book.active
    for row in rows:
        sheet.append(row)
    return book, sheet


def rows_of(tmp_path: Path, data: bytes, config: SourcesConfig = PLAIN) -> list[SourceRow]:
    path = tmp_path / "faq.xlsx"
    path.write_bytes(data)
    (source,) = describe_sources([str(path)], config)
    return list(read_rows(source, config))


def problem_of(tmp_path: Path, data: bytes, config: SourcesConfig = PLAIN) -> str:
    path = tmp_path / "faq.xlsx"
    path.write_bytes(data)
    with pytest.raises(SourceError) as caught:
        describe_sources([str(path)], config)
    (problem,) = caught.value.problems
    assert "\n" not in problem
    return problem.removeprefix(f"{path}: ")


def edited(data: bytes, change: Callable[[str, bytes], bytes | None], more: Mapping[str, bytes] | None = None) -> bytes:
    """A workbook with its parts changed; a part that becomes None is gone."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
        for name, content in (more or {}).items():
            new.writestr(name, content)
    return made.getvalue()


def sheet_xml(rows: str, after: str = "") -> bytes:
    """A workbook whose sheet is this XML."""
    xml = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData>{after}'
    book, _ = book_of(HEADER)
    return edited(bytes_of(book), lambda name, old: f"{xml}</worksheet>".encode() if name.endswith("sheet1.xml") else old)


def text_row(number: int | str, *cells: str) -> str:
    inner = "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in cells)
    return f'<row r="{number}">{inner}</row>'


HEAD = text_row(1, *HEADER)


def shared(*strings: str) -> bytes:
    """A workbook as Excel writes it: its texts in a part of their own, each cell with the place of its text."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    override = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'.encode()
    cells = "".join(f'<c t="s"><v>{place}</v></c>' for place in range(len(strings)))
    data = sheet_xml(f'{text_row(1, "prompt", "output")}<row r="2">{cells}</row>')
    strings_xml = f'<sst xmlns="{MAIN}">{"".join(f"<si>{each}</si>" for each in strings)}</sst>'.encode()
    return edited(
        data,
        lambda name, old: old.replace(b"</Types>", override) if name == "[Content_Types].xml" else old,
        {"xl/sharedStrings.xml": strings_xml},
    )


def test_texts_of_a_part_of_their_own(tmp_path: Path) -> None:
    rich = "<r><t>1. Open</t></r><r><rPr><b/></rPr><t xml:space='preserve'> now</t></r><rPh sb='0' eb='1'><t>x</t></rPh>"
    (row,) = rows_of(tmp_path, shared("<t>How?_x000D_</t>", rich))
    assert dict(row.fields or {}) == {"prompt": "How?\r", "output": "1. Open now"}


def test_rows_have_the_numbers_of_the_sheet_and_empty_ones_are_none(tmp_path: Path) -> None:
    book, sheet = book_of(HEADER, [7, "How?", "1. Open\n2. Save"], [], [None, "  ", ""], [8, "Why?", "1. So"])
    sheet["Z40"].number_format = "0.00"  # a format alone is no value
    found = rows_of(tmp_path, bytes_of(book))
    assert [(row.row, row.fields) for row in found] == [
        (2, {"id": "7", "prompt": "How?", "output": "1. Open\n2. Save"}),
        (5, {"id": "8", "prompt": "Why?", "output": "1. So"}),
    ]


def test_a_title_above_the_header_and_columns_away_from_the_edge(tmp_path: Path) -> None:
    book, sheet = book_of(["FAQ of our shop"], [], [None, None, "Pertanyaan", "Jawaban"], [None, None, "Apa?", "1. Ini"])
    sheet.merge_cells("A1:D1")
    (row,) = rows_of(tmp_path, bytes_of(book))
    assert (row.row, dict(row.fields or {})) == (4, {"column_1": None, "Pertanyaan": "Apa?", "Jawaban": "1. Ini"})


def test_the_value_of_a_merge_belongs_to_all_its_cells(tmp_path: Path) -> None:
    book, sheet = book_of(HEADER, [1, "How?", "1. By app"], [2, None, "1. By phone"], [3, "Both", None], [4, "x", "1. y"])
    sheet.merge_cells("B2:B3")
    sheet.merge_cells("B4:C4")
    sheet.merge_cells("A5:C6")  # row 6 has no value of its own: it is none
    found = rows_of(tmp_path, bytes_of(book))
    assert [tuple((row.fields or {}).values()) for row in found] == [
        ("1", "How?", "1. By app"),
        ("2", "How?", "1. By phone"),
        ("3", "Both", "Both"),
        ("4", "4", "4"),
    ]


def test_a_merged_header_names_its_columns_apart(tmp_path: Path) -> None:
    book, sheet = book_of(["prompt", "output", "notes", None], ["How?", "1. Open", "a", "b"])
    sheet.merge_cells("C1:D1")
    (row,) = rows_of(tmp_path, bytes_of(book))
    assert dict(row.fields or {}) == {"prompt": "How?", "output": "1. Open", "notes": "a", "notes_4": "b"}


def test_a_formula_without_a_stored_value_sets_its_row_aside_where_it_matters(tmp_path: Path) -> None:
    book, _ = book_of([*HEADER, "length"], [1, "How?", '="1. " & B2', 4], [2, "Why?", "1. So", "=LEN(B3)"], [3, "Who?", "1. I"])
    found = rows_of(tmp_path, bytes_of(book))
    assert [(row.row, row.problem) for row in found] == [
        (2, "output: a formula without a stored value; open the file in a spreadsheet program and save it"),
        (3, None),
        (4, None),
    ]
    assert (found[1].fields or {})["length"] is None


def test_the_stored_value_of_a_formula_is_its_text(tmp_path: Path) -> None:
    cells = '<c t="str"><f>A1</f><v>1. Open</v></c>'
    (row,) = rows_of(tmp_path, sheet_xml(f'{HEAD}<row r="2"><c><v>5</v></c><c t="str"><f>B1</f><v>How?</v></c>{cells}</row>'))
    assert dict(row.fields or {}) == {"id": "5", "prompt": "How?", "output": "1. Open"}


def test_an_error_value_in_place_of_text(tmp_path: Path) -> None:
    row = '<row r="2"><c t="e"><v>#REF!</v></c><c t="e"><f>X</f><v>#NAME?</v></c><c t="str"><v>1. x</v></c></row>'
    (found,) = rows_of(tmp_path, sheet_xml(HEAD.replace(">id<", ">place<") + row))
    assert found.problem == "prompt: an error value in place of text"


def test_numbers_and_dates_are_what_a_person_sees(tmp_path: Path) -> None:
    book, sheet = book_of(
        ["prompt", "output", *"abcdefghi"],
        [
            "How?",
            "1. Open",
            6281234567890,
            0.1 + 0.2,
            17,
            0.25,
            1234.5,
            datetime.date(2024, 5, 3),
            datetime.datetime(2024, 5, 3, 14, 30),
            datetime.time(9, 5),
            True,
        ],
    )
    sheet["E2"].number_format = "00000"
    sheet["F2"].number_format = "0%"
    sheet["G2"].number_format = "#,##0.00"
    (row,) = rows_of(tmp_path, bytes_of(book))
    assert list((row.fields or {}).values())[2:] == [
        "6281234567890",
        "0.3",
        "00017",
        "25%",
        "1,234.50",
        "2024-05-03",
        "2024-05-03 14:30",
        "09:05",
        "TRUE",
    ]


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [(3, "General", "3"), (3.25, "0.0", "3.2"), (1e20, "General", "1e+20"), (2.5, '"Rp" 0', "2.5"), (0.5, "0.0%", "50.0%")],
)
def test_number_text(value: float, code: str, text: str) -> None:
    assert number_text(value, code) == text


def test_every_sheet_with_the_columns_is_read_and_counted_on(tmp_path: Path) -> None:
    book, _ = book_of(["Read me first"], ["Fill in the next sheets"])
    for name, state in (("English", "visible"), ("Indonesia", "hidden"), ("Prices", "visible")):
        sheet: Any = book.create_sheet(name)
        sheet.sheet_state = state
        sheet.append(["item", "price"] if name == "Prices" else ["Pertanyaan", "Jawaban"])
        sheet.append([f"{name}?", "1. Open"])
    found = rows_of(tmp_path, bytes_of(book))
    assert [(row.row, row.fields["Pertanyaan"]) for row in found if row.fields] == [(2, "English?"), (4, "Indonesia?")]
    assert [row.row for row in found if row.problem] == [5, 6, 7, 8]


def test_the_rows_of_a_sheet_without_the_columns_are_set_aside_by_its_place(tmp_path: Path) -> None:
    book, _ = book_of(HEADER, [1, "How?", "1. Open"])
    for name, header in (("Ana Wijaya", ["question", "antwort"]), ("empty", []), ("more", ["prompt", "output"])):
        sheet: Any = book.create_sheet(name)
        sheet.append(header)
        if header:
            sheet.append(["Why?", "Shut"])
    path = tmp_path / "faq.xlsx"
    path.write_bytes(bytes_of(book))
    (source,) = describe_sources([str(path)])
    reason = "in a sheet without a header that has the columns prompt and output (sheet 2)"
    assert [(row.row, row.status.value, row.reason) for row in build_index([source], IngestConfig())] == [
        (2, "accepted", None),
        (4, "flagged", "no numbered steps"),
        (5, "rejected", reason),
        (6, "rejected", reason),
    ]


def test_a_sheet_may_name_its_columns_otherwise_than_the_next(tmp_path: Path) -> None:
    book, _ = book_of(["prompt", "output"], ["How?", "1. Open"])
    book.create_sheet("two").append(["Jawaban", "Pertanyaan"])
    book["two"].append(["1. Tutup", "Apa?"])
    path = tmp_path / "faq.xlsx"
    path.write_bytes(bytes_of(book))
    (source,) = describe_sources([str(path)])
    found = read_accepted([source], build_index([source], IngestConfig()))
    assert [(record.prompt, record.output) for record in found] == [("How?", "1. Open"), ("Apa?", "1. Tutup")]


def test_a_mapping_names_columns_of_a_sheet(tmp_path: Path) -> None:
    book, _ = book_of(["Kunde", "Wir"], ["How?", "1. Open"])
    config = SourcesConfig(columns=ColumnsConfig(prompt="Kunde", output="Wir"))
    assert len(rows_of(tmp_path, bytes_of(book), config)) == 1
    said = problem_of(tmp_path, bytes_of(book))
    assert said.startswith("no sheet has the columns: expected a column prompt")
    assert "Kunde" not in said


def test_rich_text_and_escaped_characters(tmp_path: Path) -> None:
    rich = "<c t='inlineStr'><is><r><t>How </t></r><r><t>now?</t></r><rPh><t>x</t></rPh></is></c>"
    cells = f"<c><v>1</v></c>{rich}<c t='inlineStr'><is><t>1. Open_x000A_2. Save</t></is></c>"
    (row,) = rows_of(tmp_path, sheet_xml(f'{HEAD}<row r="2">{cells}</row>'))
    assert list((row.fields or {}).values())[1:] == ["How now?", "1. Open\n2. Save"]


def test_a_sheet_that_claims_a_million_rows_costs_what_it_holds(tmp_path: Path) -> None:
    wide = '<c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c>'
    rows = f'{HEAD}{text_row(2, "1", "How?", "1. Open")}<row r="1048576">{wide}</row>'
    merges = '<mergeCells><mergeCell ref="A2:XFD1048575"/></mergeCells>'
    started = time.process_time()
    found = rows_of(tmp_path, sheet_xml(rows, merges))
    assert time.process_time() - started < 5
    assert [row.row for row in found] == [2, 1048576]


@pytest.mark.parametrize(
    "sheet",
    [
        text_row(0, "x"),
        text_row(1_048_577, "x"),
        text_row("99999999999", "x"),
        '<row r="1"><c r="XFE1"><v>1</v></c></row>',
        '<row r="1"><c t="s"><v>7</v></c></row>',
        '<row r="1"><c s="99"><v>7</v></c></row>',
        '<row r="1"><c><v>seven</v></c></row>',
        '<row r="1"><c>',
    ],
)
def test_cells_that_cannot_be_are_a_damaged_workbook(tmp_path: Path, sheet: str) -> None:
    assert problem_of(tmp_path, sheet_xml(sheet)).startswith("a damaged workbook (")


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    good = shared("<t>How?</t>", "<t>1. Open</t>")
    assert rows_of(tmp_path, good)
    for part in ("sheet1.xml", "sharedStrings.xml", "workbook.xml", "styles.xml"):
        data = edited(good, lambda name, old, part=part: bomb + old if name.endswith(part) else old)
        assert problem_of(tmp_path, data) == "a damaged workbook (EntitiesForbidden)"


@pytest.mark.parametrize("part", ["[Content_Types].xml", "xl/workbook.xml", "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml"])
def test_a_workbook_without_one_of_its_parts_is_damaged(tmp_path: Path, part: str) -> None:
    good = shared("<t>How?</t>", "<t>1. Open</t>")
    said = problem_of(tmp_path, edited(good, lambda name, old: None if name == part else old))
    assert "damaged" in said or "no sheet" in said


def test_what_is_no_workbook_is_one_line(tmp_path: Path) -> None:
    assert "with a password, or an old .xls" in problem_of(tmp_path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    assert "expected an .xlsx workbook" in problem_of(tmp_path, b"prompt,output\na,b\n")
    book, _ = book_of(HEADER, [1, "How?", "1. Open"])
    assert "expected an .xlsx workbook" in problem_of(tmp_path, bytes_of(book)[:-30])
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("hello.txt", "x")
    assert "damaged workbook" in problem_of(tmp_path, other.getvalue())
    assert problem_of(tmp_path, bytes_of(Workbook())) == "no sheet has the columns: every sheet is empty"


def test_a_bomb_is_refused_by_the_sizes_it_claims_and_by_those_it_has(tmp_path: Path) -> None:
    book, _ = book_of(HEADER, [1, "How?", "1. Open"])
    bomb = edited(bytes_of(book), lambda _, old: old, {f"xl/media/{n}.bin": bytes(50_000_000) for n in range(4)})
    assert len(bomb) < 1_000_000
    tracemalloc.start()
    said = problem_of(tmp_path, bomb, SourcesConfig(max_megabytes=100))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert said == "larger than sources.max_megabytes (100 MB, unpacked too)"
    assert peak < 20_000_000
    # The directory at the end lies about the size of one part.
    size = (50_000_000).to_bytes(4, "little")
    place = bomb.rindex(size)
    lying = bomb[:place] + (10).to_bytes(4, "little") + bomb[place + 4 :]
    for limit in (160, 1000):
        assert problem_of(tmp_path, lying, SourcesConfig(max_megabytes=limit))
