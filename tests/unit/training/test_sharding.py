from __future__ import annotations

import random

from accelerate.data_loader import BatchSamplerShard
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import BatchSampler

from langkah.training.examples import ShuffledSteps
from langkah.training.sharding import FilledOrder


def dealt(examples: int, batch: int, devices: int, accumulation: int, epoch: int) -> list[list[list[int]]]:
    """The batches of each device, as accelerate deals them."""
    lengths = random.Random(0).choices(range(10, 500), k=examples)
    order = ShuffledSteps(lengths, batch * devices * accumulation, seed=3)
    filled = FilledOrder(order, empty=examples, multiple=batch * devices)
    filled.set_epoch(epoch)
    batches = BatchSampler(filled, batch, drop_last=False)
    return [list(BatchSamplerShard(batches, devices, rank)) for rank in range(devices)]


@given(st.integers(1, 90), st.integers(1, 4), st.integers(2, 5), st.integers(1, 4), st.integers(0, 3))
def test_each_example_comes_once_and_no_device_waits(
    examples: int, batch: int, devices: int, accumulation: int, epoch: int
) -> None:
    ranks = dealt(examples, batch, devices, accumulation, epoch)
    assert len({len(batches) for batches in ranks}) == 1
    seen = [index for batches in ranks for each in batches for index in each if index != examples]
    assert sorted(seen) == list(range(examples))


@given(st.integers(1, 90), st.integers(0, 3))
def test_a_step_holds_the_same_examples_whatever_the_devices(examples: int, epoch: int) -> None:
    def steps(batch: int, devices: int, accumulation: int) -> list[set[int]]:
        ranks = dealt(examples, batch, devices, accumulation, epoch)
        return [
            {index for batches in ranks for each in batches[start : start + accumulation] for index in each} - {examples}
            for start in range(0, len(ranks[0]), accumulation)
        ]

    assert steps(12, 1, 1) == steps(3, 2, 2) == steps(2, 3, 2) == steps(1, 4, 3)
