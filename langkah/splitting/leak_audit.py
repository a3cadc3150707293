"""Proof that nothing of one side of a split is on another."""

from __future__ import annotations

import hashlib
from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from langkah.errors import LeakError
from langkah.records import DatasetRow, PromptVariant
from langkah.row_files import RowList, Rows
from langkah.same_text import same_text_key, text_hash
from langkah.splitting.near_duplicates import answer_key, crossing_intents
from langkah.splitting.questions import Questions
from langkah.splitting.split import Slice

Hashes = NDArray[np.uint64]
Row = TypeVar("Row", DatasetRow, PromptVariant)
_NAMED: Final = 10
_CODE: Final = 12
"""Hexadecimal digits by which an intent is told."""
_OTHER_SIDE: Final = "\0"
"""In the place of a frame: the other side's alone phrased it."""


@dataclass(frozen=True)
class LeakAudit:
    """What a passed audit compared, in counts."""

    train: int
    eval: int
    holdout: int
    prompts: int
    """Different normalized prompts, over all sides."""
    answers: int
    """Different normalized answers, over all sides."""
    frames: int
    """Different frames that phrased train or eval rows; 0 where no variants were given."""
    near_duplicates: int
    """Hold-out intents compared with all trained ones for near-duplicates; 0 where no threshold was given."""


def audit_leaks(
    train: Iterable[DatasetRow],
    eval: Iterable[DatasetRow],
    holdout: Iterable[DatasetRow],
    variants: Iterable[PromptVariant] = (),
    near_duplicate: float | None = None,
) -> LeakAudit:
    """Check that the sides of a split share nothing that they must not share: `audit_sorted` of rows in memory, in no order."""

    def ordered(rows: Iterable[Row]) -> RowList[Row]:
        return RowList(sorted(rows, key=lambda row: (row.intent, row.prompt)))

    sides: dict[Slice, Rows[DatasetRow]] = {"train": ordered(train), "eval": ordered(eval), "holdout": ordered(holdout)}
    return audit_sorted(sides, ordered(variants), near_duplicate)


def audit_sorted(
    sides: Mapping[Slice, Rows[DatasetRow]],
    variants: Rows[PromptVariant],
    near_duplicate: float | None = None,
    scratch: Path | None = None,
) -> LeakAudit:
    """Check that the sides of a split share nothing that they must not share.

    No normalized prompt is on two sides; no intent and no normalized answer of the hold-out is in train or eval; no
    frame phrases both train and eval rows, nor any on the side that is not its own; with `near_duplicate`, no hold-out
    intent is a near-duplicate of a trained one.

    Args:
        sides: rows trained on, other wordings of trained intents, and intents never trained on; all rows of an intent together,
            intents in order of name.
        variants: the variants that the rows came from, in that order too: they know their frames.
        near_duplicate: threshold of `group_intents`; None leaves this check out.
        scratch: a folder for what is needed meanwhile.

    Raises:
        LeakError: one line for each pair of sides and kind of leak, with counts and hashes of intents, never text.
    """
    told = {name: _Told(rows) for name, rows in sides.items()}
    problems: list[str] = []
    for first, second in (("train", "eval"), ("train", "holdout"), ("eval", "holdout")):
        for kind in ("prompt", "answer", "intent") if second == "holdout" else ("prompt",):
            problems += _shared(kind, first, told[first], second, told[second])
    frames, astray = _frames(variants, sides)
    for name in ("train", "eval"):
        if astray[name]:
            problems.append(_line("intent", f"{name} and the frames of the other side", len(astray[name]), astray[name]))
    if both := frames["train"] & frames["eval"]:
        intents = _phrased_by(both, variants, sides)
        problems.append(_line("frame", "train and eval", len(both), intents))
    if near_duplicate is not None:
        files = [sides["train"], sides["eval"], sides["holdout"]]
        questions = Questions(files)
        held = questions.file_numbers == files.index(sides["holdout"])
        if crossing := set(map(intent_code, crossing_intents(questions, held, near_duplicate, scratch))):
            problems.append(_line("near-duplicate", "train or eval and holdout", len(crossing), crossing))
    if problems:
        raise LeakError("\n".join(problems))
    return LeakAudit(
        train=len(told["train"]),
        eval=len(told["eval"]),
        holdout=len(told["holdout"]),
        prompts=_distinct(each.prompt for each in told.values()),
        answers=_distinct(each.answer for each in told.values()),
        frames=len(frames["train"] | frames["eval"]),
        near_duplicates=len(np.unique(told["holdout"].intent)) if near_duplicate is not None else 0,
    )


class _Told:
    """What is compared of the rows of a side: hashes of prompts, answers and intents, each of shape (rows,)."""

    def __init__(self, rows: Rows[DatasetRow]) -> None:
        prompts, answers, intents = array("Q"), array("Q"), array("Q")

        @lru_cache(64)  # the variants of an intent have the same answer
        def key(output: str) -> int:
            return text_hash(answer_key(output))

        for row in rows:
            prompts.append(text_hash(same_text_key(row.prompt)))
            answers.append(key(row.output))
            intents.append(int(_sha256(row.intent)[:16], 16))
        self.prompt, self.answer, self.intent = (np.array(each, dtype=np.uint64) for each in (prompts, answers, intents))

    def __len__(self) -> int:
        return len(self.prompt)

    def codes(self, kind: str, keys: Hashes) -> set[str]:
        """The codes of the intents whose rows have one of these prompts, answers or intents."""
        found = np.unique(self.intent[np.isin(getattr(self, kind), keys)])
        return {f"{number:016x}"[:_CODE] for number in found.tolist()}


def _shared(kind: str, first: str, one: _Told, second: str, other: _Told) -> list[str]:
    keys = np.intersect1d(getattr(one, kind), getattr(other, kind))
    if not len(keys):
        return []
    return [_line(kind, f"{first} and {second}", len(keys), one.codes(kind, keys) | other.codes(kind, keys))]


def _distinct(hashes: Iterable[Hashes]) -> int:
    return len(np.unique(np.concatenate(list(hashes))))


def _line(kind: str, where: str, count: int, codes: Collection[str]) -> str:
    named = sorted(codes)[:_NAMED]
    more = f" and {len(codes) - len(named)} more" if len(codes) > len(named) else ""
    return f"leak between {where}: {count} {kind}(s), of the intent(s) whose sha256 begins with {', '.join(named)}{more}"


def intent_code(intent: str) -> str:
    """What an intent is called in messages: its name is made of a row's `source` and `id`, in which may be anybody's words."""
    return _sha256(intent)[:_CODE]


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _frames(
    variants: Rows[PromptVariant], sides: Mapping[Slice, Rows[DatasetRow]]
) -> tuple[dict[Slice, set[str]], dict[Slice, set[str]]]:
    """The frames that phrased the rows of train and of eval, and the codes of the intents with a frame of the other side."""
    frames: dict[Slice, set[str]] = {"train": set(), "eval": set()}
    astray: dict[Slice, set[str]] = {"train": set(), "eval": set()}
    for side, intent, frame in _phrasings(variants, sides):
        if frame is _OTHER_SIDE:
            astray[side].add(intent_code(intent))
        elif frame is not None:
            frames[side].add(frame)
    return frames, astray


def _phrased_by(frames: set[str], variants: Rows[PromptVariant], sides: Mapping[Slice, Rows[DatasetRow]]) -> set[str]:
    """The codes of the intents that these frames phrased."""
    return {intent_code(intent) for _, intent, frame in _phrasings(variants, sides) if frame in frames}


def _phrasings(
    variants: Rows[PromptVariant], sides: Mapping[Slice, Rows[DatasetRow]]
) -> Iterator[tuple[Slice, str, str | None]]:
    """Side, intent and frame of the rows of train and eval that are paraphrases: `_OTHER_SIDE` where no frame may stand there.

    Two frames may come to the same words: then the row counts as phrased by the one that may stand on its side.
    """
    for side in ("train", "eval"):
        known = groupby(variants, key=lambda each: each.intent)
        intent, phrased = next(known, (None, ()))
        for of_rows, rows in groupby(sides[side], key=lambda row: row.intent):
            while intent is not None and intent < of_rows:
                intent, phrased = next(known, (None, ()))
            by_prompt: defaultdict[str, list[PromptVariant]] = defaultdict(list)
            for each in phrased if intent == of_rows else ():
                if each.variant_of is not None:
                    by_prompt[each.prompt].append(each)
            for row in rows:
                if row.variant_of is None or row.prompt not in by_prompt:
                    continue
                # Its own side's first, then those of no side.
                ranked = sorted(by_prompt[row.prompt], key=lambda each: (each.side != side, each.frame or ""))
                fitting = [each for each in ranked if each.side in (side, None)]
                yield side, of_rows, fitting[0].frame if fitting else _OTHER_SIDE
