from __future__ import annotations

import csv
import json
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langkah.language import detect, label, parse_language, sentence_languages

DATA = Path(__file__).parents[2] / "../shared/data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not here")


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle)) if name.endswith(".csv") else [json.loads(line) for line in handle]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("How do I get my money back?", "en"),
        ("Where's my parcel?", "en"),
        ("I can’t log in to my account", "en"),
        ("HOW TO PAY", "en"),
        ("Reset your password", "en"),
        ("Click Bayar Sekarang, then choose a bank and confirm.", "en"),
        ("Bagaimana cara mengembalikan barang?", "id"),
        ("gimana caranya refund?", "id"),
        ("Kok pesanan saya blm sampai ya", "id"),
        ("CARA BAYAR", "id"),
        ("Lacak pengiriman", "id"),
        ("Klik tombol Add New User lalu pilih Switch To Admin.", "id"),
        ("1. Buka Settings.\n2. Pilih Log Out.", "id"),
        ("1. Buka aplikasi.\n2. Click the button next to your name.", "mixed"),
        ("Öffnen Sie die Einstellungen und wählen Sie das Menü, um so in den Bereich zu gelangen.", "other"),
        ("Ouvrez les paramètres et cliquez sur le bouton pour continuer sur la page.", "other"),
        ("打开设置，点击按钮", "other"),
        ("", "other"),
        ("123 - 456", "other"),
    ],
)
def test_detect(text: str, language: str) -> None:
    assert detect(text) == language


@pytest.mark.parametrize(("text", "language"), [("Wi-Fi 6E", "en"), ("", "en"), ("打开设置", "en"), ("Toko Sejahtera", "id")])
def test_label_always_names_a_language_of_the_pipeline(text: str, language: str) -> None:
    assert label(text) == language


def test_sentences_of_a_mixed_text_have_their_own_language() -> None:
    text = "1. Buka menu sistem. Hubungi Bpk. Budi Santoso di kantor.\n2. Select Wi-Fi from the list. Klik Simpan.\n"
    found = [(text[start:end].strip(), language) for start, end, language in sentence_languages(text)]
    assert found == [
        ("1. Buka menu sistem.", "id"),
        ("Hubungi Bpk. Budi Santoso di kantor.", "id"),
        ("2. Select Wi-Fi from the list.", "en"),
        ("Klik Simpan.", "id"),
    ]


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.text(alphabet="abC .!?\n1)é:…\u2028打\"'", max_size=60))
def test_spans_cover_the_text(text: str) -> None:
    spans = sentence_languages(text)
    assert "".join(text[start:end] for start, end, _ in spans) == text
    assert all(start < end for start, end, _ in spans)
    assert {language for _, _, language in spans} <= {"en", "id", "mixed", "other"}


@pytest.mark.parametrize(
    ("value", "language"),
    [
        ("EN", "en"),
        ("eng", "en"),
        (" English ", "en"),
        ("en-US", "en"),
        ("en_GB.UTF-8", "en"),
        ("in", "id"),
        ("ind", "id"),
        ("id-ID", "id"),
        ("Indonesia", "id"),
        ("mixed", "mixed"),
        ("fr", None),
        ("", None),
        ("in-app", None),
        ("x", None),
    ],
)
def test_labels_that_people_write(value: str, language: str | None) -> None:
    assert parse_language(value) == language


@needs_data
def test_real_english_rows_are_english() -> None:
    found = Counter(detect(f"{row['prompt']}\n{row['output']}") for row in rows("gnome-help-en.jsonl"))
    assert found["en"] >= 0.99 * found.total()


@needs_data
def test_no_real_indonesian_row_is_english() -> None:
    found = Counter(detect(f"{row['prompt']}\n{row['output']}") for row in rows("gnome-help-id.csv"))
    assert set(found) == {"id", "mixed"}


@needs_data
def test_untranslated_sentences_of_real_rows_are_found() -> None:
    row = next(row for row in rows("gnome-help-id.csv") if row["id"] == "net-wireless-connect-1")
    text = row["output"]
    english = [text[start:end] for start, end, language in sentence_languages(text) if language == "en"]
    assert english[0].startswith("2. Select Wi-Fi.")
    assert english[-1].startswith("If you still do not see the network")
    assert len(english) == 5


@needs_data
def test_fast_enough_for_a_corpus() -> None:
    prompts = [row["prompt"] for row in rows("gnome-help-id.csv") + rows("gnome-help-en.jsonl")] * 10
    start = time.process_time()
    for prompt in prompts:
        detect(prompt)
    assert len(prompts) / (time.process_time() - start) > 20_000
