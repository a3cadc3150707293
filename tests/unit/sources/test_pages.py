from __future__ import annotations

import csv
import html
import json
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from langkah.config import IngestConfig, SourcesConfig
from langkah.errors import SourceError
from langkah.procedure import parse_procedure
from langkah.records import RowStatus
from langkah.sources import build_index, describe_sources, read_rows, usable
from langkah.sources.pages import Found, procedures_in_html, procedures_in_markdown

PAGES = Path(__file__).parents[2] / "pages"
PLAIN = SourcesConfig()


class Score(NamedTuple):
    """How the reader did: procedures on the pages, found with exactly their steps, these with their prompt, and others."""

    labelled: int
    exact: int
    prompted: int
    invented: int


def found_in(path: Path) -> list[dict[str, Any]]:
    (source,) = describe_sources([str(path)])
    return [dict(row.fields) for row in read_rows(source, PLAIN) if row.fields is not None]


def score(folder: Path) -> Score:
    labelled = exact = prompted = invented = 0
    for name, labels in yaml.safe_load((folder / "labels.yaml").read_text(encoding="utf-8")).items():
        read = [(row["prompt"], parse_procedure(row["output"])) for row in found_in(folder / name)]
        found = [(prompt, list(procedure.steps)) for prompt, procedure in read if procedure]
        wanted = [(label["prompt"], label["steps"]) for label in labels]
        steps = [each for _, each in found]
        labelled += len(wanted)
        exact += sum(each in steps for _, each in wanted)
        prompted += sum(each in found for each in wanted)
        invented += sum(each not in [own for _, own in wanted] for each in steps)
    return Score(labelled, exact, prompted, invented)


@pytest.mark.parametrize(
    ("folder", "pages", "least"),
    [(PAGES, 30, 60), (PAGES / "held_out", 6, 15), (PAGES / "held_out_2", 6, 15), (PAGES / "held_out_3", 5, 10)],
)
def test_procedures_of_pages_are_found_with_their_steps_and_none_is_invented(folder: Path, pages: int, least: int) -> None:
    assert len(list(folder.glob("*.html"))) + len(list(folder.glob("*.md"))) == pages
    reached = score(folder)
    assert reached.labelled >= least
    assert reached.exact >= 0.95 * reached.labelled
    assert reached.prompted >= 0.95 * reached.labelled
    assert reached.invented == 0


@pytest.mark.parametrize("form", ["html", "markdown"])
@pytest.mark.parametrize("name", ["gnome-help-en.jsonl", "gnome-help-id.csv"])
def test_real_procedures_laid_out_as_pages_are_found(gnome: Path, name: str, form: str) -> None:
    with (gnome / name).open(encoding="utf-8", newline="") as handle:
        rows = [json.loads(line) for line in handle] if name.endswith("jsonl") else list(csv.DictReader(handle))
    lost = 0
    for row in rows:
        procedure = parse_procedure(row["output"])
        assert procedure is not None
        if form == "html":
            items = "".join(f"<li>{html.escape(step).replace(chr(10), '<br>')}</li>" for step in procedure.steps)
            found = procedures_in_html(f"<h1>{html.escape(row['prompt'])}</h1><ol>{items}</ol>")
        else:
            steps = [step.replace("\n", "\\\n").replace("\n", "\n   ").replace("_", r"\_") for step in procedure.steps]
            found = procedures_in_markdown(
                "# " + row["prompt"] + "\n\n" + "".join(f"{n}. {s}\n" for n, s in enumerate(steps, 1))
            )
        lost += [each.prompt for each in found] != [row["prompt"]] or len(found[0].steps) != len(procedure.steps)
    assert lost <= 0.01 * len(rows)


def one(found: list[Found]) -> Found:
    (only,) = found
    return only


def output_of(body: str) -> str:
    return one(procedures_in_html(body)).output


STEPS = "<ol><li>Open it.</li><li>Shut it.</li></ol>"
RENDERED = "1. Open it.\n2. Shut it."


def test_intro_and_notes_are_kept_and_page_furniture_is_not() -> None:
    before = "<h1>Do it</h1><p>First a word.</p><h2>Steps</h2><p>In order:</p>"
    after = "<p>Note: it is done.</p><ul><li>a</li></ul><p>Was this article helpful?</p><p><a href=x>Contact us</a></p>"
    body = f"{before}{STEPS}{after}<ul><li><a href=y>More</a></li></ul><p>Last updated 2024</p>"
    assert output_of(body) == f"First a word.\nIn order:\n{RENDERED}\n\nNote: it is done.\n- a"


@pytest.mark.parametrize(
    ("body", "prompt"),
    [
        (f"<title>Pay | Shop</title>{STEPS}", "Pay"),
        (f"<title>Pay - the bill - Shop</title>{STEPS}", "Pay - the bill"),
        (f"<h1>A</h1><h2>Pay</h2>{STEPS}", "Pay"),
        (f"<h1>Pay</h1><h2>Instructions:</h2>{STEPS}", "Pay"),
        (f"<h1>Bayar</h1><h3>LANGKAH-LANGKAH</h3>{STEPS}", "Bayar"),
        (f"<h1>Shop</h1><h2>2.1 Pay</h2>{STEPS}", "Pay"),
        (f"<h1>Shop</h1><h2>Pay <a href='#pay' class=anchor>#</a></h2>{STEPS}", "Pay"),
        (f"<h1>Shop</h1><p><b>How to pay</b></p>{STEPS}", "How to pay"),
        (f"<h1>Shop</h1><p><b>Warning: it is hot</b></p>{STEPS}", "Shop"),
        (f"<h1>Pay</h1><h2>Android</h2><h3>Steps</h3>{STEPS}", "Pay (Android)"),
        (f"<h1>Shop</h1><div role=heading aria-level=2>Pay</div>{STEPS}", "Pay"),
        (f"<p>To pay:</p>{STEPS}", "To pay"),
        (f"<h2>Pay</h2><section><h3>Steps</h3>{STEPS}</section>", "Pay"),
    ],
)
def test_the_prompt_is_the_heading_that_says_what_is_done(body: str, prompt: str) -> None:
    assert one(procedures_in_html(body)).prompt == prompt


def test_steps_without_any_heading_are_a_row_without_prompt(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(STEPS)
    (source,) = describe_sources([str(tmp_path / "a.html")])
    (row,) = build_index([source], IngestConfig())
    assert (row.status, row.reason) == (RowStatus.rejected, "empty prompt")


@pytest.mark.parametrize(
    ("step", "text"),
    [
        ("Go to <a href=x>Settings</a>&nbsp;&gt; <b>Wi&shy;-Fi</b>.", "Go to Settings > Wi-Fi."),
        ("Choose <span>File</span> ‣ <span>Save</span>.", "Choose File > Save."),
        ("Choose File → Save » As.", "Choose File > Save > As."),
        ("Press <kbd>Ctrl</kbd>+<kbd>C</kbd>.", "Press Ctrl+C."),
        ("Type <code>rm  -r x</code>.", "Type rm -r x."),
        ("Tap <img alt='Menu icon' src=x> and wait.", "Tap Menu and wait."),
        ("Tap Save <img alt='save.png' src=x>.", "Tap Save."),
        ("Open Settings <img alt='and then'> Wi-Fi.", "Open Settings > Wi-Fi."),
        ("Tap <img alt='Save'>, then wait.", "Tap Save, then wait."),
        ("Open it. <img alt='Screenshot of the page' src=x>", "Open it."),
        ("Click the <button>Send</button> button.", "Click the Send button."),
        ("Open it<sup><a href=#1>[1]</a></sup>.", "Open it."),
        ("Open\n\t it\u200b <i>now</i> .", "Open it now ."),
        ("Open «Menu» now", "Open «Menu» now"),
        ("Open it<script>alert(1)</script><svg><text>x</text></svg>", "Open it"),
        ("<details><summary>Open it</summary>Now.</details>", "Open it\nNow."),
    ],
)
def test_the_text_of_a_step(step: str, text: str) -> None:
    found = one(procedures_in_html(f"<h1>Do it</h1><ol><li>{step}</li><li>Shut it.</li></ol>"))
    assert found.steps == (text, "Shut it.")


@pytest.mark.parametrize(
    "body",
    [
        f"<nav><h2>Do it</h2>{STEPS}</nav>",
        f"<footer><h2>Do it</h2>{STEPS}</footer>",
        f"<div class='side-nav'><h2>Do it</h2>{STEPS}</div>",
        f"<div id=breadcrumbs><h2>Do it</h2>{STEPS}</div>",
        f"<div role=navigation><h2>Do it</h2>{STEPS}</div>",
        f"<h1>Release notes</h1>{STEPS}",
        f"<h1>App</h1><h2>Version 2.3</h2>{STEPS}",
        f"<h1>Top 10 tricks</h1>{STEPS}",
        "<h1>Yang tidak dijamin</h1><ol><li>Kerusakan akibat air</li><li>Segel rusak</li></ol>",
        "<h1>Bagian</h1><ol><li>Kebijakan</li><li>Pendidikan</li><li>Jumlah</li></ol>",
        "<h1>How it works</h1><ol><li>Fast</li><li>Safe</li></ol>",
        "<h1>Do it</h1><ul><li>Open it</li><li>Shut it</li></ul>",
        "<h1>Do it</h1><ol><li><a href=#a>Open it</a></li><li><a href=#b>Shut it</a></li></ol>",
        "<h1>Do it</h1><pre>1. Open it\n2. Shut it</pre>",
        "<h1>Do it</h1><ol></ol><ol><li></li></ol>",
        "",
        "plain text",
    ],
)
def test_what_is_no_procedure(body: str) -> None:
    assert procedures_in_html(body) == []


@pytest.mark.parametrize(
    "body",
    [
        f"<body class='has-sidebar no-nav'><div class='with-sidebar'><h2>Do it</h2>{STEPS}</div></body>",
        f"<div class='sidebar-layout'><main><h2>Do it</h2>{STEPS}</main></div>",
        f"<form id=aspnetForm><h2>Do it</h2>{STEPS}</form>",
        f"<h2>Do it</h2><span class=menu>{STEPS}</span>",
        f"<custom-panel><h2>Do it</h2><x-y>{STEPS}</x-y></custom-panel>",
    ],
)
def test_what_only_sounds_like_navigation(body: str) -> None:
    assert output_of(body) == RENDERED


ASKED = "1. Open Settings\n2. Tap Reset PIN."


@pytest.mark.parametrize(
    ("body", "prompt", "output"),
    [
        ("<h2>How do I reset my PIN?</h2><p>Open Settings, then tap Reset PIN.", "How do I reset my PIN?", ASKED),
        ("<h2>Forgot your PIN?</h2><ul><li>Open Settings<li>Tap Reset PIN.</ul>", "Forgot your PIN?", ASKED),
        ("<h2>How to reset a PIN</h2><p>Open Settings, then tap Reset PIN.", "How to reset a PIN", ASKED),
        ("<p><b>How do I reset my PIN?</b></p><p>Open Settings, then tap Reset PIN.", "How do I reset my PIN?", ASKED),
        ("<dl><dt>Lupa PIN?<dd>Buka Setelan, lalu ketuk Reset.</dl>", "Lupa PIN?", "1. Buka Setelan\n2. Ketuk Reset."),
        ("<h2>Cara ganti PIN</h2><p>Buka Setelan, lalu ketuk Reset.", "Cara ganti PIN", "1. Buka Setelan\n2. Ketuk Reset."),
        ("<h2>Reset it?</h2><h3>Android</h3><ul><li>Open Settings<li>Tap Reset PIN.</ul>", "Reset it? (Android)", ASKED),
        (
            "<h1>FAQ</h1><table><tr><th>Asked<th>Told<tr><td>Forgot your PIN?<td>Open Settings, then tap Reset PIN.</table>",
            "Forgot your PIN?",
            ASKED,
        ),
        (
            "<h2>Reset it?</h2><p>It is easy.</p><ul><li>Open Settings<li>Tap Reset PIN.</ul>",
            "Reset it?",
            f"It is easy.\n{ASKED}",
        ),
    ],
)
def test_a_heading_that_asks_is_answered_by_bullets_and_running_text(body: str, prompt: str, output: str) -> None:
    found = one(procedures_in_html(body))
    assert (found.prompt, found.output) == (prompt, output)
    assert [*found.steps] == [line[3:] for line in output.split("\n") if line[:1].isdigit()]


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


@pytest.mark.parametrize(
    "body",
    [
        "<h1>Our offices</h1><p>Open at nine, then closed at noon.",
        "<h1>Settings</h1><ul><li>Open the list<li>Tap Reset</ul>",
        "<h2>Need help?</h2><p>Open the chat, then ask.",
        "<h2>Still have questions?</h2><p>Call us.",
        "<h2>Was this helpful?</h2><p>Thanks.",
        "<h2>How to pay</h2><p><a href=x>How to pay by card</a></p><ul><li><a href=y>By phone</a></ul>",
        "<h2>How do I pay?</h2>",
        "<h1>Fees</h1><table><tr><td>By card<td>Free<tr><td>Is it free?<td>Yes</table>",
    ],
)
def test_what_asks_nothing_or_answers_nothing_is_no_row(body: str) -> None:
    assert procedures_in_html(body) == []


def test_an_introduction_to_sections_is_no_answer() -> None:
    body = f"<h1>How do I pay?</h1><p>There are two ways.</p><h2>By card</h2>{STEPS}<h2>About us</h2><p>We are nice."
    assert [found.prompt for found in procedures_in_html(body)] == ["How do I pay? (By card)"]
    tabs = f"<h1>How do I pay?</h1><p>There are two ways.</p><details><summary>Card</summary>{STEPS}</details><p>Done."
    assert len(procedures_in_html(tabs)) == 1


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


def test_each_step_in_a_list_of_its_own() -> None:
    lists = [f"<ol><li>{step}</li></ol>" for step in ("Open it.", "Turn it.", "Shut it.")]
    found = one(procedures_in_html(f"<h1>Do it</h1>{lists[0]}<p>Wait.</p>{lists[1]}<p><img src=x></p>{lists[2]}"))
    assert found.steps == ("Open it.\nWait.", "Turn it.", "Shut it.")


def test_chapters_with_numbers_are_no_steps() -> None:
    body = f"<h1>Manual</h1><h2>1. Open an account</h2>{STEPS}<h2>2. Pay a bill</h2>{STEPS}"
    assert [found.prompt for found in procedures_in_html(body)] == ["Open an account", "Pay a bill"]
    body = "<h1>Pay a bill</h1><h2>1. Open the app</h2><p>It is blue.</p><h2>2. Tap Pay</h2><p>Wait.</p>"
    assert one(procedures_in_html(body)).steps == ("Open the app\nIt is blue.", "Tap Pay\nWait.")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# Do it\n\n1. Open\n   it.\n2. Shut it.\n", RENDERED),
        ("# Do it\r\n\r\n1. Open it.\r\n2. Shut it.", RENDERED),
        ("# Do it\n\n1. Open it. {: .cls}\n2. Shut it.{% if x %}", RENDERED),
        ("# Do it\n\n1. Open it.\n\n!!! tip\n    Be quick.\n\n2. Shut it.", "1. Open it.\n   Tip:\n   Be quick.\n2. Shut it."),
        ("# Do it\n\n[TOC]\n\nx\n\n1. Open it.\n2. Shut it.", f"x\n{RENDERED}"),
        ("# Do it\n\na. Open it.\nb. Shut it.\n", RENDERED),
        ("# Do it\n\n1. Open it.\n   - [ ] top\n2. Shut it.", "1. Open it.\n   - top\n2. Shut it."),
        ("Do it\n---\n\nStep 1: Open it.\nStep 2: Shut it.", RENDERED),
    ],
)
def test_markdown(text: str, expected: str) -> None:
    assert one(procedures_in_markdown(text)).output == expected


def test_tabs_of_documentation_tools() -> None:
    text = (
        '# Install it\n\n=== "Windows"\n\n    1. Open it.\n    2. Shut it.\n\n=== "Linux"\n\n    1. Open it.\n    2. Shut it.\n'
    )
    assert [found.prompt for found in procedures_in_markdown(text)] == ["Install it (Windows)", "Install it (Linux)"]


@pytest.mark.parametrize(
    "page", ["<div>", "<ol><li>", "<table><tr><td>", "<details><summary>x", "<b><p>", "<dl><dt>a<dd>", "<x>"]
)
@pytest.mark.parametrize("times", [500, 3_000])
def test_deep_nesting_is_read_as_text(page: str, times: int) -> None:
    started = time.process_time()
    procedures_in_html(page * times + f"<h1>Do it</h1>{STEPS}")
    assert time.process_time() - started < 5


def test_nesting_beyond_reason_is_an_error_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("<div>" * 100_000)
    with pytest.raises(SourceError) as caught:
        describe_sources([str(tmp_path / "a.html")])
    assert caught.value.problems == (f"{tmp_path / 'a.html'}: nested too deeply",)


def test_text_is_not_in_repr() -> None:
    assert "Open" not in repr(procedures_in_html(f"<h1>Do it</h1>{STEPS}"))
