"""Which base model an adapter is of: on another it loads where the sizes are the same, and answers nonsense."""

from __future__ import annotations

from typing import Any

from langkah.artifacts import Manifest
from langkah.errors import ConfigError
from langkah.models.ref import ModelRef


def require_own_base(adapter: Manifest, model: ModelRef) -> None:
    """Refuse an adapter that was trained on other weights than the model's.

    Args:
        adapter: the manifest that its training left.
        model: that it would be put on.

    Raises:
        ConfigError: it is of another base model, or no adapter.
    """
    recipe: Any = adapter.provenance.parameters.get("recipe")
    if adapter.kind != "adapter" or not recipe:
        raise ConfigError(f"expected an adapter that Langkah trained, got an artifact of kind {adapter.kind}")
    base = ModelRef.model_validate(recipe["base_model"])
    if base.fingerprint != model.fingerprint:
        same = " of the same name, with other weights" if base.name == model.name else ""
        raise ConfigError(
            f"adapter {adapter.digest[:12]} was trained on {base.name} ({base.fingerprint[:19]}), and train.base_model is"
            f" {model.name} ({model.fingerprint[:19]}){same}: set train.base_model={base.pinned}, or train again"
        )
