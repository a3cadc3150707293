from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from langkah.errors import ConfigError
from langkah.models import resolve_model


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


@pytest.mark.parametrize("hub", [{"HF_HUB_OFFLINE": "1"}, {"HF_HUB_OFFLINE": "0", "HF_ENDPOINT": "http://127.0.0.1:9"}])
def test_a_hub_model_that_cannot_be_reached_is_one_line(hub: dict[str, str]) -> None:
    # The hub's client reads its settings when it is imported: a process of its own.
    code = "from langkah.models import resolve_model; resolve_model('langkah-tests/no-such-model')"
    ended = subprocess.run([sys.executable, "-c", code], env=os.environ | hub, capture_output=True, text=True, check=False)
    assert "ConfigError: train.base_model: langkah-tests/no-such-model: not found on the hub nor in its" in ended.stderr
