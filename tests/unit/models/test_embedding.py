from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from langkah.errors import ConfigError, ResourceError
from langkah.models.embedding import Embedder, resolve_embedder


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder(resolve_embedder("auto"))


def test_like_questions_are_near_and_others_are_not(embedder: Embedder) -> None:
    rows = embedder.embed(["How do I print a file?", "How can I get a document printed?", "Where do I pay my invoice?"])
    assert rows.shape == (3, 384) and rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    # 0.699 is what sentence-transformers 6.2.0 gives for the first two.
    assert rows[0] @ rows[1] == pytest.approx(0.699, abs=0.002)
    assert rows[0] @ rows[2] < 0.4


def test_a_row_does_not_depend_on_its_batch(embedder: Embedder) -> None:
    texts = [f"How do I open door {number}" + " and the next one" * (number % 7) + "?" for number in range(150)]
    together = embedder.embed(texts)
    alone = np.stack([embedder.embed([text])[0] for text in texts[::30]])
    assert np.allclose(together[::30], alone, atol=1e-5)
    assert embedder.embed([]).shape[0] == 0


def test_no_encoder_is_told_with_the_way_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ResourceError, match=r"paraphrase\.meaning=words"):
        resolve_embedder("auto")
    with pytest.raises(ConfigError, match=r"paraphrase\.embedding_model"):
        resolve_embedder(str(tmp_path / "none"))


def test_frames_load_no_torch() -> None:
    code = (
        "import sys; from langkah.config import ParaphraseConfig; from langkah.paraphrase import make_variants;"
        "from langkah.records import FaqRecord;"
        "row = FaqRecord(intent='a', prompt='How do I pay?', output='1. x', language='en', source='s', file='f', row=1);"
        "assert len(make_variants([row], ParaphraseConfig()).variants) == 4;"
        "print([name for name in ('torch', 'transformers', 'openai', 'nltk') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3]
    )
    assert done.stdout.strip() == "[]"
