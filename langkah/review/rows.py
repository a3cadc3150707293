"""Rows of the tables as items and decisions, and the queries that select them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Row, Select, and_, func, select

from langkah.review.items import Decision, Entry, Filters, Kind, Queue, ReviewItem, Verdict
from langkah.review.tables import decisions, items, memberships, reasons
from langkah.splitting import question_key

T = TypeVar("T")
_AT_ONCE: Final = 500
_LABEL_LENGTH: Final = 200


def storable(text: str) -> str:
    """A text as PostgreSQL takes it, which has no place for a NUL."""
    return text.replace("\0", "�")


def reason_label(reason: str) -> str:
    """What a reason says before its first colon: behind it may stand the names of other rows."""
    return storable(reason.partition(":")[0].strip())[:_LABEL_LENGTH]


def question_of(kind: str, language: str, prompt: str) -> str | None:
    """A hash that records share which ask the same; None for a variant, which asks what its original asks."""
    if kind == Kind.variant:
        return None
    return hashlib.sha256(json.dumps(question_key(prompt, language)).encode()).hexdigest()


def batches(values: Iterable[T], size: int = _AT_ONCE) -> Iterator[list[T]]:
    """Some at a time: databases bound the number of parameters of a statement."""
    found = list(values)
    return (found[start : start + size] for start in range(0, len(found), size))


def item_values(item: ReviewItem, vault: str | None) -> dict[str, Any]:
    """A row of `review_items` for an item that nobody touched."""
    texts = {
        name: storable(value) if value is not None else None
        for name, value in (
            ("intent", item.intent), ("source", item.source), ("prompt", item.prompt), ("output", item.output),
            ("before", item.before), ("variant_of", item.variant_of), ("file", item.file),
        )
    }  # fmt: skip
    return {
        **texts,
        "key": item.key,
        "kind": item.kind.value,
        "language": item.language,
        "reasons": json.dumps([storable(reason) for reason in item.reasons], ensure_ascii=False),
        "row": item.row,
        "vault": vault,
        "question": question_of(item.kind, item.language, item.prompt),
        "verdict": Verdict.pending.value,
        "version": 0,
    }


def entries(run_id: str | None) -> Select[Any]:
    """Items of a run, or of all, each with the decision that stands, and its `position`."""
    position = memberships.c.position if run_id is not None else items.c.number
    chosen = (
        decisions.c.verdict.label("d_verdict"), decisions.c.prompt.label("d_prompt"), decisions.c.output.label("d_output"),
        decisions.c.reason.label("d_reason"), decisions.c.reviewer.label("d_reviewer"), decisions.c.at.label("d_at"),
        decisions.c.version.label("d_version"),
    )  # fmt: skip
    last = decisions.alias()
    newest = and_(last.c.item_key == items.c.key, last.c.version == items.c.version)
    stands = and_(decisions.c.item_key == items.c.key, decisions.c.version == func.coalesce(last.c.restores, last.c.version))
    query = select(items, position.label("position"), *chosen)
    return query.select_from(items_of(run_id).outerjoin(last, newest).outerjoin(decisions, stands))


def items_of(run_id: str | None) -> Any:
    """The table of items, joined to the members of a run where one is given."""
    if run_id is None:
        return items
    return items.join(memberships, and_(memberships.c.item_key == items.c.key, memberships.c.run_id == run_id))


def conditions(queue: Queue | None, filters: Filters) -> list[ColumnElement[bool]]:
    """What an item must be to stand in a queue and pass the filters."""
    found: list[ColumnElement[bool]] = []
    if queue is not None:
        found.append(items.c.kind.in_([kind.value for kind in queue.kinds]))
    if filters.source is not None:
        source = storable(filters.source)
        found.append((items.c.source == source) | items.c.source.startswith(f"{source}/", autoescape=True))
    if filters.language is not None:
        found.append(items.c.language == storable(filters.language))
    if filters.verdict is not None:
        found.append(items.c.verdict.in_([verdict.value for verdict in filters.verdicts]))
    if filters.reason is not None:
        labelled = select(reasons.c.item_key).where(reasons.c.label == storable(filters.reason))
        found.append(items.c.key.in_(labelled))
    return found


def item_of(row: Row[Any]) -> ReviewItem:
    """The item in a row of `review_items`."""
    return ReviewItem(
        kind=Kind(row.kind), intent=row.intent, language=row.language, source=row.source, prompt=row.prompt,
        output=row.output, before=row.before, variant_of=row.variant_of, reasons=tuple(json.loads(row.reasons)),
        file=row.file, row=row.row,
    )  # fmt: skip


def entry_of(row: Row[Any]) -> Entry:
    """The entry in a row of `entries`."""
    decision = None
    if row.d_verdict is not None:
        decision = Decision(
            key=row.key, verdict=Verdict(row.d_verdict), prompt=row.d_prompt, output=row.d_output, reason=row.d_reason,
            reviewer=row.d_reviewer, at=row.d_at, version=row.d_version,
        )  # fmt: skip
    return Entry(
        key=row.key, item=item_of(row), verdict=Verdict(row.verdict), version=row.version, position=row.position,
        decision=decision, vault=row.vault,
    )  # fmt: skip


def decision_of(row: Row[Any]) -> Decision:
    """The decision in a row of `review_decisions`."""
    return Decision(
        key=row.item_key, verdict=Verdict(row.verdict), prompt=row.prompt, output=row.output, reason=row.reason,
        reviewer=row.reviewer, at=row.at, version=row.version, restores=row.restores,
    )  # fmt: skip
