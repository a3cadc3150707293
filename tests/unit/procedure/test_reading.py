from __future__ import annotations

import csv
import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from langkah.procedure import Procedure, normalize_answer, parse_procedure, render

DATA = Path(__file__).parents[3] / "../shared/data"


def steps_of(text: str) -> tuple[str, ...] | None:
    found = parse_procedure(text)
    return found.steps if found else None


@pytest.mark.parametrize(
    "text",
    [
        "1. Open\n2. Click\n3. Save",
        "1) Open\n2) Click\n3) Save",
        "(1) Open\n(2) Click\n(3) Save",
        "Step 1: Open\nStep 2: Click\nStep 3: Save",
        "Langkah 1: Open\nLangkah 2: Click\nLangkah 3: Save",
        "Langkah ke-1: Open\nLangkah ke-2: Click\nLangkah ke-3: Save",
        "STEP 1 - Open\nSTEP 2 - Click\nSTEP 3 - Save",
        "### Step 1\nOpen\n### Step 2\nClick\n### Step 3\nSave",
        "**Step 1:** Open\n**Step 2:** Click\n**Step 3:** Save",
        "- Open\n- Click\n- Save",
        "* Open\n* Click\n* Save",
        "• Open\n• Click\n•Save",
        "1.Open\n2.Click\n3.Save",
        "  1. Open\n  2. Click\n  3. Save",
        "1. Open\n\n2. Click\n\n3. Save\n",
        "1. Open\r\n2. Click\r\n3. Save\r\n",
        "1.\nOpen\n2.\nClick\n3.\nSave",
        "1. Open\n1. Click\n1. Save",
        "1. Open\n2. Click\n4. Save",
        "1. Open 2. Click 3. Save",
        "1) Open 2) Click 3) Save",
        "(1) Open, (2) Click, and (3) Save",
        "Step 1: Open Step 2: Click Step 3: Save",
        "1. Open 2. Click\n3. Save",
        "1 - Open\n2 - Click\n3 - Save",
        "1: Open\n2: Click\n3: Save",
        "[1] Open\n[2] Click\n[3] Save",
        "#1 Open\n#2 Click\n#3 Save",
        "1.1 Open\n1.2 Click\n1.3 Save",
        "Step one: Open\nStep two: Click\nStep three: Save",
        "Step I: Open\nStep II: Click\nStep III: Save",
        "First step: Open\nSecond step: Click\nLast step: Save",
        "Langkah pertama: Open\nLangkah kedua: Click\nLangkah terakhir: Save",
        "a. Open\nb. Click\nc. Save",
        "(a) Open (b) Click (c) Save",
        "i) Open\nii) Click\niii) Save",
        "I. Open\nII. Click\nIII. Save",
        "① Open\n② Click\n③ Save",
        "①Open②Click③Save",
        "1️⃣ Open 2️⃣ Click 3️⃣ Save",
        "❶ Open\n❷ Click\n❸ Save",
        "👉 Open\n👉 Click\n👉 Save",
        "- [ ] Open\n- [x] Click\n- [ ] Save",
        "**1.** Open\n**2.** Click\n**3.** Save",
        "**1. Open**\n**2. Click**\n**3. Save**",
        "__Step 1__: Open\n__Step 2__: Click\n__Step 3__: Save",
        "> 1. Open\n> 2. Click\n> 3. Save",
        "1\\. Open\n2\\. Click\n3\\. Save",
        "1.&nbsp;Open\n2.&nbsp;Click\n3.&nbsp;Save",
        "1. Open<br>2. Click<br/>3. Save",
        "<ol><li>Open</li><li>Click</li><li>Save</li></ol>",
        "<ul>\n <li>Open\n <li>Click\n <li>Save\n</ul>",
        "<p>1. <b>Open</b></p><p>2. Click</p><p>3. Save</p>",
        "| Step | Do |\n|---|---|\n| 1 | Open |\n| 2 | Click |\n| 3 | Save |",
        "\ufeff1. Open\n\u200b2. Click\n3. Save",
    ],
)
def test_ways_to_write_three_steps(text: str) -> None:
    assert steps_of(text) == ("Open", "Click", "Save")


def test_steps_that_share_a_line_fill_a_gap_in_the_count() -> None:
    assert steps_of("1. Open\n2. Click 3. Save\n4. Leave") == ("Open", "Click", "Save", "Leave")
    assert steps_of("Caranya: 1. Buka aplikasi 2. Pilih menu") == ("Buka aplikasi", "Pilih menu")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Open the settings and click Save.",
        "It opens at 10.30 and needs version 2.1.",
        "- only one dash",
        "Call 1500-888.\n24 hours a day.",
        "2.1 is out\n2.2 is not",
        "It takes 1 - 2 days.\n3 - 5 days abroad.",
        "1 - 2 days\n2 - 3 days",
        "#1 in town",
        "If it fails, then call us.",
        "Jika gagal, hubungi kami.",
        "If the light is red, close the lid, then open it.",
        "First we check it. Then we call you. Finally you get it.",
        "Pertama kami periksa. Lalu kami kirim.",
        "Go to Settings -> Privacy -> Location.",
        "File > Open > Save",
        "Cara 1:\nKetik kode lalu tekan OK.\nCara 2:\nBuka aplikasi lalu pilih Kode.",
        "Vitamin a. is good, b. is not.",
        "Return shipping is free, then the fee applies.",
        "| price | 10 |\n|---|---|\n| tax | 2 |",
    ],
)
def test_no_explicit_steps(text: str) -> None:
    assert parse_procedure(text) is None


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("1. Upgrade to version 2. Then restart.", ("Upgrade to version 2. Then restart.",)),
        ("1. Install\nWindows\n11. Then restart\n2. Log in", ("Install\nWindows\n11. Then restart", "Log in")),
        ("1. Come at 10.30 with 2.1\n2. Wait", ("Come at 10.30 with 2.1", "Wait")),
        ("1. Buka Windows 11. Tunggu\n2. Masuk", ("Buka Windows 11. Tunggu", "Masuk")),
        ("1. Use Windows 2. It is old\n2. Leave", ("Use Windows 2. It is old", "Leave")),
        ("1. Tekan angka 1 atau 2. Tunggu. 2. Simpan.", ("Tekan angka 1 atau 2. Tunggu.", "Simpan.")),
        ("1. Datang pukul\n10.30 WIB\n2. Antre", ("Datang pukul\n10.30 WIB", "Antre")),
    ],
)
def test_numbers_inside_a_step_start_none(text: str, steps: tuple[str, ...]) -> None:
    assert steps_of(text) == steps


def test_words_of_order_become_numbers() -> None:
    text = "It is easy. First, you open the lid. Then press Start and wait. A light blinks. Finally, close it. If not, call us."
    assert parse_procedure(text) == Procedure(
        "It is easy.", ("Open the lid.", "Press Start and wait. A light blinks.", "Close it."), "If not, call us."
    )
    assert normalize_answer("Buka Pengaturan, lalu klik Simpan, kemudian tekan OK.") == (
        "1. Buka Pengaturan\n2. Klik Simpan\n3. Tekan OK."
    )


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("Open the app -> tap Cards -> Lock Card", ("Open the app", "Tap Cards -> Lock Card")),
        ("Buka Setelan → Privasi → ketuk Lokasi", ("Buka Setelan → Privasi", "Ketuk Lokasi")),
        ("Lift the lid; rinse the filter; put it back.", ("Lift the lid", "Rinse the filter", "Put it back.")),
        ("Do this:\nLift the lid\nRinse the filter", ("Lift the lid", "Rinse the filter")),
        ("Lift the lid\nRinse the filter", None),
        ("Lift the lid\nRinse the filter\nPut it back", ("Lift the lid", "Rinse the filter", "Put it back")),
        ("Firstly\nBack it up.\n\nSecondly\nRun it.", ("Back it up.", "Run it.")),
    ],
)
def test_steps_without_marks(text: str, steps: tuple[str, ...] | None) -> None:
    assert steps_of(text) == steps


def test_an_outer_list_of_letters_keeps_its_inner_numbers() -> None:
    assert steps_of("a. Mix:\n   1. flour\n   2. water\nb. Bake") == ("Mix:\n1. flour\n2. water", "Bake")
    assert steps_of("A. By app\n1. Open\n2. Pay\n\nB. By phone\n1. Call\n2. Pay") == ("Open", "Pay")


def test_tags_that_html_does_not_have_are_text() -> None:
    assert steps_of("1. Type <your name>\n2. Press <Enter>") == ("Type <your name>", "Press <Enter>")
    assert steps_of("1. Write `<br>` here\n2. Use a < b & c") == ("Write `<br>` here", "Use a < b & c")
    assert normalize_answer("<p>We ship &amp; pack.</p><p>Always.</p>") == "We ship & pack.\n\nAlways."


def test_nested_html_lists_stay_in_their_step() -> None:
    text = "<ol><li>Pick a day<ul><li>no Sunday</li></ul></li><li>Save</li></ol><p>Thanks</p>"
    assert parse_procedure(text) == Procedure("", ("Pick a day\n- no Sunday", "Save"), "Thanks")


def test_continuations_and_nested_lists_stay_in_their_step() -> None:
    text = "1. Open the\nsettings:\n   - sound\n     - loud\n   1. first\n\n2. Choose\n\n   one of them\n3. Save"
    assert steps_of(text) == (
        "Open the\nsettings:\n   - sound\n     - loud\n   1. first",
        "Choose\none of them",
        "Save",
    )


def test_intro_and_notes_are_apart() -> None:
    text = "To pay:\n1. Open\n2. Pay\n\nIt takes a day.\n\nCall us if not."
    assert parse_procedure(text) == Procedure("To pay:", ("Open", "Pay"), "It takes a day.\n\nCall us if not.")


@pytest.mark.parametrize("note", ["Note: bring a card", "Catatan: bawa kartu", "Tips: datang pagi", "**Note:** bring it"])
def test_a_note_needs_no_empty_line(note: str) -> None:
    assert parse_procedure(f"1. Open\n2. Pay\n{note}") == Procedure("", ("Open", "Pay"), note)


def test_a_note_between_steps_stays_where_it_is() -> None:
    assert steps_of("1. Open\nNote: slow\n2. Pay") == ("Open\nNote: slow", "Pay")


def test_a_second_list_is_kept_apart_word_for_word() -> None:
    text = "For Android:\n1. A\n2. B\n\nFor iPhone:\n1. C\n2. D"
    found = parse_procedure(text)
    assert found == Procedure("For Android:", ("A", "B"), "For iPhone:\n1. C\n2. D")
    assert render(found) == text


def test_render_writes_the_one_form() -> None:
    found = Procedure("Intro:", ("One\n- nested", "Two"), "Note: x")
    assert render(found) == "Intro:\n1. One\n   - nested\n2. Two\n\nNote: x"
    assert parse_procedure(render(found)) == found


def test_render_writes_a_part_under_its_own_numbers() -> None:
    part = Procedure("", ("Nine\n- nested", "Ten"), "Note: x")
    assert render(part, first=9) == "9. Nine\n   - nested\n10. Ten\n\nNote: x"
    assert parse_procedure(render(part, first=9)) == part


def test_normalize_answer_rewrites_steps_and_leaves_prose() -> None:
    assert normalize_answer("Step 1: A\r\nStep 2: B") == "1. A\n2. B"
    assert normalize_answer("  Just call us.\r\nAny time. ") == "Just call us.\nAny time."


def test_text_is_not_in_repr() -> None:
    assert "secret" not in repr(Procedure("secret", ("secret",), "secret"))


_LINE = st.lists(
    st.sampled_from(
        ["a.", "b)", "(c)", "i.", "ii)", "①", "②", "1️⃣", "1 -", "2:", "1.1", "1.2", "->", "→", ";", "[1]", "| 1 |", "|---|"]
    )
    | st.sampled_from(
        ["<br>", "<li>", "</li>", "<ol>", "</ol>", "<p>", "<b>", "</b>", "&lt;b&gt;", "&amp;", ">", "1\\.", "__", "`"]
    )
    | st.sampled_from(
        ["First,", "then", ", then", "Lalu", "Finally", "If", "Pertama", "to", "tap", "klik", "Tap", ".", "!", "Cara 1:"]
    )
    | st.sampled_from(["1.", "2.", "3.", "(1)", "2)", "Step 1:", "Langkah 2:", "-", "*", "•", "**", "##", "Note:", "11."])
    | st.sampled_from(["open", "Windows", "the", "10.30", "2.1", "dan", ",", "x:", "   ", "\t"]),
    max_size=7,
).map(" ".join)


@settings(max_examples=1500, deadline=None, derandomize=True, database=None)
@given(st.lists(_LINE, max_size=9).map("\n".join) | st.text(max_size=80))
@example("- A\n- B\n\n3. foo")
@example("1. A 2. B\nFor x:\n1. C")
def test_what_was_parsed_is_parsed_again_and_loses_no_word(text: str) -> None:
    found = parse_procedure(text)
    if found is None:
        return
    assert parse_procedure(render(found)) == found
    assert found.steps
    assert all(step == step.strip() and "\n\n" not in step for step in found.steps)
    content = re.compile(r"open|windows|the(?!n)|10\.30|x:|tap|klik")
    assert content.findall(render(found).lower()) == content.findall(text.lower())


@pytest.mark.parametrize(
    "unit",
    ["<ol><li>", "<b>", "| 1 |", "---|", " ", "-\n", "no. 1 ", ", then tap ", "a) b) ", "1. ", "Open; ", "Then ", "to x, "],
)
def test_a_wall_of_marks_is_read_in_no_time(unit: str) -> None:
    text = "Open it, then tap " + unit * (20_000 // len(unit))
    started = time.process_time()
    parse_procedure(text)
    assert time.process_time() - started < 5


@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not here")
def test_real_answers_keep_every_step_verbatim() -> None:
    with (DATA / "gnome-help-id.csv").open(encoding="utf-8", newline="") as handle:
        answers = [row["output"] for row in csv.DictReader(handle)]
    lines = (DATA / "gnome-help-en.jsonl").read_text(encoding="utf-8").splitlines()
    answers += [json.loads(line)["output"] for line in lines]
    assert len(answers) == 368
    for answer in answers:
        found = parse_procedure(answer)
        assert found is not None
        assert list(found.steps) == [line.partition(". ")[2] for line in answer.split("\n")]
        assert render(found) == answer
