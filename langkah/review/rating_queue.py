"""Answers that wait to be rated blind, by several people each for himself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, and_, delete, exists, func, insert, select, update

from langkah.errors import InputError, ReviewError
from langkah.rated_answers import CRITERIA, RatedAnswer
from langkah.review.database import writing
from langkah.review.rating_drafts import forget_draft
from langkah.review.rating_items import RatingItem, RatingPlace, RatingProgress, Scores, Sheet
from langkah.review.rating_standing import is_revealed, last_sheets, standing_sheet
from langkah.review.rating_tables import (
    rating_answers,
    rating_drafts,
    rating_items,
    rating_memberships,
    rating_reveals,
    rating_runs,
    rating_scores,
    rating_sheets,
)
from langkah.review.reviewer_names import reviewer_name
from langkah.review.rows import batches, storable
from langkah.review.tables import places

_MAX_NAME: Final = 200


class RatingQueue:
    """Items to rate. Every rater has a sheet of his own for each; a sheet is replaced by a later one and never overwritten."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def publish(self, run_id: str, items: Iterable[RatingItem]) -> None:
        """Ask for ratings of these items of a run. What of it was rated before stays among its items."""
        if not 0 < len(run_id) <= _MAX_NAME:
            raise InputError(f"rate: expected a run id of 1 to {_MAX_NAME} characters, got {len(run_id)}")
        asked = {item.key: item for item in map(_storable, items)}
        members = rating_memberships
        with writing(self.engine, alone=True) as connection:
            _add_items(connection, list(asked.values()))
            now = datetime.now(UTC)
            if not connection.execute(update(rating_runs).where(rating_runs.c.run_id == run_id).values(published=now)).rowcount:
                connection.execute(insert(rating_runs).values(run_id=run_id, published=now))
            sheets = select(rating_sheets.c.item_key)
            dropped = and_(members.c.run_id == run_id, members.c.item_key.not_in(sheets))
            connection.execute(delete(members).where(dropped))
            kept = set(connection.scalars(select(members.c.item_key).where(members.c.run_id == run_id)))
            rows = [
                {
                    "run_id": run_id, "item_key": key, "answer_row": item.row, "intent": item.intent,
                    "slice": item.slice, "drawn": item.drawn,
                }
                for key, item in asked.items() if key not in kept
            ]  # fmt: skip
            for some in batches(rows):
                connection.execute(insert(members), some)

    def runs(self) -> tuple[str, ...]:
        """The runs whose answers are asked about, the last first."""
        with self.engine.connect() as connection:
            order = (rating_runs.c.published.desc(), rating_runs.c.run_id)
            return tuple(connection.scalars(select(rating_runs.c.run_id).order_by(*order)))

    def places(self, run_id: str, rater: str) -> tuple[RatingPlace, ...]:
        """The items of a run in the order in which everybody rates them, so that what is rated first is rated by most."""
        last = last_sheets(rater)
        # The key is a hash: its order mixes slices, and random ones with the worst.
        draft = exists().where(rating_drafts.c.item_key == rating_items.c.key, rating_drafts.c.rater == storable(rater))
        shown = (last.c.id.label("sheet"), rating_reveals.c.at.label("revealed"), _filled(last.c.id), draft.label("begun"))
        query = (
            select(rating_items, *shown)
            .join(rating_memberships, rating_memberships.c.item_key == rating_items.c.key)
            .outerjoin(last, last.c.item_key == rating_items.c.key)
            .outerjoin(
                rating_reveals, and_(rating_reveals.c.item_key == rating_items.c.key, rating_reveals.c.rater == storable(rater))
            )
            .where(rating_memberships.c.run_id == run_id)
            .order_by(rating_items.c.key)
        )
        with self.engine.connect() as connection:
            return tuple(
                RatingPlace(
                    key=row.key, number=number, prompt=row.prompt, language=row.language, revealed=row.revealed is not None,
                    state="pending" if row.sheet is None else "rated" if row.filled else "skipped", begun=row.begun,
                )
                for number, row in enumerate(connection.execute(query), 1)
            )  # fmt: skip

    def progress(self, run_id: str, rater: str) -> RatingProgress:
        """How far a rater is with a run."""
        states = [place.state for place in self.places(run_id, rater)]
        return RatingProgress(total=len(states), rated=states.count("rated"), skipped=states.count("skipped"))

    def item(self, run_id: str, key: str) -> RatingItem:
        """An item of a run, with the answers of all systems.

        Raises:
            ReviewError: the run has none with this key.
        """
        members = rating_memberships
        query = select(rating_items, members).join(members, members.c.item_key == rating_items.c.key)
        answers = select(rating_answers.c.system, rating_answers.c.text)
        with self.engine.connect() as connection:
            found = connection.execute(query.where(members.c.run_id == run_id, members.c.item_key == storable(key)))
            row = found.one_or_none()
            if row is None:
                raise ReviewError(f"rating {key[:12]}: there is none in this run")
            texts = {each.system: each.text for each in connection.execute(answers.where(rating_answers.c.item_key == row.key))}
        return RatingItem(
            language=row.language, prompt=row.prompt, answers=texts, row=row.answer_row, intent=row.intent,
            slice=row.slice, drawn=row.drawn,
        )  # fmt: skip

    def sheet(self, key: str, rater: str) -> Sheet | None:
        """What a rater gave an item, as it stands; None where he was not there yet."""
        with self.engine.connect() as connection:
            return standing_sheet(connection, key, rater)

    def rate(self, item: RatingItem, rater: str, scores: Scores, at: datetime | None = None) -> None:
        """Keep what a rater gives the answers of an item, in place of its draft; no scores at all: he skips it.

        Args:
            item: what is rated.
            rater: who rates.
            scores: for each system.
            at: when he did; None: now.

        Raises:
            InputError: no rater, or a score that is missing or not 1 to 5.
            ReviewError: he was shown whose answers they are: what he gave before that stands.
        """
        name = reviewer_name(rater)
        if scores and scores.keys() != item.answers.keys():
            raise InputError("rating: expected scores for every answer")
        wrong = [value for each in scores.values() for value in each.values() if not 1 <= value <= 5]
        if wrong or any(set(each) != {*CRITERIA} for each in scores.values()):
            raise InputError(f"rating: expected 1 to 5 for each of {', '.join(CRITERIA)}")
        with writing(self.engine, alone=True) as connection:
            if is_revealed(connection, item.key, name):
                raise ReviewError(f"rating {item.key[:12]}: whose answers they are was shown; the rating stands")
            mine = (rating_sheets.c.item_key == item.key, rating_sheets.c.rater == name)
            version = connection.scalars(select(func.max(rating_sheets.c.version)).where(*mine)).one() or 0
            made = insert(rating_sheets).values(item_key=item.key, rater=name, version=version + 1, at=at or datetime.now(UTC))
            sheet = connection.execute(made).inserted_primary_key
            assert sheet
            if scores:
                forget_draft(connection, item.key, name)
                connection.execute(
                    insert(rating_scores), [{"sheet": sheet[0], "system": system, **given} for system, given in scores.items()]
                )

    def reveal(self, key: str, rater: str) -> None:
        """Keep that a rater is shown whose answers he rated.

        Raises:
            ReviewError: he has not rated them.
        """
        sheet = self.sheet(key, rater)
        if sheet is None or not sheet.scores:
            raise ReviewError(f"rating {key[:12]}: is not rated yet")
        with writing(self.engine, alone=True) as connection:
            forget_draft(connection, key, rater)
            if not is_revealed(connection, key, rater):
                connection.execute(insert(rating_reveals).values(item_key=key, rater=rater, at=datetime.now(UTC)))

    def ratings(self, run_id: str) -> tuple[RatedAnswer, ...]:
        """All ratings of a run that stand, by item, rater and system."""
        last = last_sheets(None)
        members = rating_memberships
        query = (
            select(last.c.rater, last.c.at, members, rating_scores)
            .join(members, members.c.item_key == last.c.item_key)
            .join(rating_scores, rating_scores.c.sheet == last.c.id)
            .where(members.c.run_id == run_id)
            .order_by(members.c.item_key, last.c.rater, rating_scores.c.system)
        )
        with self.engine.connect() as connection:
            return tuple(
                RatedAnswer(
                    rater=row.rater, item=row.item_key, row=row.answer_row, intent=row.intent, slice=row.slice,
                    drawn=row.drawn, system=row.system, at=row.at,
                    **{name: getattr(row, name) for name in CRITERIA},
                )
                for row in connection.execute(query)
            )  # fmt: skip

    def place(self) -> str:
        """What names this database; the orders in which raters see answers are made with it."""
        with self.engine.connect() as connection:
            return connection.scalars(select(places.c.id)).one()


def _storable(item: RatingItem) -> RatingItem:
    """An item as a database takes it, which has no place for a NUL or half a surrogate pair: its key is made of that."""

    def clean(text: str) -> str:
        return storable(text).encode("utf-8", "replace").decode()

    texts = {"prompt": clean(item.prompt), "intent": clean(item.intent)}
    answers = {system: clean(text) for system, text in item.answers.items()}
    return RatingItem.model_validate({**item.model_dump(), **texts, "answers": answers})


def _add_items(connection: Connection, items: Sequence[RatingItem]) -> None:
    known: set[str] = set()
    for some in batches(item.key for item in items):
        known.update(connection.scalars(select(rating_items.c.key).where(rating_items.c.key.in_(some))))
    new = [item for item in items if item.key not in known]
    rows = [{"key": item.key, "language": item.language, "prompt": item.prompt} for item in new]
    for some in batches(rows):
        connection.execute(insert(rating_items), some)
    texts = [{"item_key": item.key, "system": system, "text": text} for item in new for system, text in item.answers.items()]
    for some in batches(texts):
        connection.execute(insert(rating_answers), some)


def _filled(sheet: Any) -> Any:
    """How many answers a sheet has scores for."""
    return select(func.count()).where(rating_scores.c.sheet == sheet).scalar_subquery().label("filled")
