from __future__ import annotations

import pytest
from page_reading import STEPS, one

from langkah.sources.pages import procedures_in_html

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
