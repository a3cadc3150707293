from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from langkah.errors import ConfigError
from langkah.models import resolve_model
from langkah.models.choice import _qlora_gb, catalogue  # pyright: ignore[reportPrivateUsage]


@pytest.mark.skipif(torch.cuda.is_available(), reason="the machine has a CUDA device")
def test_auto_without_cuda_is_the_bundled_model_and_says_why() -> None:
    model = resolve_model("auto")
    assert model.name == "smollm2-135m-instruct"
    assert model.parameters == 134_515_008
    assert "no CUDA device" in model.reason
    assert Path(model.location, "model.safetensors").is_file()


def test_the_bundled_tokenizer_ends_turns_with_im_end(tokenizer: object) -> None:
    assert getattr(tokenizer, "eos_token", None) == "<|im_end|>"
    assert getattr(tokenizer, "pad_token", None) != "<|im_end|>"


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


@pytest.mark.parametrize("name", ["/no/such/folder", "./nothing", "gpt", "a/b/c"])
def test_an_unknown_name_is_refused_with_what_there_is(name: str) -> None:
    with pytest.raises(ConfigError, match="qwen3-8b"):
        resolve_model(name)


def test_a_hub_model_that_cannot_be_reached_is_one_line() -> None:
    with pytest.raises(ConfigError, match="not found on the hub nor in its local cache"):
        resolve_model("langkah-tests/no-such-model")


def test_the_guides_choice_for_24_gb_is_qwen3_8b() -> None:
    fitting = [model for model in catalogue() if _qlora_gb(model.parameters) <= 24]
    assert max(fitting, key=lambda model: model.ifeval).path == "Qwen/Qwen3-8B"
