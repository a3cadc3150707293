"""Sources made of n rows, whatever is in them: n rows are read, in their places, and each has a status."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from langkah.config import DatabaseConfig, IngestConfig, SourcesConfig
from langkah.sources import build_index, describe_sources, read_rows, release_sources

PLAIN = SourcesConfig()
_NASTY = ["", " ", "How?", "1. Open\n2. Save", '"', '";\n', "a\r\nb", "\ufeff", "\u2028", "=A1", "\0", "é" * 50]
_TEXT = st.sampled_from(_NASTY) | st.text(max_size=12)
_PAIRS = st.lists(st.tuples(_TEXT, _TEXT), min_size=1, max_size=12)
_JSON = st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.lists(st.integers(), max_size=2)
_LINE = st.binary(min_size=1, max_size=12).map(lambda line: b"x" + line.replace(b"\n", b"\r"))
few = settings(max_examples=60, deadline=None, derandomize=True, database=None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("counts")


def places(data: str, config: SourcesConfig = PLAIN) -> list[int]:
    """The rows of a source, after making sure that the index has them all."""
    sources = describe_sources([data], config)
    index = build_index(sources, IngestConfig(max_chars=100), config)
    rows = [row.row for row in read_rows(sources[0], config)]
    release_sources(sources)
    assert [row.row for row in index] == rows
    return rows


def written(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    return str(path)


def upto(count: int) -> list[int]:
    return list(range(1, count + 1))


@few
@given(_PAIRS, st.sampled_from([",", ";", "|", "\t"]), st.booleans(), st.booleans())
def test_each_record_of_a_csv_is_a_row(
    folder: Path, pairs: list[tuple[str, str]], delimiter: str, bom: bool, told: bool
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows([("prompt", "output"), *pairs])
    opening = ("\ufeff" if bom else "") + (f"sep={delimiter}\r\n" if told else "")
    assert places(written(folder / "a.csv", (opening + text.getvalue()).encode())) == upto(len(pairs))


@few
@given(st.lists(_LINE | st.just(b" ") | st.dictionaries(st.text(max_size=3), _JSON).map(lambda row: json.dumps(row).encode())))
def test_each_line_of_a_jsonl_is_a_row_whatever_its_bytes(folder: Path, lines: list[bytes]) -> None:
    lines = [b'{"prompt": "How?"}', *lines]
    expected = [place for place, line in enumerate(lines, start=1) if line != b" "]
    assert places(written(folder / "a.jsonl", b"\n".join(lines))) == expected


@few
@given(st.lists(_JSON | st.dictionaries(st.text(max_size=3), st.text(max_size=3)), max_size=12))
def test_each_element_of_a_json_array_is_a_row(folder: Path, values: list[Any]) -> None:
    values = [None if isinstance(value, float) else value for value in values]  # NaN is no JSON
    assert places(written(folder / "a.json", json.dumps({"data": values}).encode())) == upto(len(values))


@few
@given(_PAIRS)
def test_each_row_of_a_table_is_a_row(folder: Path, pairs: list[tuple[str, str]]) -> None:
    prompts, outputs = (list(column) for column in zip(*pairs, strict=True))
    saved = io.BytesIO()
    pq.write_table(pa.table({"prompt": prompts, "output": outputs}), saved)
    assert places(written(folder / "a.parquet", saved.getvalue())) == upto(len(pairs))


@few
@given(st.lists(st.tuples(_TEXT, _TEXT | st.binary(max_size=4) | st.none() | st.integers(0, 9)), min_size=1, max_size=12))
def test_each_row_of_a_query_is_a_row(folder: Path, rows: list[tuple[Any, Any]]) -> None:
    path = folder / "a.db"
    path.unlink(missing_ok=True)
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE faq (prompt, output)")
        connection.executemany("INSERT INTO faq VALUES (?, ?)", rows)
    connection.close()
    query = DatabaseConfig(url=f"sqlite:///{path}", query="SELECT prompt, output FROM faq ORDER BY rowid")
    assert places("sql:faq", SourcesConfig(databases={"faq": query})) == upto(len(rows))


_CELL = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), min_size=1, max_size=8).filter(str.strip)
_HEADERS = st.sampled_from([("prompt", "output"), ("Pertanyaan", "Jawaban"), ("item", "price"), ("question", "antwort")])


@settings(max_examples=30, deadline=None, derandomize=True, database=None)
@given(st.lists(st.tuples(_HEADERS, st.lists(st.tuples(_CELL, _CELL), max_size=5)), max_size=3))
def test_each_row_of_each_sheet_is_a_row(folder: Path, sheets: list[tuple[tuple[str, str], list[tuple[str, str]]]]) -> None:
    book = Workbook()
    expected = 0
    for number, (header, cells) in enumerate([(("prompt", "output"), [("How?", "1. Open")]), *sheets]):
        sheet = book.create_sheet(f"s{number}")
        for row in (header, *cells):
            sheet.append([f"'{text}" if text.startswith("=") else text for text in row])
        has_columns = header[0] in ("prompt", "Pertanyaan")
        expected += len(cells) + (not has_columns)  # without the columns, nobody can tell the header from a row
    saved = io.BytesIO()
    book.save(saved)
    assert len(places(written(folder / "a.xlsx", saved.getvalue()))) == expected


_BETWEEN = [
    "<p>It is <b>blue</b>.</p>",
    "<ul><li>a</li><li>b</li></ul>",
    "<nav><ol><li>Open</li></ol></nav>",
    "<pre>1. Open</pre>",
    "<hr>",
]
_STEP = st.sampled_from(["Open it.", "Tap <b>Save</b>.", "Press A<br>and B.", "Wait.<ul><li>x</li></ul>"])
_ASKED = ["<p>Open it, then tap Save.</p>", "<p>Yes, it is.</p>", "<ul><li>Open it</li><li>Tap Save</li></ul>"]
_ANSWER = st.lists(_STEP, min_size=1, max_size=4) | st.sampled_from(_ASKED)
_SECTIONS = st.lists(st.tuples(_ANSWER, st.lists(st.sampled_from(_BETWEEN), max_size=3)), min_size=1, max_size=8)
_ABOVE = st.sampled_from(["", "It is blue.\n\n", "- a\n- b\n\n", "```\n1. x\n```\n\n"])


@few
@given(_SECTIONS)
def test_each_list_of_steps_and_each_answered_question_of_a_page_is_a_row(
    folder: Path, sections: list[tuple[list[str] | str, list[str]]]
) -> None:
    page = "<h1>Help</h1>"
    for number, (answer, between) in enumerate(sections):
        asked = isinstance(answer, str)
        body = answer if asked else f"<ol>{''.join(f'<li>{step}</li>' for step in answer)}</ol>"
        page += f"<h2>{'Is it so' if asked else 'Open the door'} {number}{'?' if asked else ''}</h2>{body}{''.join(between)}"
    assert places(written(folder / "a.html", page.encode())) == upto(len(sections))


@few
@given(st.lists(st.integers(1, 5), min_size=1, max_size=8), _ABOVE)
def test_each_list_of_steps_of_a_markdown_page_is_a_row(folder: Path, counts: list[int], between: str) -> None:
    page = "# Help\n\n"
    for number, count in enumerate(counts):
        page += f"## Open door {number}\n\n{between}" + "".join(f"{n}. Press {n}.\n" for n in range(1, count + 1)) + "\n"
    assert places(written(folder / "a.md", page.encode())) == upto(len(counts))
