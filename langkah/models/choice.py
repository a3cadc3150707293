"""Which base model a run tunes, and what identifies it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from langkah.config import TrainConfig
from langkah.errors import ConfigError
from langkah.models import bundled
from langkah.models.advice import advise
from langkah.models.known_models import BUNDLED, CatalogueModel, read_catalogue
from langkah.models.local_files import folder_model, gguf_model, require_chat_template
from langkah.models.ref import ModelRef


def resolve_base(train: TrainConfig, tokens: int | None = None) -> ModelRef:
    """Find the base model that the section `train` names; `auto` is what the advisor recommends for this machine.

    Args:
        train: `base_model`, and for `auto` all that decides how much memory it takes.
        tokens: longest example, where that is known.

    Raises:
        ConfigError: no such folder, file or hub id, it holds no whole instruct model, or the catalogue is wrong.
        ResourceError: the bundled model is missing.
    """
    model = _choose(train, tokens)
    require_chat_template(model)
    return model


def _choose(train: TrainConfig, tokens: int | None = None) -> ModelRef:
    models = read_catalogue(train.catalogue)
    name, reason = train.base_model, "named in the settings"
    if name == "auto":
        advice = advise(train, tokens=tokens)
        if found := advice.recommended:
            name, reason = found.name, found.reason
        else:
            name, reason = bundled.NAME, f"nothing fits in {advice.total_gb:g} GB: the bundled model"
    return _find(name, models).model_copy(update={"reason": reason})


def resolve_model(name: str, catalogue: str | None = None) -> ModelRef:
    """Find a model by what `train.base_model` takes.

    Args:
        name: `auto`, a name or hub id of the catalogue, another hub id (also `owner/name@commit`), a local folder, or a GGUF
            file.
        catalogue: the user's catalogue.

    Raises:
        ConfigError: no such folder, file or hub id, it holds no model, or the catalogue is wrong.
        ResourceError: the bundled model is missing.
    """
    return _choose(TrainConfig(base_model=name, catalogue=catalogue))


def _find(name: str, models: Sequence[CatalogueModel]) -> ModelRef:
    known = {key: model for model in models for key in (model.name, model.path)}
    entry = known.get(name)
    place = entry.path if entry else name
    if place == BUNDLED:
        return folder_model(bundled.bundled_model())
    path = Path(place).expanduser()
    if path.is_dir():
        return folder_model(path)
    if path.suffix == ".gguf":
        if path.is_file():
            return gguf_model(path)
        raise ConfigError(f"train.base_model: {name}: no such file")
    hub_id, _, commit = place.partition("@")
    if not entry and (path.is_absolute() or place.startswith(".") or hub_id.count("/") != 1):
        names = ", ".join(model.name for model in models)
        raise ConfigError(
            f"train.base_model: {name}: no such folder, GGUF file, hub id (owner/name) or catalogue name ({names})"
        )
    parameters = round(entry.billions * 1e9) if (entry := entry or known.get(hub_id)) else 0
    fingerprint = f"hub:{hub_id}:{commit or _hub_commit(hub_id)}"
    return ModelRef(name=hub_id, location=hub_id, fingerprint=fingerprint, parameters=parameters)


def _hub_commit(hub_id: str) -> str:
    """Return the commit of the model on the hub, from the local cache where the hub does not answer.

    Raises:
        ConfigError: neither the hub nor the cache knows the model.
    """
    from httpx import HTTPError
    from huggingface_hub import HfApi
    from huggingface_hub.constants import HF_HUB_CACHE
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    try:
        commit = HfApi().model_info(hub_id, timeout=10).sha
        if commit:
            return commit
    except (HfHubHTTPError, HTTPError, OfflineModeIsEnabled, OSError, ValueError) as error:
        problem = type(error).__name__
    else:
        problem = "no commit"
    cached = Path(HF_HUB_CACHE) / f"models--{hub_id.replace('/', '--')}" / "refs" / "main"
    if cached.is_file():
        return cached.read_text(encoding="utf-8").strip()
    raise ConfigError(f"train.base_model: {hub_id}: not found on the hub nor in its local cache ({problem})")
