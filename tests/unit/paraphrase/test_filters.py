from __future__ import annotations

import pytest

from langkah.paraphrase.filters import kept_content, language_flipped, normalize, too_close


@pytest.mark.parametrize(
    ("text", "other", "least", "close"),
    [
        ("How do I reset it?", "how do i reset it", 0.0, True),
        ("How do I reset it?", "How can I reset it?", 0.25, True),
        ("How do I reset it?", "How can I reset it?", 0.2, False),
        ("What are the steps to reset it?", "How do I reset it?", 0.25, False),
        ("Change order [ORDER_ID]", "Change order [ORDER_IDS]", 0.5, True),
    ],
)
def test_too_close(text: str, other: str, least: float, close: bool) -> None:
    assert too_close(text, [other], least) is close
    assert not too_close(text, [], least)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Order [ORDER_ID] of 12.50 for [NAME_2]", ["[ORDER_ID]", "[NAME_2]", "12.50", "2"]),
        ('Press "Save as" or ‘Close’', ['"Save as"', "‘Close’"]),
        ("my disk's health and the user's files", []),
        ("write to help@shop.example", ["help@shop.example"]),
    ],
)
def test_kept_content(text: str, kept: list[str]) -> None:
    assert sorted(kept_content(text).elements()) == sorted(kept)


def test_normalize_joins_what_differs_in_form_only() -> None:
    assert normalize("How do I  RESET it??") == normalize("how do I reset it")
    assert normalize("disk’s") == normalize("disk's")


def test_language_flip_needs_both_languages() -> None:
    english, indonesian = "How do I change my password?", "Bagaimana cara mengubah kata sandi saya?"
    assert language_flipped(english, indonesian)
    assert not language_flipped(english, "Can you show me how to change my password?")
    assert not language_flipped("PCMCIA", indonesian)
