from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from langkah.errors import ConfigError
from langkah.models import resolve_model


def test_a_folder_is_known_by_its_content_not_its_place(tiny_model: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(tiny_model, copy)
    one, two = resolve_model(str(tiny_model)), resolve_model(str(copy))
    assert one.fingerprint == two.fingerprint
    assert one.parameters == sum(weight.numel() for weight in _weights(tiny_model))
    data = bytearray((copy / "model.safetensors").read_bytes())
    data[-1] ^= 1
    (copy / "model.safetensors").write_bytes(data)
    assert resolve_model(str(copy)).fingerprint != one.fingerprint


def _weights(folder: Path) -> list[torch.Tensor]:
    from safetensors.torch import load_file

    return list(load_file(folder / "model.safetensors").values())


@pytest.mark.parametrize("missing", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_folder_that_is_no_model_is_named(tiny_model: Path, tmp_path: Path, missing: str) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(tiny_model, copy)
    (copy / missing).unlink()
    with pytest.raises(ConfigError, match=r"train\.base_model: .*copy"):
        resolve_model(str(copy))
