"""One decision, within a transaction that writes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, insert, select, update

from langkah.errors import ConflictError, RefusedTextError, ReviewError
from langkah.procedure import parse_procedure
from langkah.review.items import Decision, Kind, Verdict
from langkah.review.reviewer_names import reviewer_name
from langkah.review.rows import decision_of, question_of, storable
from langkah.review.tables import decisions, items

MAX_CHARS: Final = 1_000_000
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
    restores: int | None = None,
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
        "reason": storable(reason).strip()[:MAX_CHARS] or None if reason else None,
    }
    if verdict is Verdict.approved and restores is None and not approvable(Kind(item.kind), values["output"]):
        raise RefusedTextError("output", "no_steps", "expected numbered steps")
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
            item_key=key, version=version + 1, verdict=verdict.value, reviewer=name, at=at, restores=restores, **values
        )
    )
    return Decision(key=key, verdict=verdict, reviewer=name, at=at, version=version + 1, restores=restores, **values)


def approvable(kind: Kind, output: str) -> bool:
    """Whether an item may be approved with this answer: it has steps, or is a variant, whose answer is its original's."""
    return kind is Kind.variant or parse_procedure(output) is not None


def _checked(field: str, text: str, kept: str) -> str:
    if text == kept:
        return kept
    cleaned = storable(text).replace("\r\n", "\n").strip()
    if not 0 < len(cleaned) <= MAX_CHARS:
        fault = "too_long" if cleaned else "empty"
        raise RefusedTextError(field, fault, f"expected a text of 1 to {MAX_CHARS:,} characters, got {len(cleaned):,}")
    return cleaned


def take_back(connection: Connection, key: str, *, reviewer: str, version: int) -> Decision:
    """`ReviewQueue.undo` within a transaction that writes."""
    last = standing(connection, key, version)
    if last is None:
        raise ReviewError(f"item {key[:12]}: there is no decision to take back")
    before = standing(connection, key, last.version - 1)
    return decide(
        connection,
        key,
        before.verdict if before else Verdict.pending,
        reviewer=reviewer,
        version=version,
        prompt=before.prompt if before else None,
        output=before.output if before else None,
        reason=before.reason if before else None,
        restores=before.version if before else 0,
    )


def standing(connection: Connection, key: str, version: int) -> Decision | None:
    """The decision of an item that stood at a version of it."""
    query = select(decisions).where(decisions.c.item_key == key)
    row = connection.execute(query.where(decisions.c.version == version)).one_or_none()
    if row and row.restores is not None:
        row = connection.execute(query.where(decisions.c.version == row.restores)).one_or_none()
    return decision_of(row) if row else None
