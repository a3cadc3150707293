from __future__ import annotations

import itertools

from langkah.records import FaqRecord
from langkah.splitting import Asked, find_conflicts, find_repeats

STEPS = "1. Open Orders.\n2. Tap Track."


def record(row: int, prompt: str, output: str = STEPS, language: str = "en", file: str = "faq.csv") -> Asked:
    found = FaqRecord(intent=f"faq#{row}", prompt=prompt, output=output, language=language, source="faq", file=file, row=row)
    return Asked.of(found)


def test_one_prompt_with_two_answers_is_told_by_the_places_of_the_others() -> None:
    rows = [
        record(1, "Where is [ORDER_ID]?"),
        record(2, "where is [ORDER_ID] ??", "1. Call us."),
        record(3, "Where is [ORDER_ID]", "1. open orders\n2. tap TRACK"),
        record(4, "Where is [ORDER_ID_2]?", "1. Wait."),
    ]
    expected = {
        ("faq.csv", 1): "same prompt once scrubbed, other answer: faq.csv row 2",
        ("faq.csv", 2): "same prompt once scrubbed, other answer: faq.csv row 1, faq.csv row 3",
        ("faq.csv", 3): "same prompt once scrubbed, other answer: faq.csv row 2",
    }
    assert all(find_conflicts(order) == expected for order in itertools.permutations(rows))


def test_a_placeholders_number_is_part_of_an_answer() -> None:
    rows = [record(1, "Mail [EMAIL]?", "1. Write to [EMAIL]."), record(2, "Mail [EMAIL]?", "1. Write to [EMAIL_2].")]
    assert len(find_conflicts(rows)) == 2
    assert find_repeats(rows) == {}


def test_the_same_prompt_in_two_languages_is_two_questions() -> None:
    rows = [record(1, "Wi-Fi?"), record(2, "Wi-Fi?", "1. Buka.", "id"), record(3, "wi-fi", "1. Tutup.", "mixed")]
    assert set(find_conflicts(rows)) == {("faq.csv", 2), ("faq.csv", 3)}


def test_of_equal_records_the_first_place_is_kept_in_any_order() -> None:
    rows = [record(2, "Pay?"), record(1, "Pay", file="b.csv"), record(9, "PAY?", file="a.csv"), record(3, "Pay?", "1. Other.")]
    expected = {("b.csv", 1): "same as a.csv row 9", ("faq.csv", 2): "same as a.csv row 9"}
    assert all(find_repeats(order) == expected for order in itertools.permutations(rows))


def test_a_long_list_of_other_rows_is_cut() -> None:
    reasons = find_conflicts([record(n, "How?", f"1. Way {n}") for n in range(1, 10)])
    assert reasons["faq.csv", 1].endswith("faq.csv row 5, faq.csv row 6 and 3 more")
