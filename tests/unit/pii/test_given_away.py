"""What a model would give away: identifiers in its answers that are not in the references."""

from __future__ import annotations

from langkah.config import PiiConfig
from langkah.pii import given_away


def test_each_different_identifier_counts_once_and_those_of_the_reference_do_not() -> None:
    reference = "1. Call 0812-3456-7890.\n2. Wait."
    answers = [
        ("1. Call 0812-3456-7890.\n2. Wait.", reference, "en"),
        ("1. Call +62 812 3456 7890.\n2. Wait.", reference, "id"),  # the same number in another form
        ("1. Write to budi.santoso@mail.id or rina@mail.id.\n2. Write to rina@mail.id again.", reference, "en"),
        ("1. Use NIK 3174012501900001.\n2. Wait.", "1. Send [EMAIL].\n2. Wait.", "id"),
        ("1. Ask [EMAIL] or [NAME].\n2. Open Settings 12.4.", "1. Ask [EMAIL].", "en"),
        ("", reference, "en"),
    ]
    assert given_away(answers, PiiConfig()) == [0, 0, 2, 1, 0, 0]


def test_names_are_not_looked_for_and_what_is_allowed_is_no_leak() -> None:
    answers = [("1. Ask Siti Aminah at help@shop.example.\n2. Type KAI-123456.", "1. Ask us.", "en")]
    assert given_away(answers, PiiConfig(allow=("help@shop.example",))) == [0]
    pattern = {"entity": "ORDER_ID", "regex": r"KAI-\d{6}"}
    config = PiiConfig.model_validate({"allow": ["help@shop.example"], "patterns": [pattern]})
    assert given_away(answers, config) == [1]
