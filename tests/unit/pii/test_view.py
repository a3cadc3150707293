from __future__ import annotations

import pytest

from langkah.pii.view import MASK, View


def test_positions_lead_back_to_the_original():
    original = "a\u200bb [NAME_2] \u00a0c\u2011d"
    view = View(original)
    assert view.text == f"ab {MASK}  c-d"
    assert original[slice(*view.original(0, 2))] == "a\u200bb"
    assert original[slice(*view.original(3, 4))] == "[NAME_2]"
    view.mask([(6, 9)])
    assert original[slice(*view.original(6, 7))] == "c\u2011d"


@pytest.mark.parametrize(
    ("original", "text"),
    [
        ("a&#64;b.org", "a@b.org"),
        ("a&amp;#64;b.org &lt;b&gt;", "a@b.org <b>"),
        ("08<b>12</b>-3456", "0812-3456"),
        ("<td>0812</td><td>34</td>", " 0812 34"),
        ("Tap<br/>OK", "Tap\nOK"),
        ("a\\_b@c.org, a%40c.org", "a_b@c.org, a@c.org"),
        ("4111\t1111", "4111 1111"),
        ("0812_3456_7890", "0812-3456-7890"),
        ("IMG_2024_11.png, 10% off, x < y, C:\\new", "IMG_2024_11.png, 10% off, x < y, C:\\new"),
        ('<a href="mailto:a@b.org">Ask</a>', 'Ask\n href="mailto:a@b.org"'),
    ],
)
def test_what_stands_for_other_characters_is_read_as_those(original, text):
    view = View(original)
    assert view.text == text
    places = [view.original(index, index + 1) for index in range(len(text))]
    assert all(0 <= start < end <= len(original) for start, end in places)


def test_a_value_between_tags_and_entities_leads_back_to_all_of_it():
    original = 'Write to bu<a href="x">di</a>&#64;b.org now'
    view = View(original)
    start = view.text.index("budi")
    assert original[slice(*view.original(start, start + len("budi@b.org")))] == 'bu<a href="x">di</a>&#64;b.org'


def test_a_mask_in_the_original_is_no_placeholder():
    assert View(f"a{MASK}b").text == "a b"
