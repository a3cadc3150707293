"""The queue of what waits for a person: published by runs, decided by reviewers, never overwritten unseen."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import URL, Engine, insert, select

from langkah.errors import ConflictError, InputError, ReviewError
from langkah.review import browsing
from langkah.review.database import connect, writing
from langkah.review.deciding import decide, take_back
from langkah.review.items import (
    DECIDED,
    Choice,
    Decision,
    Edit,
    Entry,
    Facets,
    Filters,
    Look,
    Neighbours,
    Page,
    Progress,
    Queue,
    ReviewItem,
    Verdict,
)
from langkah.review.publishing import publish
from langkah.review.reviewer_names import reviewer_name
from langkah.review.rows import batches, decision_of, entries, entry_of, storable
from langkah.review.tables import decisions, items, looks, places, runs

_MAX_NAME: Final = 200
NO_FILTERS: Final = Filters()
NO_EDIT: Final = Edit()


class ReviewQueue:
    """Items to decide, by content: what was decided once stays decided in every run that publishes it again.

    Every decision raises the item's version by one, and names the version that the reviewer saw: of two at once, the second
    gets a `ConflictError`. Decisions are only ever added; an undo is one more of them.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @classmethod
    def open(cls, url: str | URL) -> ReviewQueue:
        """Open the queue at a SQLAlchemy URL and bring its schema up to date; several processes may do so at once.

        Raises:
            InputError: the address is none, its driver is not installed, or it cannot be written.
            ReviewError: the database does not answer, is no queue, is damaged, or belongs to a newer Langkah.
        """
        return cls(connect(url))

    def close(self) -> None:
        """Close the connections to the database."""
        self.engine.dispose()

    def publish(self, run_id: str, items: Iterable[ReviewItem], vault: str | None = None) -> Progress:
        """Make these items the queue of a run; doing so again changes nothing. A run without items has no queue.

        Args:
            run_id: the run.
            items: its items in order; variants of one original are kept together, the same item twice is one.
            vault: what names the sealed file with their originals, where the run kept them.
        """
        if not 0 < len(run_id) <= _MAX_NAME:
            raise InputError(f"review: expected a run id of 1 to {_MAX_NAME} characters, got {len(run_id)}")
        unique = list({item.key: item for item in items}.values())
        with writing(self.engine, alone=True) as connection:
            publish(connection, run_id, unique, vault)
        return self.progress(run_id)

    def progress(self, run_id: str | None = None) -> Progress:
        """How many items of a run, or of all, stand at each verdict, and how long the rest may take."""
        with self.engine.connect() as connection:
            return browsing.progress(connection, run_id)

    def decisions(self, keys: Iterable[str]) -> dict[str, Decision]:
        """The decision that stands of each of these items that is approved or rejected."""
        found: dict[str, Decision] = {}
        decided = items.c.verdict.in_([verdict.value for verdict in DECIDED])
        with self.engine.connect() as connection:
            for some in batches(keys):
                rows = connection.execute(entries(None).where(items.c.key.in_(some), decided))
                found.update({entry.key: entry.decision for entry in map(entry_of, rows) if entry.decision})
        return found

    def decide(
        self,
        key: str,
        verdict: Verdict,
        *,
        reviewer: str,
        version: int,
        prompt: str | None = None,
        output: str | None = None,
        reason: str | None = None,
    ) -> Decision:
        """Decide an item.

        Args:
            key: the item.
            verdict: what becomes of it.
            reviewer: who decides.
            version: of the item, as the reviewer saw it.
            prompt: the question as it was edited; None leaves it as the item has it.
            output: the answer as it was edited; None leaves it as the item has it.
            reason: why, where it is rejected.

        Raises:
            ConflictError: somebody decided it meanwhile.
            ReviewError: there is no such item.
            InputError: no reviewer, or a text that is empty or too long.
        """
        with writing(self.engine) as connection:
            return decide(
                connection, key, verdict, reviewer=reviewer, version=version, prompt=prompt, output=output, reason=reason
            )

    def decide_all(
        self, choices: Iterable[Choice], *, reviewer: str, needed: Collection[str] = frozenset()
    ) -> tuple[str, ...]:  # fmt: skip
        """Decide several items at once, each as `decide` would; one undo takes them back together.

        Args:
            choices: what becomes of each; texts that are not in an edit stay as the item has them.
            reviewer: who decides.
            needed: the keys of those without which none is decided; the others only go along with them.

        Returns:
            The keys of those that somebody decided meanwhile, which were left alone.

        Raises:
            ConflictError: somebody decided one that is needed meanwhile; none is decided.
            InputError: no reviewer, or a text that is empty or too long; none is decided.
        """
        at = datetime.now(UTC)
        left: list[str] = []
        with writing(self.engine) as connection:
            for entry, verdict, (prompt, output), reason in choices:
                try:
                    decide(
                        connection, entry.key, verdict, reviewer=reviewer, version=entry.version, prompt=prompt, output=output,
                        reason=reason, at=at,
                    )  # fmt: skip
                except ConflictError:
                    if entry.key in needed:
                        raise
                    left.append(entry.key)
        return tuple(left)

    def undo(self, key: str, *, reviewer: str, version: int) -> Decision:
        """Take the last decision of an item back: it stands as it did before.

        Raises:
            ConflictError: somebody decided it meanwhile.
            ReviewError: there is no such item, or no decision to take back.
        """
        with writing(self.engine) as connection:
            return take_back(connection, key, reviewer=reviewer, version=version)

    def record_look(self, entry: Entry, *, reviewer: str) -> None:
        """Keep that a reviewer is shown the original of an item."""
        assert entry.vault
        values = {"item_key": entry.key, "vault": entry.vault, "file": entry.item.file, "row": entry.item.row}
        with writing(self.engine) as connection:
            connection.execute(insert(looks).values(**values, reviewer=reviewer_name(reviewer), at=datetime.now(UTC)))

    def looks(self, key: str) -> tuple[Look, ...]:
        """Who was shown the original of an item, oldest first."""
        query = select(looks).where(looks.c.item_key == key).order_by(looks.c.id)
        with self.engine.connect() as connection:
            return tuple(
                Look(key=row.item_key, vault=row.vault, file=row.file, row=row.row, reviewer=row.reviewer, at=row.at)
                for row in connection.execute(query)
            )

    def history(self, key: str) -> tuple[Decision, ...]:
        """Every decision of an item, undone ones and undoings too, oldest first."""
        query = select(decisions).where(decisions.c.item_key == key).order_by(decisions.c.version)
        with self.engine.connect() as connection:
            return tuple(decision_of(row) for row in connection.execute(query))

    def entry(self, key: str, run_id: str | None = None) -> Entry:
        """An item as it stands.

        Raises:
            ReviewError: there is none, or the run has none, with this key.
        """
        with self.engine.connect() as connection:
            row = connection.execute(entries(run_id).where(items.c.key == storable(key))).one_or_none()
        if row is None:
            raise ReviewError(f"item {key[:12]}: there is none in this queue")
        return entry_of(row)

    def page(
        self, run_id: str | None, queue: Queue | None = None, filters: Filters = NO_FILTERS, after: int | None = None,
        limit: int = 50,
    ) -> Page:  # fmt: skip
        """Items of a queue in their order, those behind the position `after`; None as queue takes all three."""
        with self.engine.connect() as connection:
            return browsing.page(connection, run_id, queue, filters, after, limit)

    def neighbours(self, run_id: str | None, queue: Queue, filters: Filters, position: int) -> Neighbours:
        """The items before and behind a position, among those that pass the filters."""
        with self.engine.connect() as connection:
            return browsing.neighbours(connection, run_id, queue, filters, position)

    def paraphrases(self, entry: Entry, run_id: str | None = None) -> tuple[Entry, ...]:
        """The undecided variants of a record; none where another record that asks the same may still take them."""
        with self.engine.connect() as connection:
            return browsing.paraphrases(connection, entry, run_id)

    def rivals(self, entry: Entry, run_id: str | None = None, left: Edit = NO_EDIT) -> tuple[Entry, ...]:
        """The records that answer the same question otherwise: none of them enters a dataset while several are approved.

        Args:
            entry: the record that they are compared with.
            run_id: the run.
            left: its texts as a reviewer is about to leave them.
        """
        with self.engine.connect() as connection:
            return browsing.rivals(connection, entry, run_id, left)

    def siblings(self, entry: Entry, run_id: str | None) -> tuple[Entry, ...]:
        """All variants of the original that a variant belongs to, itself too, in order."""
        with self.engine.connect() as connection:
            return browsing.siblings(connection, entry, run_id)

    def original(self, entry: Entry, run_id: str | None) -> Entry | None:
        """The item whose question a variant words anew, with the answer of both; None where nobody is asked about it."""
        with self.engine.connect() as connection:
            return browsing.original(connection, entry, run_id)

    def facets(self, run_id: str | None, queue: Queue) -> Facets:
        """What a queue can be filtered by."""
        with self.engine.connect() as connection:
            return browsing.facets(connection, run_id, queue)

    def last_decided(self, reviewer: str, run_id: str | None = None) -> tuple[Entry, ...]:
        """The item of the reviewer's last decision that still stands, or the items that were decided together."""
        with self.engine.connect() as connection:
            return browsing.last_decided(connection, reviewer, run_id)

    def runs(self) -> tuple[str, ...]:
        """The runs that published, the last first."""
        with self.engine.connect() as connection:
            return tuple(connection.scalars(select(runs.c.run_id).order_by(runs.c.published.desc(), runs.c.run_id)))

    def decided_runs(self) -> dict[str, datetime]:
        """The runs of whose items none is undecided, with the moment at which each published last."""
        with self.engine.connect() as connection:
            return browsing.decided_runs(connection)

    def last_published(self) -> datetime | None:
        """When a run published last; until it does again, what a queue can be filtered by stays the same."""
        with self.engine.connect() as connection:
            return connection.scalars(select(runs.c.published).order_by(runs.c.published.desc()).limit(1)).one_or_none()

    def place(self) -> str:
        """What names this database in exported files."""
        with self.engine.connect() as connection:
            return connection.scalars(select(places.c.id)).one()
