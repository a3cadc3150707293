from __future__ import annotations

import pytest

from langkah.models.vram_table import vram_table

GUIDE = """
3 3.5 8 | 7 5 19 | 8 6 22 | 9 6.5 24 | 11 7.5 29 | 14 8.5 33 | 27 22 64 | 32 26 76 | 40 30 96 | 70 41 164 | 81 48 192
90 53 212 | 405 237 950
"""


def test_the_rows_are_the_guides() -> None:
    rows = [tuple(map(float, row.split())) for row in GUIDE.replace("\n", "|").split("|") if row.strip()]
    assert [(row.parameters, row.qlora, row.lora) for row in vram_table().rows] == rows
    assert vram_table().source.startswith("https://")


@pytest.mark.parametrize(("billions", "qlora", "lora"), [(8, 6, 22), (7.5, 5.5, 20.5), (12.5, 8, 31), (55, 35.5, 130)])
def test_between_two_rows_the_figures_lie_on_a_line(billions: float, qlora: float, lora: float) -> None:
    row = vram_table().at(billions)
    assert row
    assert (row.qlora, row.lora) == pytest.approx((qlora, lora))


@pytest.mark.parametrize("billions", [0.135, 2.9, 406, 1000])
def test_outside_the_table_there_is_no_figure(billions: float) -> None:
    assert vram_table().at(billions) is None
