"""Which training examples give the loss and which only watch it, and in what order they come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langkah.chat import ChatEncoder, EncodedExample, check_masks, fit_to_length
from langkah.errors import MaskError
from langkah.records import ChatExample, read_jsonl
from langkah.training.general import general_examples
from langkah.training.recipe import Recipe
from langkah.training.validation import split_validation


@dataclass(frozen=True)
class TrainingData:
    """The examples of a run as token ids with loss masks: what trains, replay included, and what is watched, by part."""

    train: list[EncodedExample]
    watched: dict[str, list[EncodedExample]]
    shortened: int = 0
    """How many training examples were cut or left out to fit `max_length`."""

    @classmethod
    def read(cls, path: Path, recipe: Recipe, encoder: ChatEncoder) -> TrainingData:
        """Read `chat.jsonl`, split it, encode it with the model's template, and check each mask.

        Raises:
            MaskError: an example whose loss mask is wrong, or none to train on.
        """
        examples = list(read_jsonl(path, ChatExample))
        if not examples:
            raise MaskError("no example to train on")
        train, watched = split_validation(
            examples, variants=recipe.validation, intents=recipe.validation_intents, seed=recipe.seed
        )
        train = [*train, *general_examples("replay")[: round(recipe.replay * len(train))]]
        fitted = fit_to_length(encoder, train, recipe.max_length, recipe.too_long)
        parts = {name: fit_to_length(encoder, part, recipe.max_length, recipe.too_long) for name, part in watched.items()}
        for part in (fitted, *parts.values()):
            check_masks(encoder, part.examples, part.encoded)
        if not fitted.examples:
            raise MaskError(f"no example to train on fits {recipe.max_length} tokens")
        return cls(fitted.encoded, {name: part.encoded for name, part in parts.items() if part.encoded}, fitted.too_long)

    @property
    def lengths(self) -> list[int]:
        """Tokens of each training example."""
        return [len(example) for example in self.train]

    def longest(self, count: int) -> list[EncodedExample]:
        """Return the longest training examples: what takes the most memory."""
        return sorted(self.train, key=len, reverse=True)[:count]

    @property
    def validation(self) -> list[EncodedExample]:
        """The watched examples of all parts."""
        return [example for part in self.watched.values() for example in part]


def as_rows(examples: Sequence[EncodedExample]) -> Any:
    """Return examples as a `datasets.Dataset` of `input_ids` and `labels`."""
    from datasets import Dataset

    return Dataset.from_dict({"input_ids": [row.input_ids for row in examples], "labels": [row.labels for row in examples]})


class LengthBatches:
    """Order of examples in which those of like length share a step, and the steps are shuffled each epoch.

    Padding costs a CPU as much as text. Lengths are jittered before sorting, so that steps differ between epochs. The order
    depends on `batch_size` (the effective one), `seed` and epoch alone: a run that is resumed, with smaller batches on each
    device or on more of them, sees in each step the examples that it would have seen.
    """

    def __init__(self, lengths: Sequence[int], batch_size: int, seed: int, jitter: float = 0.1) -> None:
        self.lengths = list(lengths)
        self.batch_size = batch_size
        self.seed = seed
        self.jitter = jitter
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose order is iterated next; called by the trainer."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[int]:
        import numpy as np

        random = np.random.default_rng([self.seed, self.epoch])
        noise = random.uniform(1 - self.jitter, 1 + self.jitter, len(self.lengths))
        order = np.argsort(np.asarray(self.lengths) * noise, kind="stable")
        batches = [order[start : start + self.batch_size] for start in range(0, len(order), self.batch_size)]
        ragged = batches.pop() if len(batches[-1]) < self.batch_size else None
        shuffled = [batches[place] for place in random.permutation(len(batches))]
        for batch in [*shuffled, *([] if ragged is None else [ragged])]:
            yield from batch.tolist()
