"""What becomes of every row: the index, which holds no text, and the accepted rows read again by it."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import chain, islice
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from langkah.artifacts.record_cache import NamedResults
from langkah.config import IngestConfig, SourcesConfig
from langkah.errors import LangkahError, SourceError
from langkah.language import OTHER
from langkah.procedure import parse_procedure
from langkah.records import IndexedRow, RowStatus
from langkah.sources.files import SourceFile, read_rows
from langkah.sources.formats import FORMATS
from langkah.sources.raw import RawRecord, RowError, to_record
from langkah.sources.rows import SourceRow

_SPACE = re.compile(r"\s+")
_PLAIN = SourcesConfig()
_STEPS, _NO_STEPS = "steps", "none"
_AT_ONCE = 256
"""Rows that are judged together."""
_MAX_NAMED = 5
"""Other rows named in a reason; more are counted."""


class RowFlag(StrEnum):
    """Why a row that is valid by itself needs a person, in words for that person; rows may be named behind it."""

    no_steps = "no numbered steps"
    other_language = "in neither English nor Indonesian"
    same_id = "same source and id, other answer"
    same_prompt = "same prompt, other answer"


class RowIndex(Iterable[IndexedRow]):
    """What became of every row of some files, in the order of file names and rows: one status each.

    `rejected` rows cannot be used; `duplicate` rows say what an earlier accepted row says (case, Unicode form and space
    apart); `flagged` rows need a person: no numbered steps, a language that is neither English nor Indonesian, or another
    answer to the same prompt, or under the same source and id, in the same language (mixed counts as Indonesian); beyond
    `config.max_intents` intents, by stable hash, rows are `not_selected`; the others are `accepted`. An intent is a source
    and id, or the normalized prompt of a row without id. Memory holds 40 bytes of each row (hashes, no
    text), and the reason of each that is not accepted.

    Args:
        files: from `describe_sources`.
        config: what is taken.
        sources: how the sources are read, the same as when they were described.
        kept: whether answers hold steps that were read before.

    Raises:
        SourceError: a source cannot be read, or is not what was described.
        OSError: a network that may answer the next time.
        LangkahError: a row got no status, or stands twice: a fault of Langkah, never of the file.
    """

    def __init__(
        self,
        files: Sequence[SourceFile],
        config: IngestConfig,
        sources: SourcesConfig = _PLAIN,
        kept: NamedResults | None = None,
    ) -> None:
        ordered = sorted(files, key=lambda file: file.name)
        self._files = [file.name for file in ordered]
        self._languages: list[str | None] = [None]
        self._reasons: dict[int, str] = {}
        columns = _Columns()
        read = (
            (number, row, _record(row, file, config)) for number, file in enumerate(ordered) for row in read_rows(file, sources)
        )
        while some := list(islice(read, _AT_ONCE)):
            has_steps = _has_steps([record.output for _, _, record in some if isinstance(record, RawRecord)], kept)
            for number, row, record in some:
                if isinstance(record, RowError):
                    self._reasons[len(columns)] = str(record)
                    columns.add(number, row.row, None)
                else:
                    columns.add(number, row.row, self._judged(record, has_steps[record.output]))
        self._columns = columns
        self._statuses = _judge(columns, self._reasons, self._place, self._languages, config)
        self._check_complete()

    def __len__(self) -> int:
        return len(self._columns)

    def __iter__(self) -> Iterator[IndexedRow]:
        columns = self._columns
        for at, (file, row, language) in enumerate(zip(columns.files, columns.rows, columns.languages, strict=True)):
            yield IndexedRow(
                file=self._files[file],
                row=row,
                status=_STATUSES[self._statuses[at]],
                language=self._languages[language],
                reason=self._reasons.get(at),
            )

    def _judged(self, record: RawRecord, has_steps: bool) -> _Judged:
        if record.language not in self._languages:
            self._languages.append(record.language)
        return _Judged(
            language=self._languages.index(record.language),
            english=record.language == "en",
            prompt=_hash(_normal(record.prompt)),
            output=_hash(_normal(record.output)),
            intent=_hash(json.dumps(intent_identity(record), ensure_ascii=False)),
            by_id=record.id is not None,
            has_steps=has_steps,
        )

    def _place(self, at: int) -> str:
        return f"{self._files[self._columns.files[at]]} row {self._columns.rows[at]}"

    def _check_complete(self) -> None:
        """Make sure that each row has a status, and none stands twice."""
        if len(self._statuses) != len(self._columns) or (self._statuses < 0).any():
            raise LangkahError(
                f"the index does not add up: {len(self._columns)} rows read, {int((self._statuses >= 0).sum())} with a status"
            )
        places = np.array([self._columns.files, self._columns.rows])
        if np.unique(places, axis=1).shape[1] != len(self._columns):
            raise LangkahError("the index does not add up: a row stands twice")


class _Judged(NamedTuple):
    """A valid row by itself: hashes in place of its text."""

    language: int
    english: bool
    prompt: int
    output: int
    intent: int
    by_id: bool
    has_steps: bool


class _Columns:
    """All rows, a column each; of one that is rejected the hashes are zero."""

    def __init__(self) -> None:
        self.files, self.rows, self.languages = array("i"), array("q"), array("b")
        self.prompts, self.outputs, self.intents = array("Q"), array("Q"), array("Q")
        self.valid, self.english, self.by_id, self.has_steps = bytearray(), bytearray(), bytearray(), bytearray()

    def __len__(self) -> int:
        return len(self.rows)

    def add(self, file: int, row: int, judged: _Judged | None) -> None:
        """Take a row in; None where it is rejected."""
        self.files.append(file)
        self.rows.append(row)
        self.valid.append(judged is not None)
        found = judged or _REJECTED
        self.languages.append(found.language)
        self.prompts.append(found.prompt)
        self.outputs.append(found.output)
        self.intents.append(found.intent)
        self.english.append(found.english)
        self.by_id.append(found.by_id)
        self.has_steps.append(found.has_steps)


_REJECTED: Final = _Judged(language=0, english=False, prompt=0, output=0, intent=0, by_id=False, has_steps=False)
_STATUSES: Final = tuple(RowStatus)


def _record(row: SourceRow, file: SourceFile, config: IngestConfig) -> RawRecord | RowError:
    """The record of a row, or why it cannot be used."""
    try:
        return to_record(row, file, config)
    except RowError as problem:
        return problem


def _has_steps(answers: Sequence[str], kept: NamedResults | None) -> dict[str, bool]:
    """Whether each answer holds steps."""
    known = kept.get_many(answers) if kept else {}
    new = {answer: parse_procedure(answer) is not None for answer in answers if answer not in known}
    if kept and new:
        kept.put({answer: _STEPS if found else _NO_STEPS for answer, found in new.items()})
    return {answer: found == _STEPS for answer, found in known.items()} | new


def build_index(files: Sequence[SourceFile], config: IngestConfig, sources: SourcesConfig = _PLAIN) -> list[IndexedRow]:
    """A `RowIndex` as a list, in memory."""
    return list(RowIndex(files, config, sources))


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
        for row in read_rows(file, sources):  # to its end, where a file that changed meanwhile is refused
            if awaited is not None and (row.row, file.name) == (awaited.row, awaited.file):
                yield to_record(row, file, config, awaited.language)
                awaited = next(wanted, None)


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
    rows: dict[str, Counter[tuple[str, str]]] = {file.name: Counter() for file in files}
    used: set[str] = set()
    for row in index:
        rows.setdefault(row.file, Counter())[row.status.value, (row.reason or "").partition(": ")[0]] += 1
        if _is_usable(row, drafts):
            used.add(row.file)
    unusable = [name for name in sorted(rows) if name not in used]
    spared = {file.name for file in files if FORMATS[file.format].page} if len(unusable) < len(rows) else set[str]()
    problems = [f"{name}: no usable row: {_counts(rows[name])}" for name in unusable if name not in spared]
    if problems:
        raise SourceError(*problems)


def _is_usable(row: IndexedRow, drafts: bool) -> bool:
    if row.status is RowStatus.flagged:
        return drafts and (row.reason or "").endswith(RowFlag.no_steps)
    return row.status is not RowStatus.rejected


def _counts(kinds: Mapping[tuple[str, str], int]) -> str:
    ordered = sorted(kinds.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count} {status} ({reason})" for (status, reason), count in ordered) or "the file has no rows"


def intent_identity(record: RawRecord) -> list[str]:
    """What names a record's intent: its source and id where it has one, else its normalized prompt."""
    return ["prompt", _normal(record.prompt)] if record.id is None else ["id", record.source, record.id]


def _normal(text: str) -> str:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return _SPACE.sub(" ", folded).strip()


def _hash(text: str) -> int:
    """The first 64 bits of a text's SHA-256: of a million texts, two share theirs once in thirty million times."""
    return int.from_bytes(hashlib.sha256(text.encode("utf-8")).digest()[:8], "big")


def _judge(
    columns: _Columns,
    reasons: dict[int, str],
    place: Callable[[int], str],
    languages: Sequence[str | None],
    config: IngestConfig,
) -> NDArray[np.int8]:
    """Flag, then drop repetitions, then select; the status of each row, reasons put into `reasons`."""
    prompts, outputs, intents = (
        np.array(each, dtype=np.uint64) for each in (columns.prompts, columns.outputs, columns.intents)
    )
    valid, english, by_id, has_steps = (
        np.array(each, dtype=np.bool_) for each in (columns.valid, columns.english, columns.by_id, columns.has_steps)
    )
    language = np.array(columns.languages)
    statuses = np.full(len(columns), -1, dtype=np.int8)
    statuses[~valid] = _STATUSES.index(RowStatus.rejected)

    conflicts = _conflicts(RowFlag.same_id, intents, outputs, english, valid & by_id, place)
    conflicts |= _conflicts(RowFlag.same_prompt, prompts, outputs, english, valid, place)
    other = languages.index(OTHER) if OTHER in languages else -1
    flawed = valid & ((language == other) | ~has_steps)
    for at in sorted({*conflicts, *np.flatnonzero(flawed).tolist()}):
        flaw = RowFlag.other_language if language[at] == other else RowFlag.no_steps
        told = (conflicts.get(at), flaw if flawed[at] else None)
        reasons[at] = "; ".join(each for each in told if each)
        statuses[at] = _STATUSES.index(RowStatus.flagged)

    left = np.flatnonzero(statuses < 0)
    order = left[np.lexsort((left, outputs[left], prompts[left]))]
    again = np.concatenate(
        ([False], (prompts[order][1:] == prompts[order][:-1]) & (outputs[order][1:] == outputs[order][:-1]))
    )[: len(order)]
    firsts = order[np.maximum.accumulate(np.where(again, 0, np.arange(len(order))))]
    for at, first in zip(order[again].tolist(), firsts[again].tolist(), strict=True):
        reasons[at] = f"same as {place(first)}"
    statuses[order[again]] = _STATUSES.index(RowStatus.duplicate)

    accepted = np.flatnonzero(statuses < 0)
    kept = np.isin(intents[accepted], np.unique(intents[accepted])[: config.max_intents])
    statuses[accepted[kept]] = _STATUSES.index(RowStatus.accepted)
    beyond = accepted[~kept]
    statuses[beyond] = _STATUSES.index(RowStatus.not_selected)
    reasons.update(dict.fromkeys(beyond.tolist(), f"beyond the first {config.max_intents} intents"))
    return statuses


def _conflicts(
    kind: RowFlag,
    keys: NDArray[np.uint64],
    outputs: NDArray[np.uint64],
    english: NDArray[np.bool_],
    among: NDArray[np.bool_],
    place: Callable[[int], str],
) -> dict[int, str]:
    """The reason of each row that shares a key with one of another answer in the same language."""
    rows = np.flatnonzero(among)
    order = rows[np.lexsort((rows, outputs[rows], english[rows], keys[rows]))]
    same = (keys[order][1:] == keys[order][:-1]) & (english[order][1:] == english[order][:-1])
    group = np.concatenate(([0], np.cumsum(~same)))[: len(order)]
    differs = np.concatenate(([False], same & (outputs[order][1:] != outputs[order][:-1])))[: len(order)]
    contested = order[(np.bincount(group, weights=differs) > 0)[group]] if len(order) else order
    reasons: dict[int, str] = {}
    groups: defaultdict[tuple[int, bool], defaultdict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for at in np.sort(contested).tolist():
        groups[int(keys[at]), bool(english[at])][int(outputs[at])].append(at)
    for answers in groups.values():
        size = sum(map(len, answers.values()))
        for output, own in answers.items():
            others = chain.from_iterable(those for answer, those in answers.items() if answer != output)
            left = size - len(own) - _MAX_NAMED
            named = ", ".join(map(place, islice(others, _MAX_NAMED))) + (f" and {left} more" if left > 0 else "")
            reasons.update(dict.fromkeys(own, f"{kind}: {named}"))
    return reasons
