"""The metrics of the `evaluate` package: same values, no network, no text on disk."""

import socket
from pathlib import Path

import pytest

from langkah.evaluation.meteor import meteor
from langkah.evaluation.rouge_l import rouge_l

PREDICTIONS = ["1. Open the secret menu", "Kami mengirim barang"]
REFERENCES = ["1. Open it", "Barang kami kirimkan"]
LANGUAGES = ["en", "id"]


def test_same_values_without_network_or_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from langkah.evaluation import Meteor, RougeL

    def refuse(*_: object) -> None:
        raise AssertionError("no network here")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    found = RougeL(cache_dir=str(tmp_path)).compute(predictions=PREDICTIONS, references=REFERENCES)
    assert found == {"rouge_l": pytest.approx(rouge_l(PREDICTIONS, REFERENCES).mean())}
    metric = Meteor(cache_dir=str(tmp_path))
    found = metric.compute(predictions=PREDICTIONS, references=REFERENCES, languages=LANGUAGES)
    assert found == {"meteor": pytest.approx(meteor(PREDICTIONS, REFERENCES, LANGUAGES).mean())}
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_rows_may_be_added_in_batches(tmp_path: Path) -> None:
    from langkah.evaluation import RougeL

    metric = RougeL(cache_dir=str(tmp_path))
    for prediction, reference in zip(PREDICTIONS, REFERENCES, strict=True):
        metric.add_batch(predictions=[prediction], references=[reference])
    assert metric.compute() == {"rouge_l": pytest.approx(rouge_l(PREDICTIONS, REFERENCES).mean())}
