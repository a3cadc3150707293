"""Which base model a run tunes, and what identifies it."""

from __future__ import annotations

import hashlib
import itertools
import json
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

from langkah.artifacts.store import sha256_of
from langkah.errors import ConfigError
from langkah.models import bundled

_WEIGHTS = ("*.safetensors", "*.json", "*.jinja", "tokenizer.model", "merges.txt")


class ModelRef(BaseModel):
    """A base model as the steps know it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(description="as the user named it, `auto` resolved")
    location: str = Field(description="local folder or hub id, what from_pretrained takes")
    fingerprint: str = Field(description="hash of a local model's files, or the hub commit: part of cache keys")
    parameters: int = Field(description="how many, 0 where unknown")
    reason: str = Field(default="", description="why it was chosen")

    @property
    def pinned(self) -> str:
        """The name that leads to these very weights again, wherever the hub's main branch goes."""
        if self.fingerprint.startswith("hub:"):
            return f"{self.location}@{self.fingerprint.rpartition(':')[2]}"
        return bundled.NAME if self.fingerprint == bundled.bundled_fingerprint() else self.location

    @property
    def identity(self) -> str:
        """What a cache key holds of it: the weights, not the folder."""
        return f"{self.name}:{self.fingerprint}"


class CatalogueModel(BaseModel):
    """One entry of `catalogue.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    path: str
    parameters: float = Field(gt=0, description="billions")
    ifeval: float = Field(ge=0, le=100, description="per cent")
    licence: str
    chat_family: str
    source: str


@lru_cache(maxsize=1)
def catalogue() -> tuple[CatalogueModel, ...]:
    """Return the models that Langkah knows."""
    text = (resources.files("langkah.models") / "catalogue.yaml").read_text(encoding="utf-8")
    return tuple(CatalogueModel.model_validate(entry) for entry in yaml.safe_load(text)["models"])


def resolve_model(name: str) -> ModelRef:
    """Find the base model that `train.base_model` names.

    Args:
        name: `auto`, a name or hub id of the catalogue, another hub id (also `owner/name@commit`), or a local folder.

    Raises:
        ConfigError: no such folder, or the folder holds no model.
        ResourceError: the bundled model is missing.
    """
    known = {key: model for model in catalogue() for key in (model.name, model.path)}
    reason = "named in the settings"
    if name == "auto":
        name, reason = _choose()
    if name == bundled.NAME:
        folder = bundled.bundled_model()
        return ModelRef(
            name=bundled.NAME,
            location=str(folder),
            fingerprint=bundled.bundled_fingerprint(),
            parameters=bundled.PARAMETERS,
            reason=reason,
        )
    folder = Path(name).expanduser()
    if folder.is_dir():
        return _local(folder, reason)
    name, _, commit = name.partition("@")
    if name not in known and (folder.is_absolute() or name.startswith(".") or name.count("/") != 1):
        names = ", ".join(model.name for model in catalogue())
        raise ConfigError(f"train.base_model: {name}: no such folder, hub id (owner/name) or catalogue name ({names})")
    entry = known.get(name)
    hub_id = entry.path if entry else name
    return ModelRef(
        name=hub_id,
        location=hub_id,
        fingerprint=f"hub:{hub_id}:{commit or _hub_commit(hub_id)}",
        parameters=round(entry.parameters * 1e9) if entry else 0,
        reason=reason,
    )


def _choose() -> tuple[str, str]:
    """Return the model that suits the machine, and why."""
    import torch

    if not torch.cuda.is_available():
        return bundled.NAME, "no CUDA device: the bundled model"
    total = torch.cuda.get_device_properties(0).total_memory / 2**30
    fitting = [model for model in catalogue() if _qlora_gb(model.parameters) <= total]
    if not fitting:
        return bundled.NAME, f"nothing else fits in {total:.0f} GiB: the bundled model"
    best = max(fitting, key=lambda model: model.ifeval)
    return best.name, f"best IFEval score ({best.ifeval}) of what QLoRA fits in {total:.0f} GiB"


def _qlora_gb(parameters: float) -> float:
    """Return the memory in GB that QLoRA takes, from the guide's table (3B 3.5, 8B 6, 14B 8.5), linear in between.

    A card also holds activations at sequence 2048-4096; the guide therefore advises 8B for 24 GB, twice what the table
    says and more, and the same margin is kept here.
    """
    points = [(0.0, 1.0), (3.0, 3.5), (7.0, 5.0), (8.0, 6.0), (9.0, 6.5), (11.0, 7.5), (14.0, 8.5), (27.0, 22.0), (32.0, 26.0)]
    for (low, low_gb), (high, high_gb) in itertools.pairwise(points):
        if parameters <= high:
            return 2 * (low_gb + (high_gb - low_gb) * (parameters - low) / (high - low))
    return 2 * points[-1][1] * parameters / points[-1][0]


def _local(folder: Path, reason: str) -> ModelRef:
    """Describe a local folder; its identity is the hash of its weights, config and tokenizer."""
    try:
        json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise ConfigError(f"train.base_model: {folder}: expected a model folder with a config.json") from None
    if not any((folder / name).exists() for name in ("tokenizer.json", "tokenizer.model", "vocab.json")):
        raise ConfigError(f"train.base_model: {folder}: has no tokenizer (tokenizer.json)")
    files = sorted({path for pattern in _WEIGHTS for path in folder.glob(pattern)})
    if not any(path.suffix == ".safetensors" for path in files):
        raise ConfigError(f"train.base_model: {folder}: has no weights in safetensors")
    digest = hashlib.sha256()
    for path in files:
        stat = path.stat()
        digest.update(f"{path.name} {_file_hash(str(path), stat.st_size, stat.st_mtime_ns)}\n".encode())
    return ModelRef(
        name=folder.name,
        location=str(folder.absolute()),
        fingerprint=f"folder:{digest.hexdigest()}",
        parameters=_count_parameters([path for path in files if path.suffix == ".safetensors"]),
        reason=reason,
    )


@lru_cache(maxsize=256)
def _file_hash(path: str, _size: int, _mtime_ns: int) -> str:
    return sha256_of(Path(path))


def _count_parameters(files: list[Path]) -> int:
    """Count parameters from the headers of safetensors files, without reading a weight."""
    total = 0
    for path in files:
        with path.open("rb") as handle:
            header: dict[str, Any] = json.loads(handle.read(int.from_bytes(handle.read(8), "little")))
        for name, tensor in header.items():
            if name != "__metadata__":
                count = 1
                for size in tensor["shape"]:
                    count *= size
                total += count
    return total


def _hub_commit(hub_id: str) -> str:
    """Return the commit of the model on the hub, from the local cache where the hub does not answer.

    Raises:
        ConfigError: neither the hub nor the cache knows the model.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.constants import HF_HUB_CACHE
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    try:
        commit = HfApi().model_info(hub_id, timeout=10).sha
        if commit:
            return commit
    except (HfHubHTTPError, OfflineModeIsEnabled, OSError, ValueError) as error:
        problem = type(error).__name__
    else:
        problem = "no commit"
    cached = Path(HF_HUB_CACHE) / f"models--{hub_id.replace('/', '--')}" / "refs" / "main"
    if cached.is_file():
        return cached.read_text(encoding="utf-8").strip()
    raise ConfigError(f"train.base_model: {hub_id}: not found on the hub nor in its local cache ({problem})")
