"""What is watched while training: loss on answers that the run does not train on, by part."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from langkah.chat import EncodedExample
from langkah.chat.template import IGNORED
from langkah.records import ChatExample
from langkah.training.ranks import summed

VARIANTS: Final = "variants"
"""Part: other wordings of questions whose answers are trained. Its loss falls as the answers are learned."""
INTENTS: Final = "intents"
"""Part: whole intents, question and answer unseen. Its loss rises once answers are learned by heart."""
_FEW: Final = 20
"""With fewer intents none is spared to be watched whole."""


def split_validation(
    examples: Sequence[ChatExample], *, variants: float, intents: float, seed: int
) -> tuple[list[ChatExample], dict[str, list[ChatExample]]]:
    """Set examples aside to be watched, by stable hash: never eval, never hold-out, which judge the finished adapter alone.

    Args:
        examples: the training side of a dataset version.
        variants: share of the intents of which one paraphrase each is watched; originals always train.
        intents: share of the intents that are watched whole, where there are at least 20.
        seed: chooses which.

    Returns:
        Training examples, and watched examples by part, each in the order of `examples`; no part is empty, and where too
        little would be left to train on, all train.
    """
    names = sorted({example.intent for example in examples}, key=lambda intent: _hash(seed, intent))
    whole = set(_unlike_others(examples, names)[: round(intents * len(names))] if len(names) >= _FEW else ())
    paraphrases: dict[str, set[str]] = {}
    for example in examples:
        if not example.original and example.intent not in whole:
            paraphrases.setdefault(example.intent, set()).add(example.prompt)
    chosen = [name for name in names if name in paraphrases][: round(variants * len(names))]
    watched = {(name, min(paraphrases[name], key=lambda prompt: _hash(seed, prompt))) for name in chosen}
    parts = {
        VARIANTS: [example for example in examples if (example.intent, example.prompt) in watched],
        INTENTS: [example for example in examples if example.intent in whole],
    }
    train = [e for e in examples if e.intent not in whole and (e.intent, e.prompt) not in watched]
    if not train:
        return list(examples), {}
    return train, {name: part for name, part in parts.items() if part}


def _unlike_others(examples: Sequence[ChatExample], names: Sequence[str]) -> list[str]:
    """Return the intents whose answer no other has: one that is trained elsewhere would not show what is learned by heart."""
    owners: dict[str, set[str]] = {}
    for example in examples:
        owners.setdefault(" ".join(example.completion.split()), set()).add(example.intent)
    shared = {name for same in owners.values() if len(same) > 1 for name in same}
    return [name for name in names if name not in shared]


def watched_losses(trainer: Any, parts: Mapping[str, list[EncodedExample]]) -> dict[str, float]:
    """Return the mean loss in nats on the answers' tokens of each part, and of all of them as `loss`.

    Memory stays that of one batch: no logits are kept. In batches of like length, longest first, dealt to the processes of
    the run.
    """
    import torch

    trainer.model.eval()
    sums: dict[str, tuple[float, float]] = {}
    with torch.no_grad(), trainer.compute_loss_context_manager():
        for name, examples in parts.items():
            total, tokens = 0.0, 0
            for batch, counts in _dealt(_batches(examples, trainer.args.per_device_eval_batch_size), trainer.args):
                rows = [{"input_ids": row.input_ids, "labels": row.labels} for row in batch]
                learned = sum(label != IGNORED for row in batch for label in row.labels[1:])
                loss = float(trainer.compute_loss(trainer.model, trainer._prepare_inputs(trainer.data_collator(rows))))
                total += loss * learned * counts
                tokens += learned * counts
            total, tokens = summed([total, tokens])
            sums[name] = total, tokens
    losses = {f"{name}_loss": total / tokens for name, (total, tokens) in sums.items()}
    return {"loss": sum(total for total, _ in sums.values()) / sum(tokens for _, tokens in sums.values()), **losses}


def _batches(examples: Sequence[EncodedExample], size: int) -> Iterator[list[EncodedExample]]:
    ordered = sorted(examples, key=len, reverse=True)
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]


def _dealt(batches: Iterable[list[EncodedExample]], args: Any) -> Iterator[tuple[list[EncodedExample], bool]]:
    """Yield the batches of this process, and whether each counts: all have as many, since the loss of each is a meeting."""
    dealt = list(batches)
    for first in range(0, len(dealt), args.world_size):
        place = first + args.process_index
        yield dealt[min(place, len(dealt) - 1)], place < len(dealt)


def _hash(seed: int, text: str) -> str:
    return hashlib.sha256(f"{seed}\0{text}".encode()).hexdigest()
