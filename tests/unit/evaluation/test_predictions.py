"""Predictions from a file: what is taken, what is refused and how it is said."""

import json
import os
from pathlib import Path

import pytest
from rouge_score.rouge_scorer import RougeScorer

from langkah.config import EvaluateConfig
from langkah.errors import SourceError
from langkah.evaluation.predictions import read_predictions, score_predictions

CONFIG = EvaluateConfig(resamples=200)
ROWS = [
    {"prompt": "How?", "reference": "1. Open the menu.", "prediction": "1. Open the menu.", "intent": "a", "language": "en"},
    {"prompt": "How?", "reference": "1. Press Save.", "prediction": "Save it", "intent": "b", "language": "en"},
    {"reference": "1. Buka menu dan simpan berkas.", "prediction": "1. Membuka menu.", "intent": "c", "language": "id"},
]


def write(path: Path, *lines: object) -> Path:
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8")
    return path


def problems(path: Path) -> tuple[str, ...]:
    with pytest.raises(SourceError) as caught:
        read_predictions(path)
    assert "secret" not in str(caught.value)
    return caught.value.problems


def test_scores_of_a_file(tmp_path: Path) -> None:
    scores = score_predictions(read_predictions(write(tmp_path / "p.jsonl", *ROWS)), CONFIG)
    scorer = RougeScorer(["rougeL"])
    expected = [scorer.score(str(row["reference"]), str(row["prediction"]))["rougeL"].fmeasure for row in ROWS]
    assert scores.n == 3
    assert scores.rouge_l == pytest.approx(sum(expected) / 3, abs=1e-9)
    assert scores.rouge_l_ci[0] <= scores.rouge_l <= scores.rouge_l_ci[1]
    assert {language: part.n for language, part in scores.by_language.items()} == {"en": 2, "id": 1}
    assert scores.by_language["en"].rouge_l == pytest.approx(sum(expected[:2]) / 2, abs=1e-9)
    assert json.loads(json.dumps(scores.model_dump(mode="json")))["by_language"]["id"]["n"] == 1


def test_prompt_intent_and_language_may_be_left_out(tmp_path: Path) -> None:
    path = write(
        tmp_path / "p.jsonl",
        {"reference": "1. Klik tombol Simpan untuk menyimpan berkas.", "prediction": ""},
        {"reference": "1. Klik tombol Simpan untuk menyimpan berkas.", "prediction": "a", "intent": None, "other": [1]},
        {"reference": "1. Click the button to save the file.", "prediction": "b", "intent": 7, "language": "en-GB"},
        "",
    )
    first, second, third = read_predictions(path)
    assert (first.language, third.language) == ("id", "en")
    assert first.intent == second.intent != third.intent == "7"
    assert first.prompt == ""
    assert score_predictions([first, second, third], CONFIG).empty == 1


def test_a_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(ROWS[0]).encode() + b"\r\n")
    assert len(read_predictions(path)) == 1


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"reference": "secret"', "not valid JSON at column 23"),
        ('["secret"]', "expected a JSON object, got an array"),
        ("7", "expected a JSON object, got a number"),
        ('{"prediction": "secret"}', "reference: missing, expected text"),
        ('{"reference": "secret"}', "prediction: missing, expected text"),
        ('{"reference": "secret", "prediction": null}', "prediction: expected text, got null"),
        ('{"reference": "secret", "prediction": ["secret"]}', "prediction: expected text, got an array"),
        ('{"reference": 5, "prediction": "secret"}', "reference: expected text, got a number"),
        ('{"reference": " ", "prediction": "secret"}', "reference: expected text, got only blanks"),
        ('{"reference": "secret", "prediction": "", "intent": true}', "intent: expected text, got true or false"),
        ('{"reference": "secret", "prediction": "", "language": "secret"}', "language: expected en, id or mixed"),
        ('{"reference": "secret", "prediction": "\\ud800"}', "prediction: expected text, got half of a surrogate pair"),
        ('{"reference": ' + "9" * 5000 + "}", "not a JSON that can be read"),
        ("[" * 200_000, "not a JSON that can be read"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_bad_row_is_one_line_naming_file_row_and_field(tmp_path: Path, line: str, expected: str) -> None:
    path = write(tmp_path / "p.jsonl", ROWS[0], "", line, ROWS[1])
    assert problems(path) == (f"{path}: row 3: {expected}",)


def test_all_problems_at_once_but_not_without_end(tmp_path: Path) -> None:
    path = write(tmp_path / "p.jsonl", {"prompt": "secret"}, *["secret"] * 30)
    found = problems(path)
    assert found[:2] == (
        f"{path}: row 1: reference: missing, expected text",
        f"{path}: row 1: prediction: missing, expected text",
    )
    assert len(found) == 21
    assert found[-1] == f"{path}: and 12 more problems"


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert problems(tmp_path / "none.jsonl") == (f"{tmp_path / 'none.jsonl'}: no such file",)
    assert problems(tmp_path) == (f"{tmp_path}: expected a JSONL file, got a folder",)
    for content in (b"", b"\n \n"):
        (tmp_path / "empty.jsonl").write_bytes(content)
        assert problems(tmp_path / "empty.jsonl") == (
            f"{tmp_path / 'empty.jsonl'}: no row, expected a JSON object on each line",
        )
    (tmp_path / "latin.jsonl").write_bytes(b"\n" + '{"reference": "é"}'.encode("latin-1"))
    assert problems(tmp_path / "latin.jsonl") == (f"{tmp_path / 'latin.jsonl'}: row 2: expected UTF-8 text",)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission(tmp_path: Path) -> None:
    path = write(tmp_path / "p.jsonl", ROWS[0])
    path.chmod(0)
    assert problems(path) == (f"{path}: cannot be read: Permission denied",)
