from __future__ import annotations

import random
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from langkah.training.examples import ShuffledSteps, like_lengths


@given(st.lists(st.integers(1, 500), min_size=1, max_size=80), st.integers(1, 16), st.integers(0, 5))
def test_each_example_comes_once_an_epoch(lengths: list[int], step: int, epoch: int) -> None:
    order = ShuffledSteps(lengths, step, seed=3)
    order.set_epoch(epoch)
    assert sorted(order) == list(range(len(lengths)))


def test_steps_are_shuffled_differently_each_epoch_and_alike_when_resumed() -> None:
    draw = random.Random(0)
    lengths = [draw.randint(20, 200) for _ in range(160)]
    order = ShuffledSteps(lengths, 8, seed=0)
    epochs: list[list[int]] = []
    for epoch in range(3):
        order.set_epoch(epoch)
        epochs.append(list(order))
    assert epochs[0] != epochs[1] != epochs[2]
    order.set_epoch(1)
    assert list(order) == epochs[1]
    steps = [epochs[0][start : start + 8] for start in range(0, 160, 8)]
    assert all(sorted(step, key=lambda index: -lengths[index]) == step for step in steps)
    means = [sum(lengths[index] for index in step) / 8 for step in steps]
    assert max(means) < 170 and min(means) > 60, "no step is of short or of long examples alone"


@given(st.lists(st.integers(1, 500), min_size=1, max_size=40))
def test_the_parts_of_a_batch_hold_like_lengths_and_each_example_once(lengths: list[int]) -> None:
    parts = like_lengths(lengths)
    assert sorted(place for part in parts for place in part) == list(range(len(lengths)))
    assert all(lengths[place] >= 0.8 * lengths[part[0]] for part in parts for place in part)
    assert all(lengths[one[0]] * 0.8 > lengths[two[0]] for one, two in pairwise(parts))
