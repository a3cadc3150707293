from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from langkah.config import TrainConfig
from langkah.errors import ConfigError
from langkah.models import resolve_base, resolve_model


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
    return list(load_file(folder / "model.safetensors").values())


def _is_gone(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).unlink()


def _is_pickled(folder: Path) -> None:
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()


def _is_cut_off(length: int) -> Callable[[Path], object]:
    return lambda folder: os.truncate(folder / "model.safetensors", length)


def _lacks_a_shard(folder: Path) -> None:
    index = {"weight_map": {"a": "model.safetensors", "b": "model-00002.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (_is_gone("config.json"), "expected a model folder with a config.json"),
        (lambda folder: (folder / "config.json").write_text("[]"), "expected a model folder with a config.json"),
        (_is_gone("tokenizer.json"), "has no tokenizer"),
        (_is_gone("model.safetensors"), "has no weights in safetensors$"),
        (_is_pickled, r"only pytorch_model\.bin, and pickled weights are never loaded: save it as safetensors"),
        (_is_cut_off(0), r"model\.safetensors: is cut off"),
        (_is_cut_off(100), r"model\.safetensors: is cut off"),
        (_is_cut_off(50_000), r"model\.safetensors: has 50,000 bytes of 12,\d+,\d+: copy or download the model again"),
        (_lacks_a_shard, r"model-00002\.safetensors is missing"),
        (_is_gone("chat_template.jinja"), "its tokenizer has no chat template; choose an instruct model"),
    ],
)
def test_a_folder_that_is_no_whole_model_is_refused_before_any_work(
    tiny_model: Path, tmp_path: Path, harm: Callable[[Path], object], said: str
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(tiny_model, copy)
    harm(copy)
    with pytest.raises(ConfigError, match=said) as caught:
        resolve_base(TrainConfig(base_model=str(copy)))
    (line,) = caught.value.problems
    assert re.match(r"train\.base_model: .*copy", line)


def test_an_encoder_of_sentences_needs_no_chat_template(tiny_model: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_model, tmp_path / "copy")
    (tmp_path / "copy" / "chat_template.jinja").unlink()
    assert resolve_model(str(tmp_path / "copy")).parameters == resolve_model(str(tiny_model)).parameters
