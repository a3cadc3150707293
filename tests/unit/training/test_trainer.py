from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import torch

from langkah.models.onednn import available
from langkah.training.onednn import use_onednn
from langkah.training.trainer import answer_loss, loss_in_parts


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


@pytest.mark.parametrize("shared", [0, 5, 24, 40])
def test_loss_and_gradients_are_those_of_the_model_itself(model: Any, batch: dict[str, torch.Tensor], shared: int) -> None:
    batch = begin_alike(batch, shared)
    own = copy.deepcopy(model)
    if available():
        use_onednn(model)
    answer_loss(model, batch).backward()
    ours = {name: weight.grad.clone() for name, weight in model.named_parameters() if weight.grad is not None}
    expected = own(**batch).loss
    expected.backward()
    assert answer_loss(model, batch).item() == pytest.approx(expected.item(), abs=1e-5)
    assert ours
    for name, weight in own.named_parameters():
        if weight.grad is not None:
            assert torch.allclose(ours[name], weight.grad, atol=1e-6), name


def test_what_all_rows_begin_with_is_computed_once(model: Any, batch: dict[str, torch.Tensor]) -> None:
    seen: list[tuple[int, ...]] = []
    model.get_base_model().get_decoder().embed_tokens.register_forward_hook(lambda *call: seen.append(tuple(call[1][0].shape)))
    answer_loss(model, begin_alike(batch, 24))
    # The prompts are alike for 24 tokens; the hidden state of the last of them may be what an answer begins from.
    assert seen == [(1, 23), (3, 21)]
    seen.clear()
    answer_loss(model, {name: value[:1] for name, value in begin_alike(batch, 24).items()})
    assert seen == [(1, 44)]


def begin_alike(batch: dict[str, torch.Tensor], tokens: int) -> dict[str, torch.Tensor]:
    """The batch with the same tokens, which give no loss, before each row."""
    head = {
        "input_ids": torch.arange(100, 100 + tokens),
        "attention_mask": torch.ones(tokens, dtype=torch.long),
        "labels": torch.full((tokens,), -100),
    }
    return {name: torch.cat([head[name].expand(len(value), -1), value], dim=1) for name, value in batch.items()}


def test_a_part_of_a_larger_batch_weighs_by_its_tokens(model: Any, batch: dict[str, torch.Tensor]) -> None:
    halves = [{name: value[rows] for name, value in batch.items()} for rows in (slice(0, 1), slice(1, 3))]
    learned = int((batch["labels"][:, 1:] != -100).sum())
    parts = sum(answer_loss(model, half, learned).item() for half in halves)
    assert parts == pytest.approx(answer_loss(model, batch).item(), abs=1e-5)


def test_a_batch_in_parts_of_like_length_has_the_loss_and_gradients_of_the_whole(
    model: Any, batch: dict[str, torch.Tensor]
) -> None:
    answer_loss(model, batch).backward()
    whole = {name: weight.grad.clone() for name, weight in model.named_parameters() if weight.grad is not None}
    model.zero_grad()
    loss = loss_in_parts(model, batch)
    loss.backward()
    assert loss.item() == pytest.approx(answer_loss(model, batch).item(), abs=1e-5)
    assert whole
    for name, weight in model.named_parameters():
        if weight.grad is not None:
            assert torch.allclose(whole[name], weight.grad, atol=1e-6), name
