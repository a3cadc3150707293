from __future__ import annotations

from pathlib import Path

import pytest
from page_reading import PLAIN, STEPS, found_in

from langkah.config import IngestConfig
from langkah.errors import SourceError
from langkah.records import RowStatus
from langkah.sources import build_index, describe_sources, read_rows, usable


def test_steps_without_any_heading_are_a_row_without_prompt(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(STEPS)
    (source,) = describe_sources([str(tmp_path / "a.html")])
    (row,) = build_index([source], IngestConfig())
    assert (row.status, row.reason) == (RowStatus.rejected, "empty prompt")


def test_an_answer_without_steps_is_flagged_and_not_lost(tmp_path: Path) -> None:
    (tmp_path / "faq.md").write_text(
        "# FAQ\n\n## Is it free?\n\nYes, it is.\n\n## What do I need?\n\n- A card\n- A phone\n\n"
        "## How do I pay?\n\n1. Open the app.\n2. Tap Pay.\n\n## Our team\n\nWe are ten people.\n"
    )
    sources = describe_sources([str(tmp_path / "faq.md")])
    assert [(row.row, row.status.value, row.reason) for row in build_index(sources, IngestConfig())] == [
        (1, "flagged", "no numbered steps"),
        (2, "flagged", "no numbered steps"),
        (3, "accepted", None),
    ]


def test_a_page_in_a_legacy_encoding(tmp_path: Path) -> None:
    page = f"<meta charset='iso-8859-1'><h1>Caf\xe9</h1>{STEPS}"
    (tmp_path / "a.html").write_bytes(page.encode("latin-1"))
    assert found_in(tmp_path / "a.html")[0]["prompt"] == "Caf\xe9"
    (tmp_path / "b.html").write_bytes(page.replace("<meta charset='iso-8859-1'>", "").encode("latin-1"))
    (source,) = describe_sources([str(tmp_path / "b.html")])
    assert [row.problem for row in read_rows(source, PLAIN)] == ["not valid UTF-8"]


def test_a_page_without_procedure_is_told_and_stops_no_import(tmp_path: Path) -> None:
    (tmp_path / "about.md").write_text("# Hello\n\nNothing to do.\n")
    (tmp_path / "empty.html").write_text(" \n")
    (tmp_path / "pay.html").write_text(f"<h1>Pay a bill</h1>{STEPS}")
    sources = describe_sources([str(tmp_path / "*.md"), str(tmp_path / "*.html")])
    index = build_index(sources, IngestConfig())
    usable(index, sources)
    assert [(row.file, row.row, row.status.value, row.reason) for row in index] == [
        ("about.md", 1, "rejected", "no procedure on the page"),
        ("empty.html", 1, "rejected", "no procedure on the page"),
        ("pay.html", 1, "accepted", None),
    ]


def test_pages_without_any_procedure_and_tables_without_a_usable_row_are_refused(tmp_path: Path) -> None:
    for name, content in {"a.md": "# Hi\n", "b.html": "<p>x", "c.md": f"# Pay\n\n{STEPS}", "d.csv": "prompt,output\n"}.items():
        (tmp_path / name).write_text(content)

    def problems_of(*names: str) -> tuple[str, ...]:
        sources = describe_sources([str(tmp_path / name) for name in names])
        with pytest.raises(SourceError) as caught:
            usable(build_index(sources, IngestConfig()), sources)
        return caught.value.problems

    said = "no usable row: 1 rejected (no procedure on the page)"
    assert problems_of("a.md", "b.html") == (f"a.md: {said}", f"b.html: {said}")
    assert problems_of("a.md", "c.md", "d.csv") == ("d.csv: no usable row: the file has no rows",)


def test_rows_are_numbered_by_their_place_on_the_page(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        f"<h2>Do it</h2>{STEPS}<details><summary>Undo it</summary>{STEPS}</details><h2>Go</h2>{STEPS}"
    )
    (source,) = describe_sources([str(tmp_path / "a.html")])
    assert [(row.row, (row.fields or {})["prompt"]) for row in read_rows(source, PLAIN)] == [
        (1, "Do it"),
        (2, "Undo it"),
        (3, "Go"),
    ]


def test_nesting_beyond_reason_is_an_error_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("<div>" * 100_000)
    with pytest.raises(SourceError) as caught:
        describe_sources([str(tmp_path / "a.html")])
    assert caught.value.problems == (f"{tmp_path / 'a.html'}: nested too deeply",)
