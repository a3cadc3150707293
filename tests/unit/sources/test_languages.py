"""The language of each record, on real rows and on sixty texts written for the hard cases: mixed, other and very short ones."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from langkah.config import IngestConfig
from langkah.language import detect
from langkah.records import RowStatus
from langkah.sources import build_index, describe_sources

TEXTS = Path(__file__).with_name("language_texts.jsonl")


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
    assert found["gnome-help-en.jsonl"]["en"] >= 0.99 * found["gnome-help-en.jsonl"].total()
    assert found["gnome-help-id.csv"]["en"] == 0
