"""The items of a run, put beside those that are there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from langkah.review.items import Kind, ReviewItem
from langkah.review.rows import batches, item_values, reason_label
from langkah.review.tables import items, memberships, reasons, runs

_PLACE: Final = ("intent", "source", "file", "row", "reasons", "vault")
"""What an item is told with and not known by: as the run that published last has it."""


def publish(connection: Connection, run_id: str, published: Sequence[ReviewItem], vault: str | None) -> None:
    """Add what is new, and make these items the run's; within one transaction."""
    known: dict[str, dict[str, Any]] = {}
    columns = [items.c[name] for name in ("key", *_PLACE)]
    for some in batches(item.key for item in published):
        rows = connection.execute(select(*columns).where(items.c.key.in_(some)))
        known.update({row.key: {name: getattr(row, name) for name in _PLACE} for row in rows})
    for some in batches(item for item in published if item.key not in known):
        connection.execute(insert(items), [item_values(item, vault) for item in some])
        _label(connection, some)
    moved = [item for item in published if item.key in known and _place(item, vault) != known[item.key]]
    for some in batches(moved):
        change = update(items).where(items.c.key == bindparam("its_key"))
        values = {name: bindparam(f"its_{name}") for name in _PLACE}
        places = [{f"its_{name}": value for name, value in {"key": item.key, **_place(item, vault)}.items()} for item in some]
        connection.execute(change.values(**values), places)
        connection.execute(delete(reasons).where(reasons.c.item_key.in_([item.key for item in some])))
        _label(connection, some)
    _join(connection, run_id, published)


def _place(item: ReviewItem, vault: str | None) -> dict[str, Any]:
    values = item_values(item, vault)
    return {name: values[name] for name in _PLACE}


def _label(connection: Connection, some: Sequence[ReviewItem]) -> None:
    labels = {(item.key, reason_label(reason)) for item in some for reason in item.reasons}
    if labels:
        connection.execute(insert(reasons), [{"item_key": key, "label": label} for key, label in sorted(labels)])


def _join(connection: Connection, run_id: str, published: Sequence[ReviewItem]) -> None:
    """Make these items the run's, variants beside those of the same original."""
    if not published:
        connection.execute(delete(memberships).where(memberships.c.run_id == run_id))
        connection.execute(delete(runs).where(runs.c.run_id == run_id))
        return
    now = datetime.now(UTC)
    if not connection.execute(update(runs).where(runs.c.run_id == run_id).values(published=now)).rowcount:
        connection.execute(insert(runs).values(run_id=run_id, published=now))
    connection.execute(delete(memberships).where(memberships.c.run_id == run_id))
    first: dict[tuple[str, str], int] = {}
    places = {
        item.key: first.setdefault((item.intent, item.variant_of or ""), place) if item.kind is Kind.variant else place
        for place, item in enumerate(published)
    }
    ordered = sorted(published, key=lambda item: places[item.key])
    rows = [{"run_id": run_id, "item_key": item.key, "position": place} for place, item in enumerate(ordered, start=1)]
    for some in batches(rows):
        connection.execute(insert(memberships), some)
