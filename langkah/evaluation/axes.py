"""Axes of charts: round ticks, and places for values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Scale:
    """A linear map from values to places."""

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[float, ...] = ()

    def __call__(self, value: float) -> float:
        """The place of a value."""
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 2)


def finite(value: Any) -> float | None:
    """`value` as a float, or None where it is no finite number (a diverged loss, a score that is missing)."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return float(value)


def round_ticks(low: float, high: float, most: int = 6, whole: bool = False) -> tuple[float, ...]:
    """Round numbers that cover `low` to `high`: multiples of 1, 2 or 5 times a power of ten, about `most` of them."""
    if high <= low:
        high = low + 1
    step = (high - low) / max(1, most - 1)
    power = 10.0 ** math.floor(math.log10(step))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= step * 0.999)
    if whole:
        step = max(1.0, step)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return tuple(round(step * index, 10) for index in range(first, last + 1))


def scale(low: float, high: float, start: float, end: float, most: int = 6, whole: bool = False) -> Scale:
    """An axis from the round number below `low` to the one above `high`."""
    ticks = round_ticks(low, high, most, whole)
    return Scale(ticks[0], ticks[-1], start, end, ticks)


def tick_label(value: float) -> str:
    """A value as an axis says it."""
    return f"{value:,.0f}" if value == round(value) else f"{value:g}"
