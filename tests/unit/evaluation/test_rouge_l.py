"""ROUGE-L is rouge_score's rougeL, only faster."""

import csv
import json
import random
from pathlib import Path

import numpy as np
import pytest
from rouge_score.rouge_scorer import RougeScorer

from langkah.evaluation.rouge_l import rouge_l

DATA = Path(__file__).parents[3] / "../shared/data"


def oracle(predictions: list[str], references: list[str]) -> list[float]:
    scorer = RougeScorer(["rougeL"], use_stemmer=False)
    return [
        scorer.score(target=reference, prediction=prediction)["rougeL"].fmeasure
        for prediction, reference in zip(predictions, references, strict=True)
    ]


def test_equal_on_random_strings() -> None:
    generator = random.Random(7)
    alphabet = "ab cd\n\t.,1)’é日İK-_ "
    texts = ["".join(generator.choices(alphabet, k=generator.randrange(60))) for _ in range(600)]
    predictions, references = texts[:300], texts[300:]
    scores = rouge_l(predictions, references)
    assert scores.dtype == np.float64
    assert scores.shape == (300,)
    assert len(set(scores.tolist())) > 50
    np.testing.assert_allclose(scores, oracle(predictions, references), rtol=0, atol=1e-9)


@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not here")
@pytest.mark.parametrize("name", ["gnome-help-en.jsonl", "gnome-help-id.csv"])
def test_equal_on_real_answers(name: str) -> None:
    with (DATA / name).open(encoding="utf-8", newline="") as handle:
        rows = [json.loads(line) for line in handle] if name.endswith("jsonl") else list(csv.DictReader(handle))
    answers = [str(row["output"]) for row in rows]
    shifted = answers[1:] + answers[:1]
    np.testing.assert_allclose(rouge_l(shifted, answers), oracle(shifted, answers), rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("prediction", "reference", "expected"),
    [
        ("1. Open Settings.", "1. open settings", 1.0),
        ("", "1. Open Settings.", 0.0),
        ("1. Open Settings.", "", 0.0),
        ("日本語", "日本語", 0.0),
        ("b a", "a b", 0.5),
        ("open the menu", "open menu", 0.8),
    ],
)
def test_cases(prediction: str, reference: str, expected: float) -> None:
    assert rouge_l([prediction], [reference]).tolist() == pytest.approx([expected], abs=1e-12)


def test_sides_of_different_length() -> None:
    with pytest.raises(ValueError, match="2 predictions, got 1"):
        rouge_l(["a", "b"], ["a"])
