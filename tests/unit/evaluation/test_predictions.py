"""Predictions from a file: what is taken, what is refused and how it is said."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rouge_score.rouge_scorer import RougeScorer

from langkah.config import EvaluateConfig
from langkah.errors import SourceError
from langkah.evaluation.predictions import PredictionScores, read_predictions, score_predictions

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


def test_step_measures_of_a_file(tmp_path: Path) -> None:
    steps = "1. Open the menu.\n2. Press Save.\n3. Close the window."
    swapped = "1. Press Save.\n2. Open the menu.\n3. Call the support."
    rows = [{"reference": steps, "prediction": steps, "ended": True}, {"reference": steps, "prediction": swapped}]
    found = read_predictions(write(tmp_path / "p.jsonl", *rows))
    assert [row.ended for row in found] == [True, None]
    scores = score_predictions(found, CONFIG)
    assert (scores.step_n, scores.exact_procedure, scores.invented_steps, scores.missing_steps) == (2, 0.5, 0.5, 0.5)
    assert scores.step_recall == scores.step_precision == pytest.approx(5 / 6)
    assert scores.step_order == 0.5
    assert scores.by_language["en"].step_n == 2


def test_a_phrase_table_changes_meteor_and_is_named(tmp_path: Path) -> None:
    rows = [{"reference": "1. Disable it now.", "prediction": "1. Put out of action it now.", "language": "en"}]
    found = read_predictions(write(tmp_path / "p.jsonl", *rows))
    table = tmp_path / "my phrases.tsv"
    table.write_text("disable\tput out of action\n", encoding="utf-8")
    plain = score_predictions(found, CONFIG)
    helped = score_predictions(found, CONFIG.model_copy(update={"phrase_table": str(table)}))
    assert helped.meteor > plain.meteor
    assert helped.rouge_l == plain.rouge_l
    assert "paraphrases" not in plain.meteor_kinds["en"]
    assert "paraphrases by my phrases.tsv, sha256 " in helped.meteor_kinds["en"]


NUMBERS = {"n", "step_n", "rouge_l", "meteor", "numbered", "length_ratio", "repetition", "empty", "step_recall"}


def numbers_of(scores: PredictionScores) -> dict[str, float]:
    """All figures, of a JSON that any reader takes: no NaN, no null, each a number."""
    told = json.loads(json.dumps(scores.model_dump(mode="json"), allow_nan=False))
    figures: dict[str, float] = {}
    for name, value in told.items():
        if name not in ("by_language", "meteor_kinds"):
            for place, each in enumerate(value if isinstance(value, list) else [value]):
                assert isinstance(each, int | float)
                figures[f"{name}{place or ''}"] = each
    assert set(figures) > NUMBERS
    return figures


STEPS = "1. Open the menu.\n2. Press Save."


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([{"reference": STEPS, "prediction": ""}] * 3, {"n": 3, "empty": 3, "rouge_l": 0, "step_recall": 0, "step_n": 3}),
        ([{"reference": STEPS, "prediction": STEPS}], {"n": 1, "rouge_l": 1, "rouge_l_ci": 0, "step_recall_ci1": 1}),
        (
            [{"reference": STEPS, "prediction": text, "intent": "a"} for text in (STEPS, "", STEPS)],
            {"n": 3, "step_recall": 2 / 3, "step_recall_ci": 0, "step_recall_ci1": 1},
        ),
        ([{"reference": "Open at nine.", "prediction": STEPS}], {"step_n": 0, "step_recall": 0, "invented_steps": 0}),
        ([{"reference": STEPS, "prediction": "\x00 \u2028 日本 🎉"}], {"rouge_l": 0, "meteor": 0, "step_recall": 0}),
    ],
    ids=["empty predictions", "one row", "one intent", "no steps in the reference", "odd signs"],
)
def test_odd_files_have_figures(tmp_path: Path, rows: list[dict[str, str]], expected: dict[str, float]) -> None:
    figures = numbers_of(score_predictions(read_predictions(write(tmp_path / "p.jsonl", *rows)), CONFIG))
    assert {name: figures[name] for name in expected} == pytest.approx(expected)


def test_mixed_languages_have_figures_each_by_its_own_words(tmp_path: Path) -> None:
    rows = [
        {"reference": "1. Masukkan nomor.", "prediction": "1. Ketiklah nomornya.", "language": language}
        for language in ("id", "mixed", "en")
    ]
    scores = score_predictions(read_predictions(write(tmp_path / "p.jsonl", *rows)), CONFIG)
    assert list(scores.by_language) == list(scores.meteor_kinds) == ["en", "id", "mixed"]
    assert scores.by_language["id"].meteor == scores.by_language["mixed"].meteor > scores.by_language["en"].meteor
    assert (scores.by_language["id"].step_recall, scores.by_language["en"].step_recall) == (1, 0)


@pytest.mark.parametrize("language", ["en", "id"])
def test_a_million_characters_are_scored_in_seconds(tmp_path: Path, language: str) -> None:
    text = "".join(f"{number}. Open the menu and press Save.\n" for number in range(1, 29_000))
    assert len(text) > 10**6
    rows = [{"reference": STEPS, "prediction": text, "language": language}]
    started = time.process_time()
    scores = score_predictions(read_predictions(write(tmp_path / "p.jsonl", *rows)), CONFIG)
    assert time.process_time() - started < 30
    assert scores.rouge_l < 0.01
    assert scores.repetition > 0.99
    assert numbers_of(scores)["invented_steps"] > 90


def test_a_script_without_langkah_computes_the_same(tmp_path: Path) -> None:
    file, told = write(tmp_path / "p.jsonl", *ROWS), tmp_path / "s.json"
    script = [sys.executable, str(Path(__file__).parents[2] / "recompute_scores.py"), str(file), str(told)]
    scores = score_predictions(read_predictions(file), CONFIG).model_dump(mode="json")
    told.write_text(json.dumps(scores), encoding="utf-8")
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "en meteor" in done.stdout
    told.write_text(json.dumps({**scores, "rouge_l": scores["rouge_l"] + 2e-9}), encoding="utf-8")
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.count("DIFFERS")) == (1, 1)


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
        ('{"reference": {"a": 1}, "prediction": "secret"}', "reference: expected text, got an object"),
        (
            '{"reference": "secret", "prediction": "wrong", "prediction": "secret", "secret": 1, "secret": 2}',
            "prediction: given twice, expected once",
        ),
        ('{"reference": "secret", "prediction": "", "ended": false, "ended": true}', "ended: given twice, expected once"),
        ('{"reference": "secret", "prediction": "", "ended": "secret"}', "ended: expected true or false, got text"),
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
