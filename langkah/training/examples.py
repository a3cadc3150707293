"""Which training examples give the loss and which only watch it, and in what order they come."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langkah.chat import ChatEncoder, EncodedExample, check_masks
from langkah.errors import MaskError
from langkah.records import ChatExample, read_jsonl
from langkah.training.recipe import Recipe


@dataclass(frozen=True)
class TrainingData:
    """The examples of a run as token ids with loss masks: what trains, and what is watched meanwhile."""

    train: list[EncodedExample]
    validation: list[EncodedExample]

    @classmethod
    def read(cls, path: Path, recipe: Recipe, tokenizer: Any) -> TrainingData:
        """Read `chat.jsonl`, split it, encode it with the model's template, and check each mask.

        Raises:
            MaskError: an example whose loss mask is wrong, or none to train on.
        """
        encoder = ChatEncoder(tokenizer)
        sides = split_validation(list(read_jsonl(path, ChatExample)), recipe.validation, recipe.seed)
        train, validation = ([encoder.encode(example) for example in side] for side in sides)
        for side, encoded in zip(sides, (train, validation), strict=True):
            check_masks(encoder, side, encoded)
        if not train:
            raise MaskError("no example to train on")
        return cls(train, validation)

    @property
    def lengths(self) -> list[int]:
        """Tokens of each training example."""
        return [len(example) for example in self.train]

    def train_rows(self) -> Any:
        """Return the training examples as a `datasets.Dataset` of `input_ids` and `labels`."""
        return _rows(self.train)

    def validation_rows(self) -> Any:
        """Return the validation examples likewise, None where there are none."""
        return _rows(self.validation) if self.validation else None


def _rows(examples: list[EncodedExample]) -> Any:
    from datasets import Dataset

    return Dataset.from_dict({"input_ids": [row.input_ids for row in examples], "labels": [row.labels for row in examples]})


def split_validation(examples: Sequence[ChatExample], share: float, seed: int) -> tuple[list[ChatExample], list[ChatExample]]:
    """Set one paraphrase each of a share of the intents aside, by stable hash; originals always train.

    Returns:
        (training examples, validation examples), each in the order of `examples`.
    """
    paraphrases: dict[str, set[str]] = {}
    for example in examples:
        if not example.original:
            paraphrases.setdefault(example.intent, set()).add(example.prompt)
    intents = sorted(paraphrases, key=lambda intent: _hash(seed, intent))
    chosen = intents[: round(share * len({example.intent for example in examples}))]
    watched = {(intent, min(paraphrases[intent], key=lambda prompt: _hash(seed, prompt))) for intent in chosen}
    train = [example for example in examples if (example.intent, example.prompt) not in watched]
    validation = [example for example in examples if (example.intent, example.prompt) in watched]
    return (train, validation) if train else (list(examples), [])


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


def _hash(seed: int, text: str) -> str:
    return hashlib.sha256(f"{seed}\0{text}".encode()).hexdigest()
