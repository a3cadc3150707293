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
_INDEX: Final = "model.safetensors.index.json"
_TEMPLATES: Final = ("chat_template.jinja", "chat_template.json", "additional_chat_templates")
_PICKLED: Final = ("*.bin", "*.pt", "*.pth", "*.ckpt")


def folder_model(folder: Path) -> ModelRef:
    """Describe a local folder: its identity is the hash of its weights, config and tokenizer, or the GGUF it was made of.

    Raises:
        ConfigError: it holds no model.
    """
    if not _object(folder / "config.json"):
        raise ConfigError(f"train.base_model: {folder}: expected a model folder with a config.json")
    if not any((folder / name).exists() for name in ("tokenizer.json", "tokenizer.model", "vocab.json")):
        raise ConfigError(f"train.base_model: {folder}: has no tokenizer (tokenizer.json): copy the model's whole folder")
    files = sorted({path for pattern in _FILES for path in folder.glob(pattern)})
    weights = [path for path in files if path.suffix == ".safetensors"]
    if not weights:
        pickled = next((path.name for pattern in _PICKLED for path in sorted(folder.glob(pattern))), None)
        found = f", only {pickled}, and pickled weights are never loaded: save it as safetensors first" if pickled else ""
        raise ConfigError(f"train.base_model: {folder}: has no weights in safetensors{found}")
    shards: Any = _object(folder / _INDEX).get("weight_map")
    for shard in sorted({*map(str, shards.values())} if isinstance(shards, dict) else ()):
        if not (folder / shard).is_file():
            raise ConfigError(f"train.base_model: {folder}: {shard} is missing: copy the model's whole folder")
    parameters = sum(map(_count_parameters, weights))
    source = read_source(folder)
    return ModelRef(
        name=source.get("name", folder.name),
        location=str(folder.absolute()),
        fingerprint=source.get("fingerprint") or _folder_hash(files),
        parameters=parameters,
    )


def require_unchanged(model: ModelRef) -> None:
    """Refuse a local model whose files are no longer those that it was known by: a checkpoint or adapter is of the others.

    Raises:
        ConfigError: they changed, or are gone.
    """
    if model.fingerprint.startswith("folder:") and folder_model(Path(model.location)).fingerprint != model.fingerprint:
        raise ConfigError(
            f"train.base_model: {model.location}: its files changed since this run looked at them: run again, to train anew"
        )


def require_chat_template(model: ModelRef) -> None:
    """Refuse a local model that has no chat template, before any work is done for it; one on the hub is read later.

    Raises:
        ConfigError: there is none.
    """
    folder = Path(model.location)
    if not folder.is_dir() or any((folder / name).exists() for name in _TEMPLATES):
        return
    if not _object(folder / "tokenizer_config.json").get("chat_template"):
        raise ConfigError(f"train.base_model: {model.name}: its tokenizer has no chat template; choose an instruct model")


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


def _object(path: Path) -> dict[str, Any]:
    """Return the JSON object of a file, an empty one where it holds none."""
    try:
        found: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _count_parameters(path: Path) -> int:
    """Count the parameters of a safetensors file from its header, without reading a weight.

    Raises:
        ConfigError: the file is cut off, or no safetensors.
    """
    size = path.stat().st_size
    expected, parameters = 0, 0
    with path.open("rb") as handle:
        length = int.from_bytes(handle.read(8), "little")
        try:
            header: dict[str, Any] = json.loads(handle.read(min(length, size)))
            tensors = [tensor for name, tensor in header.items() if name != "__metadata__"]
            expected = 8 + length + max((tensor["data_offsets"][1] for tensor in tensors), default=0)
            parameters = sum(prod(tensor["shape"]) for tensor in tensors)
        except (ValueError, KeyError, TypeError, AttributeError):
            expected = 0
    if not expected or size != expected:
        told = f"has {size:,} bytes of {expected:,}" if expected else "is cut off or no safetensors file"
        raise ConfigError(f"train.base_model: {path}: {told}: copy or download the model again")
    return parameters
