from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from langkah.artifacts import Manifest, Provenance
from langkah.errors import ConfigError
from langkah.models import ModelRef, resolve_model
from langkah.models.adapters import require_own_base


def manifest(model: ModelRef, kind: str = "adapter") -> Manifest:
    parameters: dict[str, Any] = {"recipe": {"base_model": model.model_dump(mode="json")}} if kind == "adapter" else {}
    made = Provenance(step="train", version=1, parameters=parameters)
    return Manifest(kind=kind, digest="d" * 64, created="", files=(), provenance=made, langkah="0", git_revision=None)


def test_an_adapter_goes_on_its_own_base_wherever_that_lies(tiny_model: Path) -> None:
    model = resolve_model(str(tiny_model))
    require_own_base(manifest(model.model_copy(update={"location": "/elsewhere", "reason": "the best"})), model)


def test_an_adapter_of_another_base_is_refused(tiny_model: Path, babbling_model: Path) -> None:
    one, other = resolve_model(str(tiny_model)), resolve_model(str(babbling_model))
    said = rf"adapter dddddddddddd was trained on {one.name} .* set train\.base_model={tiny_model}, or train again"
    with pytest.raises(ConfigError, match=said) as caught:
        require_own_base(manifest(one), other)
    assert len(caught.value.problems) == 1
    with pytest.raises(ConfigError, match="of the same name, with other weights"):
        require_own_base(manifest(one), other.model_copy(update={"name": one.name}))


def test_another_artifact_is_no_adapter(tiny_model: Path) -> None:
    model = resolve_model(str(tiny_model))
    with pytest.raises(ConfigError, match="expected an adapter that Langkah trained, got an artifact of kind dataset"):
        require_own_base(manifest(model, "dataset"), model)
