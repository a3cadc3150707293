"""Models whose files are there, and cannot be used: each is a line that names the model and what is wrong with it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from langkah.errors import ConfigError
from langkah.models import resolve_model
from langkah.models.architecture import read_architecture
from langkah.models.loading import load_model, load_tokenizer


@pytest.fixture
def folder(tiny_model: Path, tmp_path: Path) -> Path:
    shutil.copytree(tiny_model, tmp_path / "acme")
    return tmp_path / "acme"


def set_config(folder: Path, **fields: Any) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | fields))


def set_weights(folder: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


REMOTE = {"model_type": "acme", "auto_map": {"AutoConfig": "acme.Config", "AutoModelForCausalLM": "acme.Model"}}


@pytest.mark.parametrize("fields", [{"model_type": "acme"}, REMOTE], ids=["unknown kind", "code of its own"])
def test_a_model_of_an_unknown_kind_is_named_and_its_code_is_not_run(folder: Path, fields: dict[str, Any]) -> None:
    set_config(folder, **fields)
    (folder / "acme.py").write_text(f"open({str(folder / 'ran')!r}, 'w')")
    for read in (read_architecture, load_model):
        with pytest.raises(ConfigError, match=r"train\.base_model: acme: its .* cannot be loaded \(ValueError: The ") as caught:
            read(resolve_model(str(folder)))
        assert len(caught.value.problems) == 1
        assert "\n" not in str(caught.value)
    assert not (folder / "ran").exists()


def test_a_damaged_tokenizer_is_named(folder: Path) -> None:
    (folder / "tokenizer.json").write_text('{"version": ')
    with pytest.raises(ConfigError, match=r"train\.base_model: acme: its tokenizer cannot be loaded \(JSONDecodeError"):
        load_tokenizer(resolve_model(str(folder)))


def test_weights_of_another_config_are_named(folder: Path) -> None:
    set_config(folder, hidden_size=128)
    with pytest.raises(ConfigError, match=r"train\.base_model: acme: its weights .*sizes differ from its config\.json"):
        load_model(resolve_model(str(folder)))


def test_weights_that_would_be_made_up_are_named(folder: Path) -> None:
    set_weights(folder, lambda weights: weights.pop("model.layers.1.mlp.up_proj.weight"))
    with pytest.raises(ConfigError, match=r"lack 1 of the weights \(model\.layers\.1\.mlp\.up_proj\.weight"):
        load_model(resolve_model(str(folder)))


@pytest.mark.parametrize("load_in_4bit", [False, True])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_named(folder: Path, value: float, load_in_4bit: bool) -> None:
    name = "model.layers.1.mlp.up_proj.weight"
    set_weights(folder, lambda weights: weights[name].__setitem__((3, 5), value))
    with pytest.raises(ConfigError, match=rf"train\.base_model: acme: its weights are not finite \({name}\)"):
        load_model(resolve_model(str(folder)), load_in_4bit=load_in_4bit)


def test_an_adapter_that_does_not_fit_is_named(tiny_model: Path, tmp_path: Path) -> None:
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, LlamaConfig

    wider: Any = AutoModelForCausalLM.from_config(
        LlamaConfig(vocab_size=100, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2)
    )
    get_peft_model(wider, LoraConfig(r=2, target_modules=["q_proj"], task_type="CAUSAL_LM")).save_pretrained(tmp_path)
    with pytest.raises(ConfigError, match=r"the adapter was trained for another base model: it does not fit tiny\d"):
        load_model(resolve_model(str(tiny_model)), adapter=tmp_path)


def test_4_bit_weights_that_fsdp_will_deal_out_are_no_numbers_and_are_not_refused_for_that(folder: Path) -> None:
    loaded = load_model(resolve_model(str(folder)), load_in_4bit=True, sharded=True)
    weight = loaded.model.layers[0].self_attn.q_proj.weight
    assert weight.dtype == torch.float32
    assert not weight.isfinite().all(), "bits of 4-bit numbers, stored under the name of another type"
