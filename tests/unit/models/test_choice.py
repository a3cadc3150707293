from __future__ import annotations

from pathlib import Path

import pytest
import torch

from langkah.errors import ConfigError
from langkah.models import resolve_model


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


@pytest.mark.parametrize("name", ["/no/such/folder", "./nothing", "gpt", "a/b/c"])
def test_an_unknown_name_is_refused_with_what_there_is(name: str) -> None:
    with pytest.raises(ConfigError, match="qwen3-8b"):
        resolve_model(name)


def test_a_hub_model_that_cannot_be_reached_is_one_line() -> None:
    with pytest.raises(ConfigError, match="not found on the hub nor in its local cache"):
        resolve_model("langkah-tests/no-such-model")
