from __future__ import annotations

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from langkah.records import ChatExample
from langkah.training.examples import LengthBatches, split_validation


def examples(intents: int, variants: int) -> list[ChatExample]:
    return [
        ChatExample(intent=f"i{intent}", prompt=f"{intent} {variant}", completion="1. a", original=variant == 0)
        for intent in range(intents)
        for variant in range(variants)
    ]


def test_validation_takes_one_paraphrase_of_a_tenth_of_the_intents() -> None:
    rows = examples(40, 3)
    train, validation = split_validation(rows, 0.1, seed=0)
    assert len(validation) == 4
    assert max(Counter(row.intent for row in validation).values()) == 1
    assert not any(row.original for row in validation)
    assert sorted([*train, *validation], key=lambda row: row.prompt) == sorted(rows, key=lambda row: row.prompt)


def test_validation_never_takes_all_and_all_windows_of_a_prompt_go_together() -> None:
    only_originals = examples(5, 1)
    assert split_validation(only_originals, 0.5, 0) == (only_originals, [])
    windows = [row for row in examples(10, 2) for _ in range(3)]
    train, validation = split_validation(windows, 0.1, 0)
    assert len(validation) == 3
    assert {row.prompt for row in train}.isdisjoint(row.prompt for row in validation)


def test_validation_does_not_depend_on_order() -> None:
    rows = examples(30, 3)
    assert set(split_validation(rows, 0.1, 0)[1]) == set(split_validation(rows[::-1], 0.1, 0)[1])
    assert set(split_validation(rows, 0.1, 0)[1]) != set(split_validation(rows, 0.1, 1)[1])


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
