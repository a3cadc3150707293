"""Which sheet of a rater stands: of each item the last one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, and_, func, select

from langkah.rated_answers import CRITERIA
from langkah.review.rating_items import Sheet
from langkah.review.rating_tables import rating_reveals, rating_scores, rating_sheets
from langkah.review.rows import storable


def last_sheets(rater: str | None) -> Any:
    """The sheets that stand, as a subquery: of each rater and item the last; of one rater where he is named."""
    newest = select(
        rating_sheets.c.item_key, rating_sheets.c.rater, func.max(rating_sheets.c.version).label("version")
    ).group_by(rating_sheets.c.item_key, rating_sheets.c.rater)  # fmt: skip
    if rater is not None:
        newest = newest.where(rating_sheets.c.rater == storable(rater))
    found = newest.subquery()
    same = [getattr(rating_sheets.c, name) == getattr(found.c, name) for name in ("item_key", "rater", "version")]
    return select(rating_sheets).join(found, and_(*same)).subquery()


def standing_sheet(connection: Connection, key: str, rater: str) -> Sheet | None:
    """What a rater gave an item, as it stands; None where he was not there yet."""
    last = last_sheets(rater)
    row = connection.execute(select(last).where(last.c.item_key == storable(key))).one_or_none()
    if row is None:
        return None
    given = connection.execute(select(rating_scores).where(rating_scores.c.sheet == row.id)).all()
    return Sheet(
        scores={each.system: {name: getattr(each, name) for name in CRITERIA} for each in given},
        at=row.at,
        revealed=is_revealed(connection, key, rater),
    )


def is_revealed(connection: Connection, key: str, rater: str) -> bool:
    """Whether a rater was shown whose answers of an item are whose."""
    where = (rating_reveals.c.item_key == storable(key), rating_reveals.c.rater == storable(rater))
    return connection.execute(select(rating_reveals.c.at).where(*where)).first() is not None
