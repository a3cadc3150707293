from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langkah.pii.unveiled import Unveiled, unveiled
from langkah.procedure import normalize_answer


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("a&#64;b.org", "a@b.org"),
        ("a&amp;#64;b.org", "a@b.org"),
        ("08<b>12</b>-3456<!-- x -->", "0812-3456"),
        ("<td>0812</td><td>34</td>", " 0812  34 "),
        ("Tap<br/>OK", "Tap\nOK"),
        (r"a\_b@c.org, a%40c.org", "a_b@c.org, a@c.org"),
        ("4111\t1111", "4111 1111"),
        ("0812_3456_7890 Siti_Aminah", "0812-3456-7890 Siti Aminah"),
        ("_a@b.org_", "a@b.org"),
    ],
)
def test_what_stands_for_other_characters_is_read_as_those(text, read):
    assert Unveiled(text).text == read


@pytest.mark.parametrize("text", ["10 % off", "x < y", "C:\\new", "1. Open A > B", "Tom & Jerry"])
def test_nothing_to_take_out(text):
    assert unveiled(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.b@mail.id<sup>1</sup>", "[EMAIL]<sup>1</sup>"),
        ("<b>a.b@mail.id</b>0812-3456-7890", "<b>[EMAIL]</b>[PHONE]"),
        ("<b>a.b@mail.id</b><i>or</i> chat", "<b>[EMAIL]</b><i>or</i> chat"),
        ("card 4111 1111 1111 1111<sup>2</sup>", "card [CARD]<sup>2</sup>"),
        ("<td>0812-3456-7890</td><td>2</td>", "<td>[PHONE]</td><td>2</td>"),
        ("Rating 5 \u00b7 0812-3456-7890 \u00b7 2 km", "Rating 5 \u00b7 [PHONE] \u00b7 2 km"),
        ("12-\n0812-3456-7890", "12-\n[PHONE]"),
        ("_a.b@mail.id_ and __3174051209900001__", "[EMAIL]_ and __[NIK]__"),
        ("> Write to a.b@\n> mail.id\n> now", "> Write to [EMAIL]\n> now"),
        ("| 1 | Write to a.b@ | mail.id |\n| 2 | Wait | OK |", "| 1 | Write to [EMAIL] |\n| 2 | Wait | OK |"),
        ("a.b<label>@</label>mail.id", "[EMAIL]"),
        ("<b>Pak Budi Santoso</b>, hello", "<b>Pak [NAME]</b>, hello"),
    ],
)
def test_a_value_goes_with_what_hides_it_and_its_neighbours_stay(scrubber, text, expected):
    for language in ("en", "id"):
        once = scrubber.scrub({"prompt": text}, language).fields["prompt"]
        assert once.replace("<b>[NAME]", "<b>Pak [NAME]") == expected
        assert scrubber.scrub({"prompt": once}, language).altered == 0


@pytest.mark.parametrize(
    "text",
    [
        "<td>2024</td><td>2025</td><td>2026</td><td>2027</td>",
        "| 1000 | 2000 | 3000 | 4000 |",
        "<tr><td>Senin</td><td>08.00</td><td>17.00</td></tr>",
        "Toko\t08.00\t17.00",
        "1000\t2000\t3000\t4000",
        '<font color="#123456">red</font>',
        "The daily limit at BCA is 100000000",
        "Open IMG_2024_11.png",
    ],
)
def test_tables_and_amounts_stay(scrubber, text):
    for language in ("en", "id"):
        assert scrubber.scrub({"prompt": text}, language).fields["prompt"] == text


_PIECES = st.sampled_from(
    ["<b>", "</b>", "<td>", "</td>", '<a href="x">', "</a>", "<br>", "&#64;", "&amp;", "&lt;", "%40", "\\_", "_", "*", "\t",
     "\n", "> ", "|", " ", ",", "\u200b", "\u00b7", "[NAME]", "[EMAIL_2]", "Tap OK", "then", "2", "ok", "-", "rina.h@mail.id",
     "rina.h", "@", "mail.id", "0812-3456-7890", "0812", "3456", "4111 1111 1111 1111", "3174051209900001", "ORD-20391", "Siti"]
)  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(st.lists(_PIECES, min_size=1, max_size=14))
def test_whatever_stands_together_a_second_pass_changes_nothing_and_the_rest_stays(scrubber, pieces):
    text = "".join(pieces)
    once = scrubber.scrub({"prompt": text}, "id")
    again = scrubber.scrub(once.fields, "id")
    assert again.fields == once.fields
    assert "rina.h@mail.id" not in normalize_answer(once.fields["prompt"])
