from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from langkah.training.examples import LengthBatches


@given(st.lists(st.integers(1, 500), min_size=1, max_size=80), st.integers(1, 16), st.integers(0, 5))
def test_each_example_comes_once_an_epoch(lengths: list[int], batch: int, epoch: int) -> None:
    order = LengthBatches(lengths, batch, seed=3)
    order.set_epoch(epoch)
    assert sorted(order) == list(range(len(lengths)))


def test_like_lengths_share_a_batch_and_epochs_differ() -> None:
    draw = random.Random(0)
    lengths = [draw.randint(20, 200) for _ in range(160)]
    order = LengthBatches(lengths, 8, seed=0)

    def padded(indices: list[int]) -> int:
        return sum(8 * max(lengths[i] for i in indices[start : start + 8]) for start in range(0, 160, 8))

    epochs = []
    for epoch in range(3):
        order.set_epoch(epoch)
        epochs.append(list(order))
    assert epochs[0] != epochs[1] != epochs[2]
    assert all(padded(epoch) < 1.15 * sum(lengths) for epoch in epochs)
    assert padded(list(range(160))) > 1.4 * sum(lengths)
    order.set_epoch(1)
    assert list(order) == epochs[1]
