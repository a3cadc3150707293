"""Compute ROUGE-L and METEOR anew by `rouge_score` and `nltk` alone, and compare them with the figures of Langkah.

It imports nothing of Langkah. FILE holds rows with `reference`, `prediction` and `language`: a predictions file beside what
`langkah score FILE --json SCORES` wrote, or the `answers.jsonl` of a run's artifact, whose rows have a `slice`, beside what
`langkah run --json SCORES` wrote, with the system whose answers they are. METEOR is compared where all rows are English:
nltk has no other language.

    python tests/recompute_scores.py FILE SCORES [base|tuned]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from nltk.tokenize import word_tokenize
from nltk.translate.meteor_score import meteor_score
from rouge_score.rouge_scorer import RougeScorer

MOST = 1e-9
"""The largest difference that is none."""


def means(rows: list[dict[str, Any]]) -> dict[str, float]:
    """`n`, `rouge_l` and, of English rows alone, `meteor`."""
    scorer = RougeScorer(["rougeL"], use_stemmer=False)
    rouge = [scorer.score(target=row["reference"], prediction=row["prediction"])["rougeL"].fmeasure for row in rows]
    found = {"n": float(len(rows)), "rouge_l": sum(rouge) / len(rouge)}
    if all(row["language"] == "en" for row in rows):
        met = [
            meteor_score(
                [word_tokenize(row["reference"], preserve_line=True)], word_tokenize(row["prediction"], preserve_line=True)
            )
            for row in rows
        ]
        found["meteor"] = sum(met) / len(met)
    return found


def compared(rows: list[dict[str, Any]], scores: dict[str, Any], name: str) -> list[tuple[str, float, float]]:
    """(what, computed here, told there) of each figure."""
    return [(f"{name} {measure}", value, float(scores[measure])) for measure, value in means(rows).items()]


def compare(file: Path, scores_file: Path, system: str | None) -> list[tuple[str, float, float]]:
    """All figures of a file."""
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    scores = json.loads(scores_file.read_text(encoding="utf-8"))
    if system:
        slices = dict.fromkeys(row["slice"] for row in rows)
        assert list(slices) and set(slices) == set(scores["metrics"][system]), "other slices than in the answers"
        parts = [(name, [row for row in rows if row["slice"] == name], scores["metrics"][system][name]) for name in slices]
    else:
        parts = [("all", rows, scores)]
        for language, found in scores["by_language"].items():
            parts.append((language, [row for row in rows if row["language"] == language], found))
    return [figure for name, some, found in parts for figure in compared(some, found, name)]


def main(arguments: list[str]) -> int:
    """Print each figure from both sides; 1 where two differ."""
    if len(arguments) not in (2, 3):
        sys.stderr.write(f"{__doc__}\n")
        return 2
    figures = compare(Path(arguments[0]), Path(arguments[1]), *(arguments[2:] or [None]))
    for name, here, there in figures:
        mark = "" if abs(here - there) <= MOST else "   DIFFERS"
        sys.stdout.write(f"{name:<20} {here:.12f} {there:.12f} {here - there:+.1e}{mark}\n")
    return int(any(abs(here - there) > MOST for _, here, there in figures))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
