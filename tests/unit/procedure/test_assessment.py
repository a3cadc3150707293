from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
import yaml

from langkah.config import StructureConfig
from langkah.procedure import PROCEDURAL, Flag, how_procedural, judge
from langkah.procedure.actions import opens_action

ROOT = Path(__file__).parents[3]
DATA = ROOT / "../shared/data"
CONFIG = StructureConfig()
STEPS = "1. Open the app.\n2. Tap Refund.\n3. Confirm."


def not_procedural() -> list[dict[str, str]]:
    return yaml.safe_load((ROOT / "tests/answers/not_procedural.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "text",
    [
        "Open the lid.",
        "click Save",
        "Please restart the phone.",
        "You need to sign in again.",
        "In the sidebar, choose Sound.",
        "To change it, open Settings.",
        "Double-click the icon.",
        "Crimp the cable.",
        '"Open" it',
        "Buka aplikasi.",
        "Silakan pilih menu Akun.",
        "Aktifkan lokasi.",
        "Bukalah tutupnya.",
        "Anda harus mengisi formulir.",
        "Untuk keluar, ketuk ikon.",
        "Di halaman utama, geser ke kiri.",
    ],
)
def test_instructions(text: str) -> None:
    assert opens_action(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "123",
        "Return shipping is free.",
        "Order numbers are on the invoice.",
        "We open at nine.",
        "The lid opens.",
        "Because the lid is open, it stops.",
        "Thanks for your patience.",
        "Transfer ke bank lain dikenai biaya.",
        "Ikan bakar.",
        "Kerusakan tidak ditanggung.",
        "Dibukakan oleh petugas.",
        "Akan dikirim besok.",
        "Setelah itu paket dikirim.",
        "If it fails, call us.",
    ],
)
def test_no_instructions(text: str) -> None:
    assert not opens_action(text)


def test_a_condition_before_an_instruction_counts_where_asked() -> None:
    assert opens_action("If the light is red, press Reset.", conditions=True)
    assert opens_action("Jika lampu merah, tekan Reset.", conditions=True)


def test_english_text_is_not_read_by_indonesian_endings() -> None:
    assert opens_action("Aktifkan lokasi")
    assert not opens_action("Aktifkan lokasi", language="en")


def test_a_score_is_explained_by_its_parts() -> None:
    high, low = how_procedural(STEPS), how_procedural("Sorry, we are closed. Our team is away.")
    assert (high.steps, high.actions, high.order, high.statements) == (3, 1.0, 1.0, 0.0)
    assert (low.steps, low.actions, low.statements, low.score) == (0, 0.0, 1.0, 0.0)
    assert high.procedural and not low.procedural
    assert "100% of the parts open with an action" in high.explain()
    assert how_procedural("").score == 0


def test_answers_that_are_no_procedures_are_told_from_how_to_texts() -> None:
    rows = not_procedural()
    assert len(rows) == 60
    called = [row["text"] for row in rows if how_procedural(row["text"]).score >= PROCEDURAL]
    assert len(called) <= 1, called


@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not here")
def test_real_procedures_score_high_and_are_not_flagged() -> None:
    with (DATA / "gnome-help-id.csv").open(encoding="utf-8", newline="") as handle:
        rows = [(row["prompt"], row["output"], "id") for row in csv.DictReader(handle)]
    for line in (DATA / "gnome-help-en.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        rows.append((row["prompt"], row["output"], "en"))
    assert len(rows) == 368
    assert sum(how_procedural(output).procedural for _, output, _ in rows) >= 0.99 * len(rows)
    flagged = [flags for row in rows if (flags := judge(*row, CONFIG).flags)]
    assert len(flagged) <= 0.02 * len(rows), flagged


def test_the_sample_data_is_not_flagged() -> None:
    with (ROOT / "examples/shop-faq-id.csv").open(encoding="utf-8", newline="") as handle:
        rows = [(row["prompt"], row["output"], "id") for row in csv.DictReader(handle)]
    for line in (ROOT / "examples/shop-faq-en.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        rows.append((row["prompt"], row["output"], "en"))
    assert sum(bool(judge(*row, CONFIG).flags) for row in rows) <= 0.02 * len(rows)


def test_answers_that_are_no_procedures_are_flagged() -> None:
    rows = not_procedural()
    flagged = [row for row in rows if Flag.irrelevant in judge("How do I pay?", row["text"], row["language"], CONFIG).flags]
    assert len(flagged) >= 58


@pytest.mark.parametrize(
    ("prompt", "output", "flags"),
    [
        ("How do I get a refund?", STEPS, []),
        ("Refund?", STEPS, []),
        ("Ganti PIN", STEPS, []),
        ("My parcel never came", STEPS, []),
        ("Help", STEPS, [Flag.no_action]),
        ("Halo min, mau tanya", STEPS, [Flag.no_action]),
        ("???", STEPS, [Flag.no_action]),
        ("The blue one", "The blue one is lighter.", [Flag.no_steps, Flag.irrelevant, Flag.no_action]),
        ("How do I get a refund?", "Open the app. Tap Refund.", [Flag.no_steps]),
        ("How do I get a refund?", "Please contact us at [PHONE].", [Flag.no_steps, Flag.irrelevant]),
        ("How do I get a refund?", "1. Sale items are excluded.\n2. The receipt is required.", [Flag.irrelevant]),
        ("How do I get a refund?", "\n".join(f"{n}. Tap {n}." for n in range(1, 27)), [Flag.too_long]),
        ("How do I get a refund?", "\n".join(f"{n}. Tap {n}." for n in range(1, 26)), []),
    ],
)
def test_why_a_record_needs_a_person(prompt: str, output: str, flags: list[Flag]) -> None:
    assert judge(prompt, output, "id", CONFIG).flags == flags


def test_the_limit_of_steps_is_the_settings() -> None:
    assert judge("How?", STEPS, "en", StructureConfig(max_steps=2)).flags == [Flag.too_long]


def test_reasons_are_words_for_a_person() -> None:
    assert all(" " in flag.value and flag.value == str(flag) for flag in Flag)


@pytest.mark.parametrize(
    ("output", "flagged"),
    [
        ("1. Open Refunds.\n3. Enter the order number.\n2. Choose a reason.\n4. Submit.", True),
        ("1. Open Refunds.\n2. Enter the order number.\n4. Submit.", False),
        ("On Windows:\n1. Open Start.\n2. Click Off.\n\nOn a Mac:\n1. Open the menu.\n2. Click Off.", False),
        ("1. Open Refunds.\n   2. is not a step here\n2. Submit.", False),
    ],
)
def test_steps_out_of_order_need_a_person(output: str, flagged: bool) -> None:
    assert (Flag.misnumbered in judge("How do I get a refund?", output, "en", CONFIG).flags) is flagged
