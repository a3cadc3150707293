"""Ratings as a file: out of one database, and into another that asks about the same answers."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from pydantic import ValidationError

from langkah.errors import InputError, ReviewError
from langkah.rated_answers import CRITERIA, RatedAnswer
from langkah.review.rating_items import RatingItem
from langkah.review.rating_queue import RatingQueue
from langkah.review.reviewer_names import reviewer_name
from langkah.row_files import read_jsonl, write_jsonl
from langkah.whole_files import whole_file

_FIELDS: Final = frozenset(RatedAnswer.model_fields)
"""What an error may name: any other field's name is the file's own text."""


class RatingImport(NamedTuple):
    """What became of the sheets of a file."""

    taken: int
    known: int
    """That were there already."""
    older: int
    """Beside which the rater has a later one there, which stands; or that do not tell when they were saved."""
    standing: int
    """Whose rater has seen whose answers they are meanwhile, and whose ratings so stand as they are."""


def export_ratings(queue: RatingQueue, run_id: str, path: Path) -> int:
    """Write the ratings of a run that stand, a JSON object for each answer that somebody rated; return how many.

    Raises:
        InputError: the file cannot be written.
    """
    try:
        with whole_file(path) as draft:
            return write_jsonl(draft, queue.ratings(run_id))
    except OSError as error:
        raise InputError(f"--export {path}: cannot be written: {error.strerror}") from None


def import_ratings(queue: RatingQueue, run_id: str, path: Path) -> RatingImport:
    """Take the ratings of a file, whole or not at all; where the rater has rated anew since they were saved, that stands.

    Raises:
        InputError: the file cannot be read, a row is no rating, or it is of an answer that this run does not ask about.
    """
    sheets: defaultdict[tuple[str, str], dict[str, dict[str, int]]] = defaultdict(dict)
    saved: dict[tuple[str, str], datetime] = {}
    number = 0
    try:
        for number, row in enumerate(read_jsonl(path, RatedAnswer), 1):
            key = row.item, _rater(row.rater, path, number)
            sheet = sheets[key]
            if row.system in sheet:
                raise InputError(f"--import {path}: row {number}: expected an answer once for each rater, got it twice")
            sheet[row.system] = {name: getattr(row, name) for name in CRITERIA}
            if row.at:
                saved[key] = max(row.at, saved.get(key, row.at))
    except OSError as error:
        raise InputError(f"--import {path}: cannot be read: {error.strerror}") from None
    except ValidationError as error:
        fields = sorted({str(each["loc"][0]) for each in error.errors(include_input=False) if each["loc"]} & _FIELDS)
        where = ": ".join([f"row {number + 1}", *([", ".join(fields)] if fields else [])])
        raise InputError(f"--import {path}: {where}: expected the JSON lines that --export writes") from None
    except UnicodeDecodeError:
        raise InputError(f"--import {path}: expected UTF-8 text, as --export writes it") from None
    items = {key: _item(queue, run_id, key, path) for key, _ in sheets}
    for (key, _), scores in sheets.items():
        if scores.keys() != items[key].answers.keys():
            raise InputError(
                f"--import {path}: item {key[:12]}: expected a row for each of {', '.join(sorted(items[key].answers))}"
            )
    became: Counter[str] = Counter()
    for (key, rater), scores in sorted(sheets.items()):
        sheet, at = queue.sheet(key, rater), saved.get((key, rater))
        if sheet and sheet.scores == scores:
            became["known"] += 1
        elif sheet and sheet.revealed:
            became["standing"] += 1
        elif sheet and (at is None or at <= sheet.at):
            became["older"] += 1
        else:
            queue.rate(items[key], rater, scores, at)
            became["taken"] += 1
    return RatingImport(**{name: became[name] for name in RatingImport._fields})


def _rater(name: str, path: Path, number: int) -> str:
    """The name as the queue keeps it; one that it would refuse is found before anything is taken."""
    try:
        return reviewer_name(name)
    except InputError as error:
        raise InputError(f"--import {path}: row {number}: {error}") from None


def _item(queue: RatingQueue, run_id: str, key: str, path: Path) -> RatingItem:
    try:
        return queue.item(run_id, key)
    except ReviewError:
        raise InputError(f"--import {path}: item {key[:12]}: run {run_id} does not ask about it") from None
