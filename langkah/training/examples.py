"""Which training examples give the loss and which only watch it, and in what order they come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langkah.chat import ChatEncoder, EncodedExample, check_masks, fit_to_length
from langkah.errors import MaskError
from langkah.records import ChatExample
from langkah.row_files import read_jsonl
from langkah.training.general import general_examples
from langkah.training.recipe import Recipe
from langkah.training.tokens import read_tokens, tokens_path, write_tokens
from langkah.training.validation import split_validation

_TRAIN = "train"


@dataclass(frozen=True)
class TrainingData:
    """The examples of a run as token ids with loss masks: what trains, replay included, and what is watched, by part."""

    train: list[EncodedExample]
    watched: dict[str, list[EncodedExample]]
    shortened: int = 0
    """How many training examples were cut or left out to fit `max_length`."""

    @classmethod
    def of(cls, path: Path, recipe: Recipe, encoder: ChatEncoder, work: Path) -> TrainingData:
        """As `read`, but what was read before for the work folder is not tokenized again."""
        kept = tokens_path(work, path, recipe)
        if found := read_tokens(kept):
            parts, shortened = found
            return cls(parts.pop(_TRAIN), parts, shortened)
        data = cls.read(path, recipe, encoder)
        write_tokens(kept, {_TRAIN: data.train, **data.watched}, data.shortened)
        return data

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


class ShuffledSteps:
    """Order of examples: shuffled each epoch, and those of one step of the optimizer by length, the longest first.

    Padding costs as much as text. What shares a *step* is left to chance: steps of like lengths weigh the tokens of short
    answers more than those of long ones, and cost .05 of validation loss (184 answers, one epoch, two seeds). What shares a
    *batch* within a step makes no difference to what is learned. The order depends on `step_size` (the effective batch),
    `seed` and epoch alone: a run that is resumed, with smaller batches on each device or on more of them, sees in each step
    the examples that it would have seen.
    """

    def __init__(self, lengths: Sequence[int], step_size: int, seed: int) -> None:
        self.lengths = list(lengths)
        self.step_size = step_size
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose order is iterated next; called by the trainer."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[int]:
        import numpy as np

        order: list[int] = np.random.default_rng([self.seed, self.epoch]).permutation(len(self.lengths)).tolist()
        for start in range(0, len(order), self.step_size):
            yield from sorted(order[start : start + self.step_size], key=lambda index: (-self.lengths[index], index))


def like_lengths(lengths: Sequence[int], share: float = 0.8) -> list[list[int]]:
    """Part a batch: in each part no example is shorter than `share` of the longest.

    Args:
        lengths: tokens of each example.
        share: a smaller one gives fewer parts and more padding.

    Returns:
        Places of the examples, part by part, the longest first.
    """
    parts: list[list[int]] = []
    for place in sorted(range(len(lengths)), key=lambda place: -lengths[place]):
        if parts and lengths[place] >= share * lengths[parts[-1][0]]:
            parts[-1].append(place)
        else:
            parts.append([place])
    return parts
