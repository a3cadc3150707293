from __future__ import annotations

import pytest
from page_reading import RENDERED, one

from langkah.sources.pages import procedures_in_markdown


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
