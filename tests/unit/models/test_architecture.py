from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from langkah.errors import ConfigError
from langkah.models import ModelRef, resolve_model
from langkah.models.architecture import Architecture, read_architecture
from langkah.models.known_models import CatalogueModel, read_catalogue

COUNTED = {
    "qwen3-8b": 8_190_735_360,
    "qwen3-4b": 4_022_468_096,
    "qwen2.5-14b-instruct": 14_770_033_664,
    "qwen2.5-7b-instruct": 7_615_616_512,
    "llama-3.1-8b-instruct": 8_030_261_248,
    "gemma-3-12b-it": 11_766_034_176,
    "smollm2-135m-instruct": 134_515_008,
}
"""Parameters of the text part, as their makers count them."""


@pytest.mark.parametrize("model", read_catalogue(), ids=lambda model: model.name)
def test_the_catalogues_sizes_make_the_parameters_that_the_model_has(model: CatalogueModel) -> None:
    shape, counted = model.shape, COUNTED[model.name]
    assert shape.parameters == pytest.approx(counted, rel=1e-3)
    assert model.billions == pytest.approx(counted / 1e9, rel=0.05)


def test_the_sizes_of_a_folder_are_those_of_its_weights(tiny_model: Path) -> None:
    model = resolve_model(str(tiny_model))
    shape = Architecture.of_folder(tiny_model)
    assert shape == read_architecture(model)
    assert shape.parameters == model.parameters


def test_a_config_of_a_model_that_sees_gives_the_sizes_of_its_text(tmp_path: Path) -> None:
    text = {
        "num_hidden_layers": 2,
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_attention_heads": 4,
        "vocab_size": 100,
        "max_position_embeddings": 512,
    }
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "sees", "vision_config": {}, "text_config": text}))
    shape = Architecture.of_folder(tmp_path)
    assert (shape.kv_heads, shape.head_size, shape.intermediate) == (4, 16, 96)


def test_lora_parameters_are_those_that_peft_trains(tiny_model: Path) -> None:
    from peft import LoraConfig, get_peft_model

    from langkah.models.loading import load_model
    from langkah.training.recipe import TARGET_MODULES

    reference = resolve_model(str(tiny_model))
    loaded = get_peft_model(load_model(reference), LoraConfig(r=4, target_modules=list(TARGET_MODULES)))
    trained, _ = loaded.get_nb_trainable_parameters()
    assert Architecture.of_folder(tiny_model).lora_parameters(4) == trained


def test_a_size_that_is_missing_is_named() -> None:
    with pytest.raises(ValidationError, match="layers"):
        Architecture.model_validate({"hidden": 64, "heads": 4, "vocabulary": 100, "context": 64})


def test_a_model_that_is_no_decoder_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "vit", "hidden_size": 64}))
    reference = ModelRef(name="eyes", location=str(tmp_path), fingerprint="folder:0", parameters=0)
    with pytest.raises(ConfigError, match="eyes: its config does not say the sizes"):
        read_architecture(reference)
