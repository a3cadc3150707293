"""Score answers that somebody else generated: the rows of `langkah score PREDICTIONS.jsonl`.

A row is a JSON object with `reference` and `prediction`; `prompt`, `intent`, `language` and `ended` may be left out, and
other fields are ignored.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Literal, cast

from pydantic import Field

from langkah.config import EvaluateConfig
from langkah.errors import SourceError
from langkah.evaluation.meteor import meteor_labels
from langkah.evaluation.phrase_table import load_phrases
from langkah.evaluation.scores import Scores, score_rows, summarize
from langkah.language import label, parse_language
from langkah.records import Language, Record

SHOWN: Final = 20
"""So many problems are named, and the rest counted."""

_TEXTS: Final = ("reference", "prediction", "prompt", "intent", "language")
_FIELDS: Final = (*_TEXTS, "ended")


class Prediction(Record):
    """One prediction beside its reference."""

    slice: Literal["file"] = Field(default="file", description="a file is one slice")
    prompt: str = ""
    reference: str
    prediction: str
    intent: str
    language: Language
    ended: bool | None = Field(default=None, description="whether the model ended it by its end token, where the row says so")
    failed: None = Field(default=None, description="a row of a file has a prediction, if an empty one")


class PredictionScores(Scores):
    """The figures of all rows, and of the rows of each language."""

    by_language: dict[str, Scores]
    meteor_kinds: dict[str, str] = Field(description="what METEOR means for each language, the phrase table named")


def read_predictions(path: Path) -> list[Prediction]:
    """Read the rows of a JSONL file; blank lines are passed over.

    A row without `language` gets that of its reference (`en`, `id` or `mixed`). A row without `intent` gets one made
    of its reference, so that several predictions for one reference count as one intent in the intervals.

    Raises:
        SourceError: the file cannot be read or has no row, or rows are not as expected: one line for each problem,
            naming file, row (the line, from 1) and field, never the text.
    """
    rows: list[Prediction] = []
    problems: list[str] = []
    for number, line in _lines(path):
        found, wrong = _parse(line)
        problems.extend(f"{path}: row {number}: {problem}" for problem in wrong)
        if found is not None:
            rows.append(found)
    if problems:
        rest = len(problems) - SHOWN
        raise SourceError(*problems[:SHOWN], *([f"{path}: and {rest} more problems"] if rest > 0 else []))
    if not rows:
        raise SourceError(f"{path}: no row, expected a JSON object on each line")
    return rows


def score_predictions(rows: Sequence[Prediction], config: EvaluateConfig | None = None) -> PredictionScores:
    """The figures of all rows and of each language.

    Args:
        rows: at least one.
        config: the phrase table of METEOR, and the resamples and the seed of the intervals; the defaults where it is None.

    Raises:
        ValueError: there is no row.
        ConfigError: the phrase table cannot be used.
        ResourceError: METEOR's word data are not installed.
    """
    config = config or EvaluateConfig.model_validate({})
    phrases = load_phrases(config)
    scored = score_rows(rows, phrases)
    languages = [row.language for row in rows]
    by_language = {
        language: summarize([score for score, each in zip(scored, languages, strict=True) if each == language], config)
        for language in sorted(set(languages))
    }
    return PredictionScores(
        **summarize(scored, config).model_dump(), by_language=by_language, meteor_kinds=meteor_labels(languages, phrases)
    )


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines that are not blank, numbered from 1.

    Raises:
        SourceError: the file cannot be read, or is not UTF-8.
    """
    number = 0
    try:
        # Bytes are cut at line feeds first: text mode would lose the line of a byte that is not UTF-8.
        with path.open("rb") as handle:
            for number, line in enumerate(handle, 1):
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
                if text.strip():
                    yield number, text.rstrip("\r\n")
    except FileNotFoundError:
        raise SourceError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise SourceError(f"{path}: expected a JSONL file, got a folder") from None
    except UnicodeDecodeError:
        raise SourceError(f"{path}: row {number}: expected UTF-8 text") from None
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}") from None


class _Object(dict[str, Any]):
    """A JSON object that knows which of its names came twice: a reader that takes the last hides the other."""

    def __init__(self, pairs: Sequence[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.twice = {name for name, count in Counter(name for name, _ in pairs).items() if count > 1}


def _parse(line: str) -> tuple[Prediction | None, list[str]]:
    """One row, or what is wrong with it."""
    try:
        parsed: Any = json.loads(line, object_pairs_hook=_Object)
    except json.JSONDecodeError as error:
        return None, [f"not valid JSON at column {error.colno}"]
    except (ValueError, RecursionError):  # a number of thousands of digits, thousands of brackets
        return None, ["not a JSON that can be read"]
    if not isinstance(parsed, dict):
        return None, [f"expected a JSON object, got {_kind(parsed)}"]
    row = cast(_Object, parsed)

    problems = [f"{field}: given twice, expected once" for field in _FIELDS if field in row.twice]
    texts: dict[str, str] = {}
    for field in _TEXTS:
        needed = field in ("reference", "prediction")
        value = row.get(field)
        if field not in row or (value is None and not needed):
            if needed:
                problems.append(f"{field}: missing, expected text")
            continue
        if field == "intent" and isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            problems.append(f"{field}: expected text, got {_kind(value)}")
        elif not _is_unicode(value):
            problems.append(f"{field}: expected text, got half of a surrogate pair")
        elif field == "reference" and not value.strip():
            problems.append(f"{field}: expected text, got only blanks")
        else:
            texts[field] = value
    language = texts.pop("language", "").strip()
    known = parse_language(language) if language else None
    if language and known is None:
        problems.append("language: expected en, id or mixed")
    ended = row.get("ended")
    if ended is not None and not isinstance(ended, bool):
        problems.append(f"ended: expected true or false, got {_kind(ended)}")
    if problems:
        return None, problems
    digest = hashlib.sha256(texts["reference"].encode()).hexdigest()[:16]
    return (
        Prediction(
            prompt=texts.get("prompt", ""),
            reference=texts["reference"],
            prediction=texts["prediction"],
            intent=texts.get("intent", "").strip() or f"reference {digest}",
            language=known or label(texts["reference"]),
            ended=ended,
        ),
        [],
    )


def _kind(value: object) -> str:
    names: dict[type, str] = {_Object: "an object", list: "an array", bool: "true or false", int: "a number", float: "a number"}
    return "null" if value is None else names.get(type(value), "text")


def _is_unicode(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
