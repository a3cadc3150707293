"""What is tried when training runs out of memory: smaller batches with the same effective batch, then shorter examples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from langkah.training.recipe import Recipe

MOST: Final = 3
"""How many smaller recipes are tried."""
_SHORTEST: Final = 64
"""Tokens; nothing useful is learned from less."""


def smaller_recipe(recipe: Recipe) -> Recipe | None:
    """Return the recipe that takes the next less memory, None where there is none.

    The batch of a device is halved while the accumulation is doubled, so that each step of the optimizer learns from the same
    examples: where halves do not divide them, the next smaller batch that does. Batches of one get shorter examples instead,
    by a quarter, by the dataset's policy for what is too long.
    """
    batch = recipe.per_device_batch_size
    if batch > 1:
        examples = batch * recipe.gradient_accumulation_steps
        smaller = next(size for size in range(batch // 2, 0, -1) if examples % size == 0)
        return recipe.model_copy(update={"per_device_batch_size": smaller, "gradient_accumulation_steps": examples // smaller})
    shorter = recipe.max_length * 3 // 4 // _SHORTEST * _SHORTEST
    return recipe.model_copy(update={"max_length": shorter}) if _SHORTEST <= shorter < recipe.max_length else None


def recipes_to_try(recipe: Recipe) -> Iterator[Recipe]:
    """Give the recipe itself, and then at most three that take less memory."""
    current: Recipe | None = recipe
    for _ in range(MOST + 1):
        if current is None:
            return
        yield current
        current = smaller_recipe(current)


def advice(tried: list[Recipe]) -> str:
    """Say what was tried, and the smallest change that may fit."""
    last = tried[-1]
    batches = ", ".join(f"{recipe.per_device_batch_size} of up to {recipe.max_length} tokens" for recipe in tried)
    following = smaller_recipe(last)
    if following and following.max_length == last.max_length:
        change = f"train.per_device_batch_size={following.per_device_batch_size}"
    elif not last.load_in_4bit:
        change = "train.load_in_4bit=true (QLoRA), or a smaller train.base_model"
    elif following:
        change = f"chat.max_length={following.max_length}, or a smaller train.base_model"
    else:
        change = "a smaller train.base_model (`langkah models` tells which fit)"
    return f"training does not fit into memory: tried batches of {batches}; the smallest change that may fit: {change}"
