"""Ratings that a rater began and has not saved: kept for him alone, and counted nowhere."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select

from langkah.errors import InputError, ReviewError
from langkah.rated_answers import CRITERIA
from langkah.review.database import writing
from langkah.review.rating_items import RatingItem, Scores
from langkah.review.rating_standing import standing_sheet
from langkah.review.rating_tables import rating_drafts
from langkah.review.reviewer_names import reviewer_name
from langkah.review.rows import storable


class RatingDrafts:
    """One draft for each rater and item, gone once it is saved."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def keep(self, item: RatingItem, rater: str, scores: Scores) -> None:
        """Keep what a rater has entered so far, in place of what was kept before; what he saved already is no draft.

        Args:
            item: what is rated.
            rater: who rates.
            scores: system -> criterion -> 1 to 5; either may be missing.

        Raises:
            InputError: no rater, or a score of something else.
            ReviewError: he was shown whose answers they are: what he gave before that stands.
        """
        name = reviewer_name(rater)
        begun = {system: given for system, given in scores.items() if given}
        named = begun.keys() <= item.answers.keys() and all({*CRITERIA} >= given.keys() for given in begun.values())
        if not named or any(not 1 <= value <= 5 for given in begun.values() for value in given.values()):
            raise InputError(f"rating: expected 1 to 5 for any of {', '.join(CRITERIA)}")
        with writing(self.engine, alone=True) as connection:
            sheet = standing_sheet(connection, item.key, name)
            if sheet and sheet.revealed:
                raise ReviewError(f"rating {item.key[:12]}: whose answers they are was shown; the rating stands")
            forget_draft(connection, item.key, name)
            if begun and not (sheet and sheet.scores == begun):
                rows = [
                    {"item_key": item.key, "rater": name, "system": system, **dict.fromkeys(CRITERIA), **given}
                    for system, given in begun.items()
                ]
                connection.execute(insert(rating_drafts), rows)

    def begun(self, key: str, rater: str) -> dict[str, dict[str, int]]:
        """What a rater has entered for an item and not saved: system -> criterion -> score; empty where there is nothing."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(rating_drafts).where(*_of(key, rater))).all()
        given: dict[str, dict[str, int | None]] = {row.system: {name: getattr(row, name) for name in CRITERIA} for row in rows}
        return {system: {name: score for name, score in each.items() if score} for system, each in given.items()}


def forget_draft(connection: Connection, key: str, rater: str) -> None:
    """Remove what a rater has begun of an item."""
    connection.execute(delete(rating_drafts).where(*_of(key, rater)))


def _of(key: str, rater: str) -> tuple[Any, Any]:
    return rating_drafts.c.item_key == storable(key), rating_drafts.c.rater == storable(rater)
