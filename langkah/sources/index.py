"""What becomes of every row: the index, which holds no text, and the accepted rows read again by it."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, islice

from langkah.config import IngestConfig, SourcesConfig
from langkah.errors import LangkahError, SourceError
from langkah.language import OTHER
from langkah.procedure import parse_procedure
from langkah.records import IndexedRow, RowStatus
from langkah.sources.files import SourceFile, read_rows
from langkah.sources.formats import FORMATS
from langkah.sources.raw import RawRecord, RowError, to_record

_SPACE = re.compile(r"\s+")
_PLAIN = SourcesConfig()
_MAX_NAMED = 5
"""Other rows named in a reason; more are counted."""


class RowFlag(StrEnum):
    """Why a row that is valid by itself needs a person, in words for that person; rows may be named behind it."""

    no_steps = "no numbered steps"
    other_language = "in neither English nor Indonesian"
    same_id = "same source and id, other answer"
    same_prompt = "same prompt, other answer"


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A valid row: its place, and hashes in place of its text."""

    file: str
    row: int
    language: str
    prompt: bytes
    output: bytes
    intent: bytes
    by_id: bool
    has_steps: bool


def build_index(files: Sequence[SourceFile], config: IngestConfig, sources: SourcesConfig = _PLAIN) -> list[IndexedRow]:
    """Give every row of every file one status, in the order of file names and rows.

    `rejected` rows cannot be used; `duplicate` rows say what an earlier accepted row says (case, Unicode form and space
    apart); `flagged` rows need a person: no numbered steps, a language that is neither English nor Indonesian, or another
    answer to the same prompt, or under the same source and id, in the same language (mixed counts as Indonesian); beyond
    `config.max_intents` intents, by stable hash, rows are `not_selected`; the others are `accepted`. An intent is a source
    and id, or the normalized prompt of a row without id.

    Args:
        files: from `describe_sources`.
        config: what is taken.
        sources: how the sources are read, the same as when they were described.

    Raises:
        SourceError: a source cannot be read, or is not what was described.
        OSError: a network that may answer the next time.
        LangkahError: a row got no status, or two: a fault of Langkah, never of the file.
    """
    given: Counter[str] = Counter()
    index: list[IndexedRow] = []
    candidates: list[_Candidate] = []
    for file in sorted(files, key=lambda file: file.name):
        for row in read_rows(file, sources):
            given[file.name] += 1
            try:
                candidates.append(_candidate(to_record(row, file, config)))
            except RowError as problem:
                index.append(IndexedRow(file=file.name, row=row.row, status=RowStatus.rejected, reason=str(problem)))
    index.extend(_judge(candidates, config))
    _check_complete(index, given)
    return sorted(index, key=lambda row: (row.file, row.row))


def _check_complete(index: Iterable[IndexedRow], given: Mapping[str, int]) -> None:
    """Make sure that the rows with a status are as many as the reader gave, in every file, and each another one."""
    places = [(row.file, row.row) for row in index]
    found = Counter(file for file, _ in places)
    wrong = [name for name in sorted({*given, *found}) if found[name] != given.get(name, 0)]
    if wrong:
        told = "; ".join(f"{name}: {given.get(name, 0)} rows read, {found[name]} with a status" for name in wrong)
        raise LangkahError(f"the index does not add up: {told}")
    if len(set(places)) != len(places):
        raise LangkahError("the index does not add up: a row has two statuses")


def read_accepted(
    files: Sequence[SourceFile],
    index: Iterable[IndexedRow],
    sources: SourcesConfig = _PLAIN,
    statuses: Collection[RowStatus] = (RowStatus.accepted,),
) -> Iterator[RawRecord]:
    """Read the rows that an index accepts, in its order; the first text that is read to be used.

    Args:
        files: the sources.
        index: what became of their rows, in the order of file names and rows.
        sources: how the sources are read.
        statuses: of the rows that are read, for who wants the flagged ones too.

    Raises:
        SourceError: a file changed since it was described.
    """
    config = IngestConfig(max_intents=None, max_chars=1_000_000)  # judged already, by the index
    wanted = (row for row in index if row.status in statuses)
    awaited = next(wanted, None)
    for file in sorted(files, key=lambda file: file.name):
        if awaited is None or awaited.file != file.name:
            continue
        for row in read_rows(file, sources):
            if row.row == awaited.row:
                yield to_record(row, file, config, awaited.language)
                awaited = next(wanted, None)
                if awaited is None or awaited.file != file.name:
                    break


def usable(index: Iterable[IndexedRow], files: Sequence[SourceFile], *, drafts: bool = False) -> None:
    """Make sure that there is something to use: a row accepted, not selected, or saying the same as an accepted one.

    Each table must have such a row. A page need not, as long as another source has one: a help centre has pages about
    itself, and they are counted among the rejected rows.

    Args:
        index: what became of the rows.
        files: the sources.
        drafts: whether raw answers get drafts, so that a row is usable although it has no steps.

    Raises:
        SourceError: one line for each file that lacks one, with the counts of its rows by reason.
    """
    rows: dict[str, list[IndexedRow]] = {file.name: [] for file in files}
    for row in index:
        rows.setdefault(row.file, []).append(row)
    unusable = [name for name, found in sorted(rows.items()) if not any(_is_usable(row, drafts) for row in found)]
    spared = {file.name for file in files if FORMATS[file.format].page} if len(unusable) < len(rows) else set[str]()
    problems = [f"{name}: no usable row: {_counts(rows[name])}" for name in unusable if name not in spared]
    if problems:
        raise SourceError(*problems)


def _is_usable(row: IndexedRow, drafts: bool) -> bool:
    if row.status is RowStatus.flagged:
        return drafts and (row.reason or "").endswith(RowFlag.no_steps)
    return row.status is not RowStatus.rejected


def _counts(rows: Sequence[IndexedRow]) -> str:
    kinds = Counter((row.status.value, (row.reason or "").partition(": ")[0]) for row in rows)
    ordered = sorted(kinds.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count} {status} ({reason})" for (status, reason), count in ordered) or "the file has no rows"


def intent_identity(record: RawRecord) -> list[str]:
    """What names a record's intent: its source and id where it has one, else its normalized prompt."""
    return ["prompt", _normal(record.prompt)] if record.id is None else ["id", record.source, record.id]


def _candidate(record: RawRecord) -> _Candidate:
    return _Candidate(
        file=record.file,
        row=record.row,
        language=record.language,
        prompt=_digest(_normal(record.prompt)),
        output=_digest(_normal(record.output)),
        intent=_digest(json.dumps(intent_identity(record), ensure_ascii=False)),
        by_id=record.id is not None,
        has_steps=parse_procedure(record.output) is not None,
    )


def _normal(text: str) -> str:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return _SPACE.sub(" ", folded).strip()


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8")).digest()


def _judge(candidates: Sequence[_Candidate], config: IngestConfig) -> list[IndexedRow]:
    """Flag, then drop repetitions, then select."""
    flags = _conflicts(candidates)
    first: dict[tuple[bytes, bytes], _Candidate] = {}
    judged: list[tuple[_Candidate, RowStatus, str | None]] = []
    for candidate in candidates:
        reasons = (flags.get((candidate.file, candidate.row)), _flaw(candidate))
        reason = "; ".join(each for each in reasons if each) or None
        earlier = first.get((candidate.prompt, candidate.output))
        if reason is not None:
            judged.append((candidate, RowStatus.flagged, reason))
        elif earlier is not None:
            judged.append((candidate, RowStatus.duplicate, f"same as {earlier.file} row {earlier.row}"))
        else:
            first[candidate.prompt, candidate.output] = candidate
            judged.append((candidate, RowStatus.accepted, None))
    intents = sorted({candidate.intent for candidate, status, _ in judged if status is RowStatus.accepted})
    kept = set(intents[: config.max_intents])
    return [
        _indexed(candidate, RowStatus.not_selected, f"beyond the first {config.max_intents} intents")
        if status is RowStatus.accepted and candidate.intent not in kept
        else _indexed(candidate, status, reason)
        for candidate, status, reason in judged
    ]


def _flaw(candidate: _Candidate) -> str | None:
    """Why a person must see a row that is valid by itself."""
    if candidate.language == OTHER:
        return RowFlag.other_language
    return None if candidate.has_steps else RowFlag.no_steps


def _indexed(candidate: _Candidate, status: RowStatus, reason: str | None) -> IndexedRow:
    return IndexedRow(file=candidate.file, row=candidate.row, status=status, language=candidate.language, reason=reason)


def _conflicts(candidates: Sequence[_Candidate]) -> dict[tuple[str, int], str]:
    """The reason of each row whose question has another answer elsewhere, by (file, row)."""
    reasons: dict[tuple[str, int], str] = {}
    for kind, by_id in ((RowFlag.same_id, True), (RowFlag.same_prompt, False)):
        groups: dict[tuple[bytes, bool], list[_Candidate]] = defaultdict(list)
        for candidate in candidates:
            if by_id and not candidate.by_id:
                continue
            key = candidate.intent if by_id else candidate.prompt
            groups[key, candidate.language == "en"].append(candidate)
        for group in groups.values():
            places = _places(group)
            for candidate in group if len(places) > 1 else ():
                others = chain.from_iterable(rows for output, rows in places.items() if output != candidate.output)
                left = len(group) - len(places[candidate.output]) - _MAX_NAMED
                named = ", ".join(islice(others, _MAX_NAMED)) + (f" and {left} more" if left > 0 else "")
                reasons[candidate.file, candidate.row] = f"{kind}: {named}"
    return reasons


def _places(group: Sequence[_Candidate]) -> dict[bytes, list[str]]:
    """The rows of each answer of a group."""
    places: dict[bytes, list[str]] = defaultdict(list)
    for candidate in group:
        places[candidate.output].append(f"{candidate.file} row {candidate.row}")
    return places
