"""The queue by file: exported to a spreadsheet, decided there, and read back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from pydantic import Field

from langkah.errors import ConflictError, InputError
from langkah.records import Record
from langkah.review.database import writing
from langkah.review.deciding import approvable, decide
from langkah.review.items import Entry, Verdict
from langkah.review.review_queue import ReviewQueue
from langkah.review.reviewer_names import reviewer_name
from langkah.review.rows import batches, entries, entry_of
from langkah.review.sheet import ERRORS, LONGEST, Layout, cell, check_suffix, read_table, text_of, write_table
from langkah.review.tables import items

LAYOUT: Final = Layout(
    columns=(
        "decision", "reason", "prompt", "output", "before", "set_aside_for", "variant_of", "kind", "language", "source",
        "file", "row", "reviewer", "version", "id", "check", "run", "queue",
    ),
    choices={"decision": "approve,reject,skip"},
    typed=("decision", "reason", "prompt", "output"),
    hidden=("version", "id", "check", "run", "queue"),
)  # fmt: skip
_NEEDED: Final = ("decision", "prompt", "output", "version", "id", "check", "run", "queue")
_WORDS: Final[Mapping[str, Verdict]] = {
    **dict.fromkeys(("approve", "approved", "yes", "setuju", "setujui", "disetujui", "ya"), Verdict.approved),
    **dict.fromkeys(("reject", "rejected", "no", "tolak", "ditolak", "tidak"), Verdict.rejected),
    **dict.fromkeys(("skip", "skipped", "lewati", "dilewati"), Verdict.skipped),
}
_WRITTEN: Final = {Verdict.approved: "approve", Verdict.rejected: "reject", Verdict.skipped: "skip", Verdict.pending: ""}
_TOLD: Final = 20
"""Rows that are named one by one where a file is refused."""


class Conflict(Record):
    """A row whose item was decided otherwise since the file was written; the row was not taken."""

    row: int
    key: str
    reviewer: str | None = Field(description="who decided it; None: a decision was taken back")
    at: datetime | None


class ImportReport(Record):
    """What became of the rows of a file of decisions."""

    run_id: str
    applied: int = Field(description="decisions taken")
    unchanged: int = Field(description="rows that say what the queue says already")
    undecided: int = Field(description="rows without a decision")
    conflicts: tuple[Conflict, ...] = ()

    @property
    def rows(self) -> int:
        """All rows of the file."""
        return self.applied + self.unchanged + self.undecided + len(self.conflicts)


def export_queue(queue: ReviewQueue, run_id: str, path: Path) -> int:
    """Write the items of a run to an XLSX or CSV file, as its ending says, with what was decided so far.

    A person fills in `decision` (approve, reject, skip) and `reason`, and may edit `prompt` and `output`.

    Returns:
        How many items were written.

    Raises:
        InputError: no such run, another ending, or the file cannot be written.
    """
    check_suffix(path)
    if run_id not in queue.runs():
        raise InputError(f"{path}: the queue knows no run {run_id}")
    found = queue.page(run_id, limit=10**9).entries
    place = queue.place()
    write_table(path, LAYOUT, (_row(entry, run_id, place) for entry in found))
    return len(found)


def import_decisions(queue: ReviewQueue, path: Path, reviewer: str) -> ImportReport:
    """Take the decisions of a file that `export_queue` wrote and a person filled in: all rows are sound, or none is taken.

    A row whose item was decided otherwise meanwhile is left alone, and reported.

    Raises:
        InputError: the reviewer has no name; or the file cannot be read, belongs to another dataset, or has rows with
            unknown, edited or repeated ids, unknown decisions or texts that cannot be; each is named by its row.
    """
    reviewer = reviewer_name(reviewer)
    header, rows = read_table(path)
    if missing := [name for name in _NEEDED if name not in header]:
        raise InputError(f"{path}: expected the columns of an exported queue; {', '.join(missing)} not found")
    if not rows:
        raise InputError(f"{path}: has no row below its header")
    run_id = _run_of(queue, path, rows)
    current = _current(queue, run_id, [row["id"].strip() for _, row in rows if row.get("id")])
    place = queue.place()
    problems = list(_problems(rows, current, run_id, place))
    if problems:
        more = [f"and {len(problems) - _TOLD} more rows"] if len(problems) > _TOLD else []
        raise InputError(*(f"{path}: {problem}" for problem in [*problems[:_TOLD], *more]))
    applied = unchanged = undecided = 0
    conflicts: list[Conflict] = []
    with writing(queue.engine) as connection:
        for number, row in rows:
            entry = current[row["id"].strip()]
            verdict = _verdict(row)
            if verdict is None:
                undecided += 1
                continue
            prompt, output = (_edited(row[name], kept) for name, kept in (("prompt", entry.prompt), ("output", entry.output)))
            if verdict is entry.verdict and prompt is None and output is None and not _another_reason(row, entry):
                unchanged += 1
                continue
            try:
                decide(
                    connection, entry.key, verdict, reviewer=reviewer, version=int(row["version"]), reason=row.get("reason"),
                    prompt=entry.prompt if prompt is None else prompt, output=entry.output if output is None else output,
                )  # fmt: skip
                applied += 1
            except InputError as error:
                raise InputError(f"{path}: row {number}: {error}") from None
            except ConflictError:
                last = entry.decision
                conflicts.append(
                    Conflict(row=number, key=entry.key, reviewer=last.reviewer if last else None, at=last.at if last else None)
                )
    return ImportReport(
        run_id=run_id, applied=applied, unchanged=unchanged, undecided=undecided, conflicts=tuple(conflicts)
    )  # fmt: skip


def _row(entry: Entry, run_id: str, place: str) -> dict[str, str]:
    item = entry.item
    return {
        "decision": _WRITTEN[entry.verdict],
        "reason": _reason(entry),
        "prompt": entry.prompt,
        "output": entry.output,
        "before": item.before or "",
        "set_aside_for": "\n".join(item.reasons),
        "variant_of": item.variant_of or "",
        "kind": item.kind.value,
        "language": item.language,
        "source": item.source,
        "file": item.file,
        "row": str(item.row),
        "reviewer": entry.decision.reviewer if entry.decision else "",
        "version": str(entry.version),
        "id": entry.key,
        "check": _check(entry.key, place),
        "run": run_id,
        "queue": place,
    }


def _reason(entry: Entry) -> str:
    return (entry.decision.reason if entry.decision else None) or ""


def _check(key: str, place: str) -> str:
    """What shows that an id was edited or moved; with a letter first, since a spreadsheet takes `12e34` for a number."""
    return "c-" + hashlib.sha256(f"{place}:{key}".encode()).hexdigest()[:12]


def _run_of(queue: ReviewQueue, path: Path, rows: list[tuple[int, dict[str, str]]]) -> str:
    """The run that the file was written for."""
    named = {row.get("run", "").strip() for _, row in rows}
    run_id = rows[0][1].get("run", "").strip()
    if len(named) == 1 and run_id in queue.runs():
        return run_id
    known = set(queue.runs())
    strange = [number for number, row in rows if row.get("run", "").strip() not in known] or [
        number for number, row in rows if row.get("run", "").strip() != run_id
    ]
    raise InputError(f"{path}: rows {_list(strange)}: of another dataset; expected rows of one run of this queue")


def _list(numbers: list[int]) -> str:
    named = ", ".join(str(number) for number in numbers[:_TOLD])
    return named + (f" and {len(numbers) - _TOLD} more" if len(numbers) > _TOLD else "")


def _current(queue: ReviewQueue, run_id: str, keys: list[str]) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    with queue.engine.connect() as connection:
        for some in batches(keys):
            rows = connection.execute(entries(run_id).where(items.c.key.in_(some)))
            found.update({row.key: entry_of(row) for row in rows})
    return found


def _problems(
    rows: list[tuple[int, dict[str, str]]], current: Mapping[str, Entry], run_id: str, place: str
) -> Iterator[str]:  # fmt: skip
    """What is wrong with the rows, a line each, without their text."""
    seen: dict[str, int] = {}
    prompts = {entry.prompt.strip(): key for key, entry in current.items()}
    for number, row in rows:
        key = row.get("id", "").strip()
        if row.get("queue", "").strip() != place:
            yield f"row {number}: of another dataset's queue"
        elif row.get("check", "").strip() != _check(key, place):
            yield f"row {number}: its id was edited"
        elif key not in current:
            yield f"row {number}: unknown id; the run {run_id} has no such item"
        elif key in seen:
            yield f"row {number}: has the id of row {seen[key]}"
        elif problem := _decision_problem(row, current[key]) or _text_problem(row, current[key], prompts):
            yield f"row {number}: {problem}"
        seen.setdefault(key, number)


def _decision_problem(row: Mapping[str, str], entry: Entry) -> str | None:
    version = row.get("version", "").strip()
    if not (version.isascii() and version.isdecimal() and len(version) < 10):
        return "version: expected the number that was exported"
    decision = row.get("decision", "").strip()
    if decision and _verdict(row) is None:
        return "decision: expected approve, reject, skip or nothing"
    if not decision and entry.verdict.decided and int(version) == entry.version:
        return f"decision: was {_WRITTEN[entry.verdict]}; expected skip to take it back, or another decision"
    return None


def _text_problem(row: Mapping[str, str], entry: Entry, prompts: Mapping[str, str]) -> str | None:
    """What is wrong with the texts of a row that has a decision.

    Args:
        row: the row.
        entry: its item as it stands.
        prompts: the keys of all items of the file by their questions as they stand.
    """
    if not row.get("decision", "").strip():
        return None
    for name, kept in (("prompt", entry.prompt), ("output", entry.output)):
        given = row.get(name, "").strip()
        if not given and (name == "prompt" or entry.item.output):
            return f"{name}: expected text"
        if given in ERRORS:
            return f"{name}: expected text, got the error of a formula"
        # Of one that was decided meanwhile, the row is left alone, whatever it says.
        if len(kept) > LONGEST and int(row["version"]) == entry.version and _edited(given, kept) is not None:
            return f"{name}: has {len(kept):,} characters, more than a cell takes; edit it on the page"
    if _edited(row["prompt"], entry.prompt) is not None and prompts.get(row["prompt"].strip(), entry.key) != entry.key:
        return "prompt: is that of another item; was a part of the table sorted?"
    if _verdict(row) is Verdict.approved and not approvable(entry.item.kind, row.get("output", "")):
        return "output: expected numbered steps (`1. ...`, one a line), or another decision"
    return None


def _verdict(row: Mapping[str, str]) -> Verdict | None:
    return _WORDS.get(row.get("decision", "").strip().lower())


def _another_reason(row: Mapping[str, str], entry: Entry) -> bool:
    """Whether the reason of what stands was edited; beside a decision that came meanwhile, each has its own."""
    seen = int(row["version"]) == entry.version
    return seen and "reason" in row and _edited(row["reason"], _reason(entry)) is not None


def _edited(given: str, kept: str) -> str | None:
    """The text of a cell, where it is another than the one that stands; None: it was left as it was written."""
    return None if given.strip() == text_of(cell(kept)).strip() else given
