"""What is new in sources: counted by content, told without a text, and never by place or time."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from langkah.config import IngestConfig, SourcesConfig
from langkah.sources import FaqChanges, FaqFingerprint, compare_faqs, describe_sources, fingerprint_faqs

SECRET = b"\x07" * 32
ROWS = [
    {"id": f"q{number}", "prompt": f"How do I open door {number}?", "output": f"1. Turn key {number}.\n2. Push."}
    for number in range(6)
]


def look(folder: Path, rows: list[dict[str, Any]], secret: bytes = SECRET, **kwargs: Any) -> list[FaqFingerprint]:
    path = folder / "faq.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return fingerprint_faqs(describe_sources([str(path)]), IngestConfig(**kwargs), SourcesConfig(), secret, flagged=False)


def test_each_kind_is_counted(tmp_path: Path) -> None:
    before = look(tmp_path, ROWS)
    changed = {**ROWS[1], "output": "1. Ring.\n2. Wait."}
    added = [{"id": f"n{number}", "prompt": f"How do I ring bell {number}?", "output": "1. Pull."} for number in range(2)]
    now = look(tmp_path, [ROWS[0], changed, *ROWS[3:], *added])
    assert compare_faqs(before, now) == FaqChanges(added=2, changed=1, retired=1, unchanged=4)
    assert compare_faqs((), before) == FaqChanges(added=6)
    assert compare_faqs(before, now).total == 4


def test_order_time_and_repetition_are_no_change(tmp_path: Path) -> None:
    before = look(tmp_path, ROWS)
    now = look(tmp_path, [ROWS[2], *ROWS[::-1]])
    os.utime(tmp_path / "faq.jsonl", (0, 0))
    assert now == before and look(tmp_path, ROWS) == before


def test_without_ids_a_prompt_names_the_faq(tmp_path: Path) -> None:
    plain = [{"prompt": row["prompt"], "output": row["output"]} for row in ROWS]
    before = look(tmp_path, plain)
    spaced = {**plain[0], "prompt": f"  {plain[0]['prompt'].upper()}"}
    other = {**plain[1], "prompt": "How do I get in?"}
    assert compare_faqs(before, look(tmp_path, [spaced, other, *plain[2:]])) == FaqChanges(
        added=1, changed=1, retired=1, unchanged=4
    )


def test_what_would_not_train_does_not_count(tmp_path: Path) -> None:
    before = look(tmp_path, ROWS)
    prose = {"id": "prose", "prompt": "Who are you?", "output": "We sell doors."}
    assert look(tmp_path, [*ROWS, prose, {"id": "broken", "prompt": ""}]) == before
    assert len(look(tmp_path, ROWS, max_intents=4)) == 4


def test_nothing_of_it_can_be_guessed_elsewhere(tmp_path: Path) -> None:
    mine, yours = look(tmp_path, ROWS), look(tmp_path, ROWS, b"\x08" * 32)
    assert compare_faqs(mine, yours) == FaqChanges(added=6, retired=6)
    assert "door" not in str(mine) and all(len(each.faq) == len(each.content) == 64 for each in mine)
