"""Base models on this machine: a folder as transformers saves it, or a GGUF file. Their content is their identity."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from math import prod
from pathlib import Path
from typing import Any, Final

from langkah.artifacts.store import sha256_of
from langkah.errors import ConfigError
from langkah.models.gguf_files import GgufModel, read_source
from langkah.models.ref import ModelRef

_FILES: Final = ("*.safetensors", "*.json", "*.jinja", "tokenizer.model", "merges.txt")


def folder_model(folder: Path) -> ModelRef:
    """Describe a local folder: its identity is the hash of its weights, config and tokenizer, or the GGUF it was made of.

    Raises:
        ConfigError: it holds no model.
    """
    try:
        json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise ConfigError(f"train.base_model: {folder}: expected a model folder with a config.json") from None
    if not any((folder / name).exists() for name in ("tokenizer.json", "tokenizer.model", "vocab.json")):
        raise ConfigError(f"train.base_model: {folder}: has no tokenizer (tokenizer.json)")
    files = sorted({path for pattern in _FILES for path in folder.glob(pattern)})
    weights = [path for path in files if path.suffix == ".safetensors"]
    if not weights:
        raise ConfigError(f"train.base_model: {folder}: has no weights in safetensors")
    source = read_source(folder)
    return ModelRef(
        name=source.get("name", folder.name),
        location=str(folder.absolute()),
        fingerprint=source.get("fingerprint") or _folder_hash(files),
        parameters=_count_parameters(weights),
    )


def gguf_model(path: Path) -> ModelRef:
    """Describe a GGUF file, converted where that was not done yet.

    Raises:
        ConfigError: it is no GGUF of an instruct model that transformers can load.
        ResourceError: the folder of converted models cannot be written.
    """
    return folder_model(GgufModel(path.stem, path.absolute(), _hash_of(path)).converted())


def _folder_hash(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.name} {_hash_of(path)}\n".encode())
    return f"folder:{digest.hexdigest()}"


def _hash_of(path: Path) -> str:
    stat = path.stat()
    return _file_hash(str(path), stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=256)
def _file_hash(path: str, _size: int, _mtime_ns: int) -> str:
    return sha256_of(Path(path))


def _count_parameters(files: list[Path]) -> int:
    """Count parameters from the headers of safetensors files, without reading a weight."""
    total = 0
    for path in files:
        with path.open("rb") as handle:
            header: dict[str, Any] = json.loads(handle.read(int.from_bytes(handle.read(8), "little")))
        total += sum(prod(tensor["shape"]) for name, tensor in header.items() if name != "__metadata__")
    return total
