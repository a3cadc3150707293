from __future__ import annotations

import time

import pytest
from page_reading import RENDERED, STEPS, one, output_of

from langkah.sources.pages import procedures_in_html


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
    "page", ["<div>", "<ol><li>", "<table><tr><td>", "<details><summary>x", "<b><p>", "<dl><dt>a<dd>", "<x>"]
)
@pytest.mark.parametrize("times", [500, 3_000])
def test_deep_nesting_is_read_as_text(page: str, times: int) -> None:
    started = time.process_time()
    procedures_in_html(page * times + f"<h1>Do it</h1>{STEPS}")
    assert time.process_time() - started < 5


def test_text_is_not_in_repr() -> None:
    assert "Open" not in repr(procedures_in_html(f"<h1>Do it</h1>{STEPS}"))
