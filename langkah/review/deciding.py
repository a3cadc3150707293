"""One decision, within a transaction that writes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, insert, select, update

from langkah.errors import ConflictError, InputError, ReviewError
from langkah.procedure import parse_procedure
from langkah.review.items import Decision, Kind, Verdict
from langkah.review.reviewer_names import reviewer_name
from langkah.review.rows import decision_of, question_of, storable
from langkah.review.tables import decisions, items

_MAX_CHARS: Final = 1_000_000
"""As many as the longest answer that ingest takes."""


def decide(
    connection: Connection,
    key: str,
    verdict: Verdict,
    *,
    reviewer: str,
    version: int,
    prompt: str | None = None,
    output: str | None = None,
    reason: str | None = None,
    undo: bool = False,
    at: datetime | None = None,
) -> Decision:
    """`ReviewQueue.decide` and `undo` within a transaction that writes."""
    name = reviewer_name(reviewer)
    item = connection.execute(
        select(items.c.kind, items.c.language, items.c.prompt, items.c.output, items.c.version).where(items.c.key == key)
    ).one_or_none()
    if item is None:
        raise ReviewError(f"item {key[:12]}: there is none in this queue")
    values: dict[str, Any] = {
        "prompt": item.prompt if prompt is None else _checked("prompt", prompt, item.prompt),
        "output": item.output if output is None else _checked("output", output, item.output),
        "reason": storable(reason).strip()[:_MAX_CHARS] or None if reason else None,
    }
    if verdict is Verdict.approved and not undo and not approvable(Kind(item.kind), values["output"]):
        raise InputError("output: expected numbered steps")
    seen = (items.c.key == key) & (items.c.version == version)
    question = question_of(item.kind, item.language, values["prompt"])
    changed = connection.execute(
        update(items).where(seen).values(version=version + 1, verdict=verdict.value, question=question)
    )
    if changed.rowcount != 1:
        raise ConflictError(key, version, item.version)
    at = at or datetime.now(UTC)
    connection.execute(
        insert(decisions).values(
            item_key=key, version=version + 1, verdict=verdict.value, reviewer=name, at=at, undo=undo, **values
        )
    )
    return Decision(key=key, verdict=verdict, reviewer=name, at=at, version=version + 1, **values)


def approvable(kind: Kind, output: str) -> bool:
    """Whether an item may be approved with this answer: it has steps, or is a variant, whose answer is its original's."""
    return kind is Kind.variant or parse_procedure(output) is not None


def _checked(field: str, text: str, kept: str) -> str:
    if text == kept:
        return kept
    cleaned = storable(text).replace("\r\n", "\n").strip()
    if not 0 < len(cleaned) <= _MAX_CHARS:
        raise InputError(f"{field}: expected a text of 1 to {_MAX_CHARS:,} characters, got {len(cleaned):,}")
    return cleaned


def standing(connection: Connection, key: str) -> list[Decision]:
    """An item's decisions, without those that were taken back."""
    found: list[Decision] = []
    for row in connection.execute(select(decisions).where(decisions.c.item_key == key).order_by(decisions.c.version)):
        if not row.undo:
            found.append(decision_of(row))
        elif found:
            found.pop()
    return found
