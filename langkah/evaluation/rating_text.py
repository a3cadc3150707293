"""Human ratings as the tables of the report and of its summary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import Field

from langkah.evaluation.charts import SLICES
from langkah.evaluation.numerals import written
from langkah.evaluation.rating_summary import OVERALL, ByCriterion, RatingSummary
from langkah.evaluation.report_text import MEASURES, NOTHING, words
from langkah.rated_answers import CRITERIA
from langkah.records import Record

SYSTEMS: Final[Mapping[str, str]] = {
    "base": "Base model",
    "tuned": "Tuned model",
    "champion": "Today's champion",
    "reference": "Human reference",
}
COLUMNS: Final = (*CRITERIA, OVERALL)
_USEFUL: Final = 0.667
_SOUND: Final = 0.8
"""Krippendorff's own bounds ("Content Analysis", 2018): from .8 on agreement is sound, below .667 it carries no conclusion."""


class RatingTable(Record):
    """One table: a name and the cells of each row, as (figure, interval)."""

    title: str
    first: str = Field(description="what the first column holds")
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


def rating_tables(found: RatingSummary) -> tuple[RatingTable, ...]:
    """Means and differences of each slice, agreement of the raters, and correlations, as far as there are any."""
    tables: list[RatingTable] = []
    heads = tuple(words(name) for name in COLUMNS)
    for name, ratings in found.slices.items():
        title = SLICES.get(name, name)
        means = tuple((SYSTEMS.get(system, system), _cells(of, 2)) for system, of in ratings.means.items())
        tables.append(RatingTable(title=f"{title}: mean rating, 1 to 5", first="System", columns=heads, rows=means))
        gains = tuple((SYSTEMS.get(system, system), _cells(of, 2, "+")) for system, of in ratings.gains.items())
        if gains:
            tables.append(RatingTable(title=f"{title}: tuned model against", first="System", columns=heads, rows=gains))
    alpha = tuple(
        (words(name), ((NOTHING if value is None else _number(value, 3), ""),)) for name, value in found.alpha.items()
    )
    if found.shared:
        tables.append(
            RatingTable(
                title="Agreement of the raters", first="Criterion", columns=("Krippendorff's alpha, ordinal",), rows=alpha
            )
        )
    if found.correlations:
        rows = tuple(
            (MEASURES[each.measure][0] if each.measure in MEASURES else words(each.measure), _cells(each.rho, 2))
            for each in found.correlations
        )
        tables.append(
            RatingTable(title="How measures go with the ratings, Spearman's rho", first="Measure", columns=heads, rows=rows)
        )
    return tuple(tables)


def rating_note(found: RatingSummary) -> str:
    """A paragraph: how much was rated, what the means are of, and whether the raters agree."""
    raters = "1 person" if found.raters == 1 else f"{found.raters} people"
    told = [f"{raters} rated {found.prompts} prompts without knowing whose answers they saw."]
    if found.worst:
        told.append(f"{found.worst} of them were chosen for their low scores; means and differences leave those out.")
    known = [value for value in found.alpha.values() if value is not None]
    if not found.shared:
        told.append("No prompt was rated by two, so nothing says whether people agree.")
    elif not known:
        told.append("All gave one and the same rating, so that agreement is not defined.")
    elif min(known) < _USEFUL:
        told.append("On some criteria raters agree too little to conclude much from them: alpha is below .667.")
    elif min(known) < _SOUND:
        told.append("Raters agree well enough for tentative conclusions: alpha is .667 or more.")
    else:
        told.append("Raters agree well: alpha is .8 or more wherever it is defined.")
    return " ".join(told)


def _cells(of: ByCriterion, places: int, sign: str = "") -> tuple[tuple[str, str], ...]:
    return tuple(
        (_number(each.value, places, sign), f"{_number(each.ci[0], places, sign)} to {_number(each.ci[1], places, sign)}")
        if (each := of.get(name))
        else (NOTHING, "")
        for name in COLUMNS
    )


def _number(value: float, places: int, sign: str = "") -> str:
    return written(value, f"{sign}.{places}f")
