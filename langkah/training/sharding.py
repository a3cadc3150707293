"""A step's examples dealt to several devices: each once, the same number of batches for each device.

accelerate deals the order out in batches: of `devices` batches in a row, each device takes one. So a step of the optimizer
holds `effective_batch_size` examples that follow one another in the order, whatever the number of devices. What is over at
the end of an epoch is another matter: accelerate would begin again with the first examples, and train on those twice, or,
told not to, give one device a batch less than the others wait for. Here the rest is filled with an example without an
answer: it has no loss, and does not count in the mean.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from langkah.chat import EncodedExample
from langkah.chat.template import IGNORED


def empty_like(example: EncodedExample) -> EncodedExample:
    """Return an example of two tokens that teaches nothing."""
    ids = example.input_ids[:2]
    return EncodedExample(input_ids=ids, labels=[IGNORED] * len(ids))


class FilledOrder:
    """An order of examples, filled to a multiple with a last, empty example.

    Args:
        order: yields the indices of the examples, each once an epoch; has `set_epoch` and a length.
        empty: index of the empty example.
        multiple: batch size of a device x devices.
    """

    def __init__(self, order: Any, empty: int, multiple: int) -> None:
        self.order = order
        self.empty = empty
        self.missing = -len(order) % multiple

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose order is iterated next; called by the trainer."""
        self.order.set_epoch(epoch)

    def __len__(self) -> int:
        return len(self.order) + self.missing

    def __iter__(self) -> Iterator[int]:
        yield from self.order
        yield from [self.empty] * self.missing
