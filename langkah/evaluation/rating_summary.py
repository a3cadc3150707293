"""What human ratings say, as the report shows it."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from langkah.records import Record

OVERALL = "overall"
"""The mean of the four criteria of one answer."""


class Estimate(Record):
    """A figure with its 95 % interval, and how many answers (of a difference: prompts) it is of."""

    value: float
    ci: tuple[float, float]
    n: int


ByCriterion = Mapping[str, Estimate]
"""Criterion, or `overall` -> figure."""


class SliceRatings(Record):
    """The ratings of one slice, of the prompts that were drawn at random."""

    means: Mapping[str, ByCriterion] = Field(description="system -> mean rating, 1 to 5")
    gains: Mapping[str, ByCriterion] = Field(description="other system -> rating of tuned less that of the other, paired")


class Correlation(Record):
    """How one automatic measure goes with the ratings of the same answers."""

    measure: str
    rho: ByCriterion = Field(description="Spearman's rank correlation, -1 to 1")


class RatingSummary(Record):
    """All that the report says of human ratings."""

    raters: int
    prompts: int = Field(description="that somebody rated")
    worst: int = Field(description="of them, those taken since their scores are low: not in the means")
    shared: int = Field(description="of them, those that two or more rated: what agreement is measured on")
    slices: Mapping[str, SliceRatings]
    alpha: Mapping[str, float | None] = Field(description="criterion -> Krippendorff's alpha; None where it is not defined")
    correlations: tuple[Correlation, ...] = ()
