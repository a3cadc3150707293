"""Greedy answers in batches of like length, the same for base and tuned model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from langkah.errors import GenerationError


class Generated(NamedTuple):
    """One answer: its text without special tokens, and whether the model ended it by its end token."""

    text: str
    ended: bool


def generate_answers(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[Sequence[int]],
    *,
    max_new_tokens: int,
    batch_size: int,
    end_tokens: Sequence[int],
    on_batch: Callable[[int, int], None] | None = None,
) -> list[Generated]:
    """Generate one greedy answer for each prompt.

    Args:
        model: a causal LM, with or without an adapter.
        tokenizer: its tokenizer; its pad token fills the left side.
        prompts: token ids of each prompt, as the chat template renders it for generation.
        max_new_tokens: where an answer is cut that the model does not end.
        batch_size: prompts in one batch; longest first, so that memory runs out at once or not at all.
        end_tokens: ids that end an answer.
        on_batch: called with (answers done, answers in all) after each batch.

    Raises:
        GenerationError: a prompt is empty.
    """
    import torch

    if any(not prompt for prompt in prompts):
        raise GenerationError("a prompt has no tokens")
    model.eval()
    device = next(model.parameters()).device
    order = sorted(range(len(prompts)), key=lambda index: (-len(prompts[index]), index))
    answers: list[Generated | None] = [None] * len(prompts)
    done = 0
    for start in range(0, len(order), batch_size):
        batch = order[start : start + batch_size]
        width = max(len(prompts[index]) for index in batch)
        ids = torch.full((len(batch), width), tokenizer.pad_token_id, dtype=torch.long)
        mask = torch.zeros((len(batch), width), dtype=torch.long)
        for line, index in enumerate(batch):
            ids[line, width - len(prompts[index]) :] = torch.tensor(prompts[index])
            mask[line, width - len(prompts[index]) :] = 1
        with torch.inference_mode():
            output = model.generate(
                input_ids=ids.to(device),
                attention_mask=mask.to(device),
                max_new_tokens=max_new_tokens,
                do_sample=False,
                temperature=None,
                top_p=None,
                top_k=None,
                eos_token_id=list(end_tokens),
                pad_token_id=tokenizer.pad_token_id,
                use_cache=True,
            )
        for index, line in zip(batch, output[:, width:].tolist(), strict=True):
            answers[index] = _read(line, tokenizer, frozenset(end_tokens))
        done += len(batch)
        if on_batch:
            on_batch(done, len(prompts))
    return [answer for answer in answers if answer is not None]


def _read(tokens: list[int], tokenizer: Any, end_tokens: frozenset[int]) -> Generated:
    """Cut one line of a batch at its first end token."""
    end = next((place for place, token in enumerate(tokens) if token in end_tokens), None)
    text: str = tokenizer.decode(tokens[:end], skip_special_tokens=True)
    return Generated(text.strip(), end is not None)
