"""The index of the rows of the sources, which the steps carry on: what became of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from langkah.artifacts import ArtifactRef, Manifest
from langkah.records import IndexedRow, RowStatus
from tasks.artifacts import rows_of
from tasks.publish import log_records, publish_table

INDEX = "index.jsonl"


def carried_on(index: ArtifactRef, found: Mapping[tuple[str, int], tuple[RowStatus, str | None]]) -> list[IndexedRow]:
    """Return the index of an artifact with what a step found since, by file and row."""
    return [_ruled(row, found) for row in rows_of(index, INDEX, IndexedRow)]


def status_counts(index: Sequence[IndexedRow]) -> dict[str, int]:
    """Count the rows by status."""
    return dict(sorted(Counter(row.status.value for row in index).items()))


def row_totals(outcome: Manifest) -> dict[str, int]:
    """What became of the rows, by an artifact with an index: `rows_in = kept + rejected + duplicate + flagged`."""
    found = outcome.provenance.counts
    counts = {name: int(found.get(name, 0)) for name in ("rejected", "duplicate", "flagged", "not_selected")}
    kept = int(found.get("accepted", 0))
    return {"rows_in": kept + counts["rejected"] + counts["duplicate"] + counts["flagged"], "kept": kept, **counts}


def publish_set_aside(index: Sequence[IndexedRow]) -> None:
    """Show how many rows were not taken, by status and reason."""
    reasons = Counter((row.status.value, row.reason or "") for row in index if row.status != RowStatus.accepted)
    table = [{"status": status, "reason": reason, "rows": n} for (status, reason), n in sorted(reasons.items())]
    publish_table("rows-set-aside", table, "Rows of the sources that were not taken, by reason")
    for status in (RowStatus.rejected, RowStatus.duplicate, RowStatus.flagged):
        log_records(f"rows {status.value}", [f"{row.file}:{row.row}" for row in index if row.status is status])


def _ruled(row: IndexedRow, found: Mapping[tuple[str, int], tuple[RowStatus, str | None]]) -> IndexedRow:
    if (row.file, row.row) not in found:
        return row
    status, reason = found[row.file, row.row]
    return row.model_copy(update={"status": status, "reason": reason})
