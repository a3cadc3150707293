"""Which base model an adapter is of: on another it loads where the sizes are the same, and answers nonsense."""

from __future__ import annotations

from typing import Any

from langkah.artifacts import Manifest
from langkah.errors import ConfigError, ResourceError
from langkah.models.choice import resolve_model
from langkah.models.ref import ModelRef


def base_of(adapter: Manifest) -> ModelRef:
    """Return the base model that an adapter was trained on.

    Args:
        adapter: the manifest that its training left.

    Raises:
        ConfigError: it is no adapter.
    """
    recipe: Any = adapter.provenance.parameters.get("recipe")
    if adapter.kind != "adapter" or not recipe:
        raise ConfigError(f"expected an adapter that Langkah trained, got an artifact of kind {adapter.kind}")
    return ModelRef.model_validate(recipe["base_model"])


def find_base(adapter: Manifest) -> ModelRef:
    """Find the base model of an adapter on this machine or on the hub.

    Raises:
        ConfigError: it is no adapter.
        ResourceError: those weights are not there.
    """
    base = base_of(adapter)
    try:
        found = resolve_model(base.pinned)
    except ConfigError:
        found = None
    if found is None or found.fingerprint != base.fingerprint:
        raise ResourceError(
            f"the base model of adapter {adapter.digest[:12]}, {base.name} ({base.fingerprint[:19]}), is not at {base.pinned}:"
            " bring it back"
        )
    return found


def require_own_base(adapter: Manifest, model: ModelRef) -> None:
    """Refuse an adapter that was trained on other weights than the model's.

    Args:
        adapter: the manifest that its training left.
        model: that it would be put on.

    Raises:
        ConfigError: it is of another base model, or no adapter.
    """
    base = base_of(adapter)
    if base.fingerprint != model.fingerprint:
        same = " of the same name, with other weights" if base.name == model.name else ""
        raise ConfigError(
            f"adapter {adapter.digest[:12]} was trained on {base.name} ({base.fingerprint[:19]}), and train.base_model is"
            f" {model.name} ({model.fingerprint[:19]}){same}: set train.base_model={base.pinned}, or train again"
        )
