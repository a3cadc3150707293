"""The language of each record, on real rows and on sixty texts written for the hard cases: mixed, other and very short ones."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from langkah.config import IngestConfig
from langkah.language import detect
from langkah.records import IndexedRow, RowStatus
from langkah.sources import build_index, describe_sources, read_accepted

TEXTS = Path(__file__).with_name("language_texts.jsonl")
OTHERS = Path(__file__).with_name("other_languages.jsonl")
NEITHER = "in neither English nor Indonesian"


def indexed(path: Path, rows: list[dict[str, Any]], config: IngestConfig | None = None) -> list[IndexedRow]:
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return build_index(describe_sources([str(path)]), config or IngestConfig())


def other_rows() -> list[dict[str, str]]:
    """How-to answers in 25 other languages, without a column for the language; the last twelve, terse, were held out."""
    rows = [json.loads(line) for line in OTHERS.read_text(encoding="utf-8").splitlines()]
    return [{name: row[name] for name in ("prompt", "output")} for row in rows]


def test_rows_in_another_language_are_flagged_and_not_taken_for_english(tmp_path: Path) -> None:
    path = tmp_path / "faq.jsonl"
    index = indexed(path, other_rows())
    found = Counter((row.status, row.language, row.reason) for row in index)
    assert found[RowStatus.flagged, "other", NEITHER] >= 32
    assert found.total() == 33
    records = read_accepted(describe_sources([str(path)]), index, statuses=[RowStatus.flagged])
    assert {record.language for record in records} == {"other"}


def test_what_a_row_or_the_config_says_of_the_language_is_believed(tmp_path: Path) -> None:
    rows = [{**row, "language": "en"} for row in other_rows()]
    assert {row.language for row in indexed(tmp_path / "a.jsonl", rows)} == {"en"}
    assert {row.language for row in indexed(tmp_path / "b.jsonl", other_rows(), IngestConfig(language="id"))} == {"id"}


@pytest.mark.parametrize(
    ("prompt", "output", "language"),
    [
        ("Refund", "1. Receipt\n2. Counter\n3. Wait", "en"),
        ("Wi-Fi 6E", "1. Wi-Fi", "en"),
        ("Export invoices", "1. Dashboard > Billing > Invoices.\n2. Filter: last month, status paid.\n3. Download CSV.", "en"),
        ("Toko Sejahtera", "1. Kasir", "id"),
        ("Reset PIN", "1. Menu\n2. Akun\n3. Reset", "id"),
        ("José García", "1. La Paz\n2. Los Angeles", "en"),
    ],
)
def test_what_is_short_or_names_things_only_is_treated_as_one_of_the_two(
    tmp_path: Path, prompt: str, output: str, language: str
) -> None:
    (row,) = indexed(tmp_path / "faq.jsonl", [{"prompt": prompt, "output": output}])
    assert (row.status, row.language) == (RowStatus.accepted, language)


@pytest.mark.parametrize("name", ["shop-faq-en.jsonl", "shop-faq-id.csv"])
def test_no_row_of_the_examples_is_in_another_language(examples: Path, name: str) -> None:
    assert all(row.language != "other" for row in build_index(describe_sources([str(examples / name)]), IngestConfig()))


def test_sixty_mixed_other_and_short_texts() -> None:
    rows = [json.loads(line) for line in TEXTS.read_text(encoding="utf-8").splitlines()]
    assert Counter(row["language"] for row in rows) == {"en": 15, "id": 15, "mixed": 10, "other": 20}
    right = Counter(row["language"] for row in rows if detect(row["text"]) == row["language"])
    assert right.total() >= 0.9 * len(rows)
    taken_for_each_other = [row for row in rows if {detect(row["text"]), row["language"]} == {"en", "id"}]
    assert taken_for_each_other == []


def test_real_rows_have_the_language_of_their_file(gnome: Path) -> None:
    sources = describe_sources([str(gnome / "gnome-help-en.jsonl"), str(gnome / "gnome-help-id.csv")])
    index = [row for row in build_index(sources, IngestConfig()) if row.status is not RowStatus.rejected]
    found = {
        name: Counter(row.language for row in index if row.file == name)
        for name in ("gnome-help-en.jsonl", "gnome-help-id.csv")
    }
    assert set(found["gnome-help-en.jsonl"]) == {"en"}
    assert set(found["gnome-help-id.csv"]) == {"id", "mixed"}
