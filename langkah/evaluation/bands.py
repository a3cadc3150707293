"""How the user's guide (section 4, quantitative metrics) reads ROUGE-L and METEOR: three bands for each."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple


class Band(NamedTuple):
    """A range of a metric's values, and what the guide says of it."""

    level: Literal["low", "middle", "high"]
    label: str


THRESHOLDS: Final[Mapping[str, tuple[float, float]]] = MappingProxyType({"rouge_l": (0.40, 0.60), "meteor": (0.45, 0.60)})
"""Both ends of the middle band, fractions of 1; the ends belong to it."""

BANDS: Final[Mapping[str, tuple[Band, Band, Band]]] = MappingProxyType(
    {
        "rouge_l": (
            Band("low", "steps do not match"),
            Band("middle", "fairly similar, order differs somewhat"),
            Band("high", "very similar, steps match"),
        ),
        "meteor": (
            Band("low", "poor, many deviations"),
            Band("middle", "good, fairly similar and still relevant"),
            Band("high", "very good, substance and meaning match"),
        ),
    }
)
"""The bands below, between and above the thresholds."""


def band(metric: str, value: float) -> Band:
    """The band of a value.

    Args:
        metric: `rouge_l` or `meteor`.
        value: a fraction of 1.

    Raises:
        ValueError: the metric has no bands, or the value is no fraction of 1.
    """
    if metric not in THRESHOLDS:
        raise ValueError(f"expected one of {', '.join(THRESHOLDS)}, got {metric}")
    if not -1e-9 <= value <= 1 + 1e-9:
        raise ValueError(f"{metric}: expected a fraction of 1, got {value}")
    low, high = THRESHOLDS[metric]
    below, between, above = BANDS[metric]
    return above if value > high else between if value >= low else below
