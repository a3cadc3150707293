"""What a reviewer sees of the queue: pages, the way from one item to the next, and how far the work is."""

from __future__ import annotations

import itertools
from datetime import datetime
from statistics import median
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, func, select

from langkah.review.items import (
    DECIDED,
    UNDECIDED,
    Edit,
    Entry,
    Facets,
    Filters,
    Kind,
    Neighbours,
    Page,
    Progress,
    Queue,
    Verdict,
)
from langkah.review.rows import conditions, entries, entry_of, items_of, question_of
from langkah.review.tables import decisions, items, memberships, reasons, runs
from langkah.splitting import answer_key

_LAST: Final = 200
"""Decisions whose pace foretells the rest."""
_FEWEST: Final = 6
"""Decisions, at a time each, before which nothing is foretold."""
_AT_ONCE_SECONDS: Final = 1.0
"""Decisions that are less apart were made by one click, or read from a file."""
_LISTED: Final = 60
"""Sources, or reasons, that a person can choose from."""


def progress(connection: Connection, run_id: str | None) -> Progress:
    """Counts, and the seconds left at the pace of the last decisions."""
    query = select(items.c.kind, items.c.verdict, func.count().label("many")).select_from(items_of(run_id))
    counts: dict[Kind, dict[Verdict, int]] = {}
    for row in connection.execute(query.group_by(items.c.kind, items.c.verdict)):
        counts.setdefault(Kind(row.kind), {})[Verdict(row.verdict)] = row.many
    found = Progress(counts=counts)
    pace = _pace(connection)
    return found if pace is None else found.model_copy(update={"seconds_left": pace * found.pending})


def decided_runs(connection: Connection) -> dict[str, datetime]:
    """The runs of whose items none is undecided, with the moment of their last publishing."""
    undecided = items.c.verdict.in_([verdict.value for verdict in UNDECIDED])
    waiting = select(memberships.c.run_id).join(items, items.c.key == memberships.c.item_key).where(undecided)
    rows = connection.execute(select(runs.c.run_id, runs.c.published).where(runs.c.run_id.not_in(waiting.distinct())))
    return {row.run_id: row.published for row in rows}


def page(
    connection: Connection, run_id: str | None, queue: Queue | None, filters: Filters, after: int | None, limit: int
) -> Page:
    """So many items behind a position."""
    place = _place(run_id)
    where = conditions(queue, filters)
    query = entries(run_id).where(*where).order_by(place).limit(limit + 1)
    if after is not None:
        query = query.where(place > after)
    found = [entry_of(row) for row in connection.execute(query)]
    more = len(found) > limit
    total = connection.scalars(select(func.count()).select_from(items_of(run_id)).where(*where)).one()
    return Page(entries=tuple(found[:limit]), total=total, after=found[limit - 1].position if more else None)


def neighbours(connection: Connection, run_id: str | None, queue: Queue, filters: Filters, position: int) -> Neighbours:
    """The items before and behind a position."""
    place = _place(run_id)
    where = conditions(queue, filters)
    members = items_of(run_id)
    keys = select(items.c.key).select_from(members).where(*where)
    count = select(func.count()).select_from(members).where(*where)
    here = connection.scalars(keys.where(place == position)).one_or_none()
    until = connection.scalars(count.where(place <= position)).one()
    return Neighbours(
        previous=connection.scalars(keys.where(place < position).order_by(place.desc()).limit(1)).one_or_none(),
        next=connection.scalars(keys.where(place > position).order_by(place).limit(1)).one_or_none(),
        number=until if here else 0,
        total=connection.scalars(count).one(),
    )


def siblings(connection: Connection, entry: Entry, run_id: str | None) -> tuple[Entry, ...]:
    """The variants of one original."""
    return _few(connection, run_id, *_variants_of(entry.item.intent, entry.item.variant_of))


def paraphrases(connection: Connection, entry: Entry, run_id: str | None) -> tuple[Entry, ...]:
    """The undecided variants of a record; none where another record that asks the same may still take them."""
    item = entry.item
    others = select(items.c.key).select_from(items_of(run_id))
    alike = others.where(
        items.c.intent == item.intent, items.c.prompt == item.prompt, items.c.kind != Kind.variant.value,
        items.c.verdict != Verdict.rejected.value, items.c.key != entry.key,
    )  # fmt: skip
    if connection.execute(alike.limit(1)).first():
        return ()
    undecided = items.c.verdict.in_([verdict.value for verdict in UNDECIDED])
    return _few(connection, run_id, *_variants_of(item.intent, item.prompt), undecided)


def rivals(connection: Connection, entry: Entry, run_id: str | None, left: Edit) -> tuple[Entry, ...]:
    """The records, rejected ones apart, that answer the same question otherwise, as they stand."""
    question = question_of(entry.item.kind, entry.item.language, left.prompt or entry.prompt)
    others = (items.c.key != entry.key, items.c.verdict != Verdict.rejected.value)
    mine = answer_key(left.output or entry.output)
    found = _few(connection, run_id, items.c.question == question, *others)
    return tuple(other for other in found if answer_key(other.output) != mine)


def _variants_of(intent: str, prompt: str | None) -> tuple[ColumnElement[bool], ...]:
    return items.c.intent == intent, items.c.kind == Kind.variant.value, items.c.variant_of == prompt


def _few(connection: Connection, run_id: str | None, *where: ColumnElement[bool]) -> tuple[Entry, ...]:
    """Items that an index finds, in order. Sorted here: asked to, SQLite goes through all items of the run in their order."""
    found = (entry_of(row) for row in connection.execute(entries(run_id).where(*where)))
    return tuple(sorted(found, key=lambda entry: entry.position))


def original(connection: Connection, entry: Entry, run_id: str | None) -> Entry | None:
    """The item whose question a variant words anew; None where the run does not put it to review."""
    item = entry.item
    asking = (items.c.intent == item.intent, items.c.kind != Kind.variant.value, items.c.prompt == item.variant_of)
    return next(iter(_few(connection, run_id, *asking)), None)


def facets(connection: Connection, run_id: str | None, queue: Queue) -> Facets:
    """What differs among the items of a queue."""
    where = conditions(queue, Filters())

    def values(column: Any, table: Any) -> tuple[str, ...]:
        return tuple(connection.scalars(select(column).select_from(table).where(*where).distinct().order_by(column)))

    members = items_of(run_id)
    sources = values(items.c.source, members)
    if len(sources) > _LISTED:  # one a page of a help centre, say: by what they begin with
        sources = tuple(dict.fromkeys(source.partition("/")[0] for source in sources))
    many = len(sources) > _LISTED
    return Facets(
        sources=() if many else sources,
        many_sources=many,
        languages=values(items.c.language, members),
        reasons=values(reasons.c.label, members.join(reasons, reasons.c.item_key == items.c.key))[:_LISTED],
    )


def last_decided(connection: Connection, reviewer: str, run_id: str | None) -> tuple[Entry, ...]:
    """The item of a reviewer's last decision that stands, and those decided together with it."""
    theirs = entries(run_id).where(decisions.c.reviewer == reviewer)
    last = connection.execute(theirs.order_by(decisions.c.id.desc()).limit(1)).one_or_none()
    if last is None:
        return ()
    together = theirs.where(decisions.c.at == last.d_at).order_by(decisions.c.id)
    return tuple(entry_of(row) for row in connection.execute(together))


def _place(run_id: str | None) -> Any:
    return memberships.c.position if run_id is not None else items.c.number


def _pace(connection: Connection) -> float | None:
    """Seconds that people take for an item, of late: the median, so that neither pauses nor an import tell."""
    taken = decisions.c.restores.is_(None) & decisions.c.verdict.in_(DECIDED)
    query = select(decisions.c.at).where(taken).order_by(decisions.c.id.desc()).limit(_LAST)
    times = sorted(connection.scalars(query))
    moments: list[list[datetime]] = []
    for at in times:
        if moments and (at - moments[-1][-1]).total_seconds() < _AT_ONCE_SECONDS:
            moments[-1].append(at)
        else:
            moments.append([at])
    if len(moments) < _FEWEST:
        return None
    return median((these[0] - before[-1]).total_seconds() / len(these) for before, these in itertools.pairwise(moments))
