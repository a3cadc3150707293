from __future__ import annotations

from langkah.pii.view import MASK, View


def test_positions_lead_back_to_the_original():
    original = "a\u200bb [NAME_2] \u00a0c\u2011d"
    view = View(original)
    assert view.text == f"ab {MASK}  c-d"
    assert original[slice(*view.original(0, 2))] == "a\u200bb"
    assert original[slice(*view.original(3, 4))] == "[NAME_2]"
    view.mask([(6, 9)])
    assert original[slice(*view.original(6, 7))] == "c\u2011d"


def test_a_mask_in_the_original_is_no_placeholder():
    assert View(f"a{MASK}b").text == "a b"
