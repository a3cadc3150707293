"""The index of the rows of the sources, which the steps carry on: what became of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from langkah.artifacts import ArtifactRef, Manifest
from langkah.records import IndexedRow, RowStatus
from tasks.artifacts import stream_of
from tasks.publish import FirstNamed, log_records, publish_table

INDEX = "index.jsonl"


class IndexTally:
    """Counts the rows of an index as they pass."""

    def __init__(self) -> None:
        self._statuses = Counter[str]()
        self._reasons = Counter[tuple[str, str]]()
        self._named: dict[str, FirstNamed] = {
            status.value: FirstNamed() for status in (RowStatus.rejected, RowStatus.duplicate, RowStatus.flagged)
        }

    def passing(self, index: Iterable[IndexedRow]) -> Iterator[IndexedRow]:
        """Let rows through."""
        for row in index:
            status = row.status.value
            self._statuses[status] += 1
            if row.status is not RowStatus.accepted:
                self._reasons[status, _kind(row.reason or "")] += 1
            if status in self._named:
                self._named[status].add(f"{row.file}:{row.row}")
            yield row

    def counts(self) -> dict[str, int]:
        """Rows by status."""
        return dict(sorted(self._statuses.items()))

    def publish(self) -> None:
        """Show how many rows were not taken, by status and reason."""
        table = [{"status": status, "reason": reason, "rows": n} for (status, reason), n in sorted(self._reasons.items())]
        publish_table("rows-set-aside", table, "Rows of the sources that were not taken, by reason")
        for status, named in self._named.items():
            log_records(f"rows {status}", named)


def carried_on(index: ArtifactRef, found: Mapping[tuple[str, int], tuple[RowStatus, str | None]]) -> Iterator[IndexedRow]:
    """Read the index of an artifact with what a step found since, by file and row."""
    return (_ruled(row, found) for row in stream_of(index, INDEX, IndexedRow))


def row_totals(outcome: Manifest) -> dict[str, int]:
    """What became of the rows, by an artifact with an index: `rows_in = kept + rejected + duplicate + flagged`."""
    found = outcome.provenance.counts
    counts = {name: int(found.get(name, 0)) for name in ("rejected", "duplicate", "flagged", "not_selected")}
    kept = int(found.get("accepted", 0))
    return {"rows_in": kept + counts["rejected"] + counts["duplicate"] + counts["flagged"], "kept": kept, **counts}


def _kind(reason: str) -> str:
    """A reason without the rows and places that it names: those are as many as rows."""
    if reason.startswith("same as "):
        return "same as another row"
    return "; ".join(part.partition(": ")[0] for part in reason.split("; "))


def _ruled(row: IndexedRow, found: Mapping[tuple[str, int], tuple[RowStatus, str | None]]) -> IndexedRow:
    if (row.file, row.row) not in found:
        return row
    status, reason = found[row.file, row.row]
    return row.model_copy(update={"status": status, "reason": reason})
