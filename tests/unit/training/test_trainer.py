from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from langkah.training.trainer import answer_loss


@pytest.fixture
def model(tiny_model: Path) -> Any:
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(0)
    base = AutoModelForCausalLM.from_pretrained(tiny_model)
    return get_peft_model(base, LoraConfig(r=4, target_modules=["q_proj", "down_proj"], init_lora_weights=False))


@pytest.fixture
def batch() -> dict[str, torch.Tensor]:
    torch.manual_seed(1)
    ids = torch.randint(3, 40_000, (3, 20))
    labels = ids.clone()
    labels[:, :8] = -100
    labels[1, 15:] = -100
    mask = torch.ones_like(ids)
    mask[1, 15:] = 0
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}


def test_loss_and_gradients_are_those_of_the_model_itself(model: Any, batch: dict[str, torch.Tensor]) -> None:
    answer_loss(model, batch).backward()
    ours = {name: weight.grad.clone() for name, weight in model.named_parameters() if weight.grad is not None}
    model.zero_grad()
    expected = model(**batch).loss
    expected.backward()
    assert answer_loss(model, batch).item() == pytest.approx(expected.item(), abs=1e-5)
    assert ours
    for name, weight in model.named_parameters():
        if weight.grad is not None:
            assert torch.allclose(ours[name], weight.grad, atol=1e-6), name


def test_a_part_of_a_larger_batch_weighs_by_its_tokens(model: Any, batch: dict[str, torch.Tensor]) -> None:
    halves = [{name: value[rows] for name, value in batch.items()} for rows in (slice(0, 1), slice(1, 3))]
    learned = int((batch["labels"][:, 1:] != -100).sum())
    parts = sum(answer_loss(model, half, learned).item() for half in halves)
    assert parts == pytest.approx(answer_loss(model, batch).item(), abs=1e-5)
