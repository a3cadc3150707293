from __future__ import annotations

from langkah.pii.placeholders import Placeholders, Value


def placeholders(*values, taken=()):
    listed = [Value(entity, text, "prompt", at, at + 1) for at, (entity, text) in enumerate(values)]
    return [placeholder for _, placeholder in Placeholders(taken, lambda number: number).of(listed)]


def test_a_first_name_is_the_full_name_of_the_record():
    names = ("Budi", "Budi Santoso", "Siti", "santoso", "BUDI SANTOSO")
    assert placeholders(*(("PERSON", name) for name in names)) == ["[NAME_1]", "[NAME_1]", "[NAME_2]", "[NAME_1]", "[NAME_1]"]


def test_a_name_in_two_longer_ones_is_that_of_the_first():
    names = ("Budi Santoso", "Budi Hartono", "Budi")
    assert placeholders(*(("PERSON", name) for name in names)) == ["[NAME_1]", "[NAME_2]", "[NAME_1]"]


def test_spelled_addresses_and_grouped_numbers_are_one_value():
    assert placeholders(("EMAIL_ADDRESS", "a@x.org"), ("EMAIL_ADDRESS", "a [at] x [dot] org")) == ["[EMAIL]"] * 2
    assert placeholders(("CREDIT_CARD", "4111 1111"), ("CREDIT_CARD", "4111-1111"), ("CREDIT_CARD", "4112")) == [
        "[CARD_1]",
        "[CARD_1]",
        "[CARD_2]",
    ]


def test_numbers_of_the_source_are_not_given_again():
    assert placeholders(("PERSON", "Budi"), taken=["[NAME_4] and [EMAIL]"]) == ["[NAME_5]"]
