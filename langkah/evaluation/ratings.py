"""Human ratings: means and paired differences with intervals, agreement of raters, and correlation with automatic measures.

What several people gave one answer is brought to its mean first, so that an answer counts once however many rated it.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import Final, NamedTuple

import numpy as np

from langkah.config import EvaluateConfig
from langkah.evaluation.intervals import mean, mean_ci, paired_gain_ci
from langkah.evaluation.rating_summary import OVERALL, ByCriterion, Correlation, Estimate, RatingSummary, SliceRatings
from langkah.rated_answers import CRITERIA, SYSTEMS, RatedAnswer

FEWEST_INTENTS: Final = 10
"""With fewer a correlation is not told: its interval would take in nearly everything."""
_SCALE: Final = (1.0, 5.0)
_CHANGE: Final = (-4.0, 4.0)
_Z: Final = 1.959963984540054
"""Quantile .975 of the standard normal distribution."""
_RATED: Final = (*CRITERIA, OVERALL)


class _Unit(NamedTuple):
    """One answer to one prompt, with the means of those who rated it."""

    item: str
    row: int
    intent: str
    slice: str
    drawn: str
    system: str
    means: dict[str, float]


def summarize_ratings(
    ratings: Sequence[RatedAnswer], measures: Mapping[str, Sequence[Mapping[str, float]]], config: EvaluateConfig
) -> RatingSummary:
    """Bring the ratings of one run together.

    Args:
        ratings: of all raters; each rated all systems of a prompt or none.
        measures: system -> automatic measures of each of its answers, in the order that `RatedAnswer.row` counts.
        config: the resamples and the seed of the intervals.

    Raises:
        ValueError: there is no rating.
    """
    if not ratings:
        raise ValueError("expected at least one rating, got none")
    units = _units(ratings)
    raters_of: defaultdict[str, set[str]] = defaultdict(set)
    for rating in ratings:
        raters_of[rating.item].add(rating.rater)
    found = [unit for unit in units if unit.drawn == "random"]
    return RatingSummary(
        raters=len({rating.rater for rating in ratings}),
        prompts=len(raters_of),
        worst=len({unit.item for unit in units if unit.drawn != "random"}),
        shared=sum(len(raters) > 1 for raters in raters_of.values()),
        slices={
            name: _slice([unit for unit in found if unit.slice == name], config)
            for name in sorted({unit.slice for unit in found})
        },
        alpha={
            name: ordinal_alpha((each.rater, f"{each.item} {each.system}", getattr(each, name)) for each in ratings)
            for name in CRITERIA
        },
        correlations=_correlations(units, measures),
    )


def ordinal_alpha(ratings: Iterable[tuple[str, str, int]]) -> float | None:
    """Krippendorff's alpha of (rater, unit, rating), for ratings whose order alone means something.

    1 is full agreement, 0 what chance would give, below 0 less than that; raters may leave units out (Krippendorff,
    "Content Analysis", 4th ed. 2018, chapter 12). The coefficient is nltk's, which knows no ordinal difference: that one,
    squared, is (half of the ratings at either end, and all in between) squared, counted over the units that two or more rated.

    Returns:
        None where no unit was rated by two, or everybody gave the same rating throughout: agreement is then not defined.
    """
    from nltk.metrics.agreement import AnnotationTask

    found = list(ratings)
    raters = Counter(unit for _, unit, _ in found)
    paired = [each for each in found if raters[each[1]] > 1]
    counts = Counter(value for _, _, value in paired)
    if len(counts) < 2:
        return None

    def difference(one: int, other: int) -> float:
        between = sum(count for value, count in counts.items() if min(one, other) <= value <= max(one, other))
        return (between - (counts[one] + counts[other]) / 2) ** 2

    return float(AnnotationTask(data=paired, distance=difference).alpha())


def rank_correlation(measured: Sequence[float], rated: Sequence[float], clusters: Sequence[str]) -> Estimate | None:
    """Spearman's rank correlation with its 95 % interval.

    The interval is Fisher's, with the variance (1 + rho^2 / 2) / (n - 3) (Bonett and Wright, "Sample size requirements for
    estimating Pearson, Kendall and Spearman correlations", Psychometrika 65, 2000). n is the number of intents, since the
    answers of one intent are not independent: wider than needed rather than too narrow.

    Args:
        measured: an automatic measure, (n,).
        rated: ratings of the same answers, (n,).
        clusters: the intent of each, (n,).

    Returns:
        None with fewer than `FEWEST_INTENTS` intents, or where one side is the same throughout.
    """
    from scipy.stats import rankdata

    intents = len(set(clusters))
    if intents < FEWEST_INTENTS or len(set(measured)) < 2 or len(set(rated)) < 2:
        return None
    rho = max(-1.0, min(1.0, float(np.corrcoef(rankdata(measured), rankdata(rated))[0, 1])))
    if abs(rho) > 1 - 1e-12:
        return Estimate(value=rho, ci=(rho, rho), n=len(rated))
    reach = _Z * math.sqrt((1 + rho**2 / 2) / (intents - 3))
    low, high = (math.tanh(math.atanh(rho) + sign * reach) for sign in (-1, 1))
    return Estimate(value=rho, ci=(low, high), n=len(rated))


def _units(ratings: Sequence[RatedAnswer]) -> list[_Unit]:
    of_answer: defaultdict[tuple[str, str], list[RatedAnswer]] = defaultdict(list)
    for rating in ratings:
        of_answer[rating.item, rating.system].append(rating)
    units: list[_Unit] = []
    for (item, system), given in sorted(of_answer.items()):
        means = {name: fmean(getattr(each, name) for each in given) for name in CRITERIA}
        first = given[0]
        units.append(
            _Unit(item, first.row, first.intent, first.slice, first.drawn, system, means | {OVERALL: fmean(means.values())})
        )
    return units


def _slice(units: Sequence[_Unit], config: EvaluateConfig) -> SliceRatings:
    by_system: defaultdict[str, dict[str, _Unit]] = defaultdict(dict)
    for unit in units:
        by_system[unit.system][unit.item] = unit
    tuned = by_system.get("tuned", {})
    others = [name for name in _told(by_system) if name != "tuned" and tuned.keys() & by_system[name].keys()]
    return SliceRatings(
        means={name: _means(list(by_system[name].values()), config) for name in _told(by_system)},
        gains={name: _gains(by_system[name], tuned, config) for name in others},
    )


def _told(systems: Iterable[str]) -> list[str]:
    """The systems in the order in which they are told of, unknown ones last."""
    return sorted(systems, key=lambda name: (SYSTEMS.index(name) if name in SYSTEMS else len(SYSTEMS), name))


def _means(units: Sequence[_Unit], config: EvaluateConfig) -> ByCriterion:
    found: dict[str, Estimate] = {}
    intents = [unit.intent for unit in units]
    for name in _RATED:
        values = [unit.means[name] for unit in units]
        ci = mean_ci(values, intents, config.resamples, config.seed, _SCALE)
        found[name] = Estimate(value=mean(values), ci=ci, n=len(values))
    return found


def _gains(other: Mapping[str, _Unit], tuned: Mapping[str, _Unit], config: EvaluateConfig) -> ByCriterion:
    found: dict[str, Estimate] = {}
    items = sorted(other.keys() & tuned.keys())
    intents = [tuned[item].intent for item in items]
    for name in _RATED:
        before, after = ([side[item].means[name] for item in items] for side in (other, tuned))
        ci = paired_gain_ci(before, after, intents, config.resamples, config.seed, _CHANGE)
        found[name] = Estimate(value=mean(after) - mean(before), ci=ci, n=len(items))
    return found


def _correlations(
    units: Sequence[_Unit], measures: Mapping[str, Sequence[Mapping[str, float]]]
) -> tuple[Correlation, ...]:  # fmt: skip
    """Each measure against each criterion, over the answers of all models; references would be 1 by definition."""
    scored = [(unit, measures[unit.system][unit.row]) for unit in units if unit.system in measures]
    found: list[Correlation] = []
    for name in dict.fromkeys(name for _, row in scored for name in row):
        pairs = [(unit, row[name]) for unit, row in scored if name in row]
        intents = [unit.intent for unit, _ in pairs]
        values = [value for _, value in pairs]
        rho = {
            criterion: known
            for criterion in _RATED
            if (known := rank_correlation(values, [unit.means[criterion] for unit, _ in pairs], intents))
        }
        if rho:
            found.append(Correlation(measure=name, rho=rho))
    return tuple(found)
