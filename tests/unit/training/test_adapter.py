"""What is left behind by a training run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from torch.distributed.algorithms._checkpoint.checkpoint_wrapper import checkpoint_wrapper
from transformers import AutoModelForCausalLM

from langkah.training.adapter import adapter_weights


@pytest.fixture
def model(tiny_model: Path) -> Any:
    base = AutoModelForCausalLM.from_pretrained(tiny_model)
    model: Any = get_peft_model(base, LoraConfig(r=4, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM"))
    torch.manual_seed(0)
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            weight.data.normal_()
    return model


def test_layers_that_are_checkpointed_under_fsdp_leave_an_adapter_that_loads(
    model: Any, tiny_model: Path, tmp_path: Path
) -> None:
    plain = adapter_weights(model)
    layers = model.get_base_model().model.layers
    for place, layer in enumerate(layers):
        layers[place] = checkpoint_wrapper(layer)
    wrapped = adapter_weights(model)
    assert wrapped.keys() == plain.keys()
    model.save_pretrained(str(tmp_path), state_dict=wrapped)
    loaded: Any = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(tiny_model), str(tmp_path))
    learned = dict(loaded.named_parameters())
    assert all(torch.equal(learned[name], weight) for name, weight in plain.items())
