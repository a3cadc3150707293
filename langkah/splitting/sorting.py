"""Which scrubbed records may train, and why the others may not."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from heapq import merge
from itertools import chain, islice
from pathlib import Path
from typing import Final

import numpy as np

from langkah.artifacts.record_cache import NamedResults
from langkah.config import StructureConfig
from langkah.procedure import AssessedRecord, judge, normalize_answer
from langkah.records import FaqRecord, FlaggedRecord, Record, RowStatus
from langkah.row_files import Rows, RowWriter, read_jsonl
from langkah.same_text import text_hash
from langkah.splitting.near_duplicates import answer_key
from langkah.splitting.repeats import Asked, Place, find_conflicts, find_repeats, question_key

_AT_ONCE: Final = 256
"""Records that are looked up together."""


class _Judged(Record):
    """What a record is by itself."""

    output: str | None
    """Its answer in steps, where that is another text."""
    score: float
    explanation: str
    flags: tuple[str, ...]


class Sorting:
    """Judges each record by itself, then beside the others that ask the same, flagged ones too.

    Args:
        accepted: in the order of their places.
        flagged: those that need a person already, in that order too.
        config: what needs a person.
        folder: where what was found waits; it may be removed once this is no longer needed.
        kept: what records were by themselves that were judged before, with the same config.
    """

    def __init__(
        self,
        accepted: Rows[FaqRecord],
        flagged: Rows[FlaggedRecord],
        config: StructureConfig,
        folder: Path,
        kept: NamedResults | None = None,
    ) -> None:
        self._accepted, self._flagged = accepted, flagged
        self._paths = folder / "accepted.jsonl", folder / "flagged.jsonl"
        self._starts, self._scores = array("q"), array("d")
        self._accepted_count = 0
        self.reasons: dict[Place, tuple[str, ...]] = {}
        """Of those that need a person."""
        self.set_aside: dict[Place, tuple[RowStatus, str]] = {}
        """Those that were accepted before, with status and reason."""
        self.rewritten = 0
        """How many of the kept have another answer now, once they were read."""
        self._sort(config, kept)

    def kept(self) -> Iterator[FaqRecord]:
        """Those that may train, with answers in explicit steps."""
        self.rewritten = 0
        for record, judged in zip(self._accepted, read_jsonl(self._paths[0], _Judged), strict=True):
            if (record.file, record.row) not in self.set_aside:
                self.rewritten += judged.output is not None
                yield _normal(record, judged)

    def flagged(self) -> Iterator[FlaggedRecord]:
        """Those that need a person, the most procedural first, with the answers that people wrote."""
        for _, place, number in sorted(self._flagged_numbers()):
            rows = self._accepted if number < self._accepted_count else self._flagged
            record = rows.at(self._starts[number])
            yield FlaggedRecord(**{name: getattr(record, name) for name in FaqRecord.model_fields}, reasons=self.reasons[place])

    def assessed(self) -> Iterator[AssessedRecord]:
        """All of them, without text, in the order of their places."""
        both = (zip(rows, read_jsonl(path, _Judged), strict=True) for rows, path in self._files())
        for record, judged in merge(*both, key=lambda each: (each[0].file, each[0].row)):
            place = record.file, record.row
            repeated = self.set_aside.get(place)
            told = self.reasons.get(place) or ((repeated[1],) if repeated else ())
            yield AssessedRecord(
                intent=record.intent,
                file=record.file,
                row=record.row,
                score=judged.score,
                explanation=judged.explanation,
                reasons=told,
            )

    def _files(self) -> Iterator[tuple[Rows[FaqRecord], Path]]:
        yield self._accepted, self._paths[0]
        yield self._flagged, self._paths[1]

    def _sort(self, config: StructureConfig, kept: NamedResults | None) -> None:
        questions, answers = array("Q"), array("Q")
        flags: dict[Place, tuple[str, ...]] = {}
        for rows, path in self._files():
            self._accepted_count = len(self._starts)
            with RowWriter(path) as writer:
                for start, record, judged in _all_judged(rows, config, kept):
                    writer.write(judged)
                    self._starts.append(start)
                    self._scores.append(judged.score)
                    questions.append(text_hash(repr(question_key(record.prompt, record.language))))
                    answers.append(text_hash(answer_key(judged.output or record.output)))
                    if isinstance(record, FlaggedRecord):
                        self.reasons[record.file, record.row] = record.reasons
                    elif judged.flags:
                        flags[record.file, record.row] = judged.flags
        again = self._asked_again(questions, answers)
        conflicts = find_conflicts(again)
        for place in sorted({*flags, *conflicts} - self.reasons.keys()):
            found = (*flags.get(place, ()), *([conflicts[place]] if place in conflicts else []))
            self.reasons[place] = found
            self.set_aside[place] = (RowStatus.flagged, "; ".join(found))
        repeats = find_repeats(each for each in again if each.place not in self.reasons)
        self.set_aside |= {place: (RowStatus.duplicate, reason) for place, reason in repeats.items()}

    def _asked_again(self, questions: array[int], answers: array[int]) -> list[Asked]:
        """The records whose question another one asks too."""
        hashes = np.array(questions, dtype=np.uint64)
        _, group, counts = np.unique(hashes, return_inverse=True, return_counts=True)
        numbers = np.flatnonzero(counts[group] > 1).tolist()
        return [Asked(self._place(number), questions[number], answers[number]) for number in numbers]

    def _place(self, number: int) -> Place:
        rows = self._accepted if number < self._accepted_count else self._flagged
        record = rows.at(self._starts[number])
        return record.file, record.row

    def _flagged_numbers(self) -> Iterator[tuple[float, Place, int]]:
        """Score, the highest lowest, place and number of those that need a person."""
        for number, record in enumerate(chain(self._accepted, self._flagged)):
            if (record.file, record.row) in self.reasons:
                yield -self._scores[number], (record.file, record.row), number


def _all_judged(
    rows: Rows[FaqRecord], config: StructureConfig, kept: NamedResults | None
) -> Iterator[tuple[int, FaqRecord, _Judged]]:
    source = rows.placed()
    while batch := list(islice(source, _AT_ONCE)):
        names = [f"{record.language}\0{record.prompt}\0{record.output}" for _, record in batch]
        known = kept.get_many(names) if kept else {}
        new: dict[str, str] = {}
        for name, (start, record) in zip(names, batch, strict=True):
            if name in known:
                yield start, record, _Judged.model_validate_json(known[name])
                continue
            judged = _judged(record, config)
            new[name] = judged.model_dump_json()
            yield start, record, judged
        if kept and new:
            kept.put(new)


def _judged(record: FaqRecord, config: StructureConfig) -> _Judged:
    output = normalize_answer(record.output)
    found = judge(record.prompt, record.output, record.language, config)
    return _Judged(
        output=output if output != record.output else None,
        score=found.assessment.score,
        explanation=found.assessment.explain(),
        flags=tuple(str(flag) for flag in found.flags),
    )


def _normal(record: FaqRecord, judged: _Judged) -> FaqRecord:
    return record if judged.output is None else record.model_copy(update={"output": judged.output})
