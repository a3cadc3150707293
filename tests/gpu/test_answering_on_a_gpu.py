"""What a model says on an NVIDIA GPU, and how the card is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from langkah.chat import ChatEncoder
from langkah.models import resolve_model
from langkah.models.devices import detect_device
from langkah.models.generation import generate_answers
from langkah.models.loading import load_model

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]
PROMPTS = ["How do I dim the lamp?", "Stop", "Bagaimana cara mengganti kata sandi?", "Where is the menu, and what is in it?"]


def test_a_gpu_is_told_by_name() -> None:
    device = detect_device()
    assert device.name == torch.cuda.get_device_name(0)
    assert device.total == torch.cuda.get_device_properties(0).total_memory


def test_batches_answer_as_transformers_does_one_by_one(babbling_model: Path, tokenizer: Any) -> None:
    """In fp32: in bf16 a batch rounds otherwise."""
    encoder = ChatEncoder(tokenizer)
    prompts = [encoder.prompt_ids(prompt) for prompt in PROMPTS]
    model = load_model(resolve_model(str(babbling_model)), load_in_4bit=False).float().eval()
    assert model.device.type == "cuda"
    ends = list(encoder.end_tokens)
    expected = []
    for prompt in prompts:
        ids = torch.tensor([prompt], device=model.device)
        output = model.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=24, do_sample=False,
            eos_token_id=ends, pad_token_id=0,
        )  # fmt: skip
        expected.append(tuple(token for token in output[0, len(prompt) :].tolist() if token not in ends))
    found = generate_answers(model, tokenizer, prompts, max_new_tokens=24, batch_size=8, end_tokens=ends)
    assert [answer.tokens for answer in found] == expected
