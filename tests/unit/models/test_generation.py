from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from langkah.chat import ChatEncoder
from langkah.errors import GenerationError
from langkah.models import resolve_model
from langkah.models.generation import generate_answers
from langkah.models.loading import load_model

PROMPTS = ["How do I dim the lamp?", "Stop", "How do I move a file from one folder to another folder on the same disk?"]


@pytest.fixture(scope="module")
def model(tiny_model: Path) -> Any:
    """The tiny model with its weights made large: as they are, it repeats one special token whatever it is asked."""
    import torch

    loaded = load_model(resolve_model(str(tiny_model)))
    with torch.no_grad():
        for weight in loaded.model.layers.parameters():
            if weight.dim() > 1:
                weight.mul_(20)
    return loaded


def answers(model: Any, tokenizer: Any, **settings: Any) -> Any:
    encoder = ChatEncoder(tokenizer)
    settings = {"max_new_tokens": 12, "batch_size": 8, "end_tokens": encoder.end_tokens, **settings}
    return generate_answers(model, tokenizer, [encoder.prompt_ids(prompt) for prompt in PROMPTS], **settings)


def test_batches_answer_as_one_by_one_does(model: Any, tokenizer: Any) -> None:
    together = answers(model, tokenizer)
    assert together == answers(model, tokenizer, batch_size=1) == answers(model, tokenizer, batch_size=2)
    assert all(answer.text for answer in together)
    assert len(set(together)) == len(together)


def test_answers_come_in_the_order_of_the_prompts_and_are_cut_at_the_limit(model: Any, tokenizer: Any) -> None:
    encoder = ChatEncoder(tokenizer)
    alone = [
        generate_answers(
            model, tokenizer, [encoder.prompt_ids(prompt)], max_new_tokens=12, batch_size=1, end_tokens=encoder.end_tokens
        )[0]
        for prompt in PROMPTS
    ]
    assert answers(model, tokenizer) == alone
    assert not any(answer.ended for answer in alone)


def test_an_answer_ends_at_its_end_token(model: Any, tokenizer: Any) -> None:
    whole = max(answers(model, tokenizer), key=lambda answer: len(answer.text))
    place = answers(model, tokenizer).index(whole)
    first = tokenizer(whole.text, add_special_tokens=False)["input_ids"][3]
    cut = answers(model, tokenizer, end_tokens=[first])[place]
    assert cut.ended
    assert whole.text.startswith(cut.text)
    assert len(cut.text) < len(whole.text)


def test_progress_counts_answers(model: Any, tokenizer: Any) -> None:
    seen: list[tuple[int, int]] = []
    answers(model, tokenizer, batch_size=2, on_batch=lambda done, total: seen.append((done, total)))
    assert seen == [(2, 3), (3, 3)]


def test_an_empty_prompt_is_an_error(model: Any, tokenizer: Any) -> None:
    with pytest.raises(GenerationError):
        generate_answers(model, tokenizer, [[]], max_new_tokens=2, batch_size=1, end_tokens=[0])
