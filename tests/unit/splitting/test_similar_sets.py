"""Pairs of like sets, against the comparison of each with each."""

from __future__ import annotations

import random
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from langkah.splitting import similar_sets as room
from langkah.splitting.shingles import Shingles
from langkah.splitting.similar_sets import Numbers, SetTable, similar_sets


def a_set(members: set[int]) -> Shingles:
    """Hashes of small numbers, spread over 64 bits as those of words are."""
    return np.unique(np.array([(member * 0x9E3779B97F4A7C15 + 1) % (1 << 64) for member in members], dtype=np.uint64))


def similarity(one: set[int], other: set[int]) -> float:
    return len(one & other) / len(one | other)


def drawn(count: int, words: int, seed: int) -> list[set[int]]:
    """Sets of two to 40 members, a third of which are an earlier one with a member or two changed."""
    source = random.Random(seed)
    sets: list[set[int]] = []
    for number in range(count):
        if number % 3 == 2:
            changed = set(source.choice(sets))
            for _ in range(source.randint(0, 2)):
                changed.add(source.randrange(words))
            sets.append(changed)
        else:
            sets.append({source.randrange(words) for _ in range(source.randint(2, 40))})
    return sets


def found(sets: list[set[int]], threshold: float) -> dict[tuple[int, int], float]:
    pairs: dict[tuple[int, int], float] = {}
    for block in similar_sets(SetTable.of(map(a_set, sets)), threshold):
        pairs.update({(int(one), int(other)): float(how) for one, other, how in zip(*block, strict=True)})
    return pairs


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.8, 0.9, 1.0])
@pytest.mark.parametrize("words", [30, 3000])
def test_no_pair_is_missed_and_none_is_invented(threshold: float, words: int, monkeypatch: pytest.MonkeyPatch) -> None:
    sets = drawn(150, words, seed=words)
    expected = {
        (one, other): how
        for one, other in combinations(range(len(sets)), 2)
        if (how := similarity(sets[one], sets[other])) >= threshold
    }
    assert expected
    assert found(sets, threshold) == pytest.approx(expected)
    monkeypatch.setattr(room, "_BLOCK", 64)  # the same, were they thousands of blocks
    monkeypatch.setattr(room, "_CROWD", 3)
    assert found(sets, threshold) == pytest.approx(expected)


@given(st.lists(st.sets(st.integers(0, 12), min_size=1, max_size=8), max_size=12), st.floats(0.05, 1))
def test_any_sets_at_any_threshold(sets: list[set[int]], threshold: float) -> None:
    expected = [pair for pair in combinations(range(len(sets)), 2) if similarity(sets[pair[0]], sets[pair[1]]) >= threshold]
    assert sorted(found(sets, threshold)) == expected


class Joined:
    """Union-find over sets, and how many pairs were asked for."""

    def __init__(self, size: int) -> None:
        self.parent = np.arange(size)

    def roots(self, sets: Numbers) -> Numbers:
        return self.parent[sets]

    def join(self, one: int, other: int) -> None:
        low, high = sorted((self.parent[one], self.parent[other]))
        self.parent[self.parent == high] = low


def test_a_crowd_that_is_one_group_is_not_compared_each_with_each() -> None:
    alike = [{*range(100), 1000 + number} for number in range(300)]
    others = [{*range(2000 + 50 * number, 2040 + 50 * number)} for number in range(50)]
    table, joined, pairs = SetTable.of(map(a_set, [*alike, *others])), Joined(350), 0
    for block in similar_sets(table, 0.9, joined):
        pairs += len(block.first)
        for one, other in zip(block.first.tolist(), block.second.tolist(), strict=True):
            joined.join(one, other)
    assert joined.roots(np.arange(300)).tolist() == [0] * 300
    assert joined.roots(np.arange(300, 350)).tolist() == list(range(300, 350))
    assert pairs < 400


def test_equal_sets_are_one_class() -> None:
    table = SetTable.of(map(a_set, [{1, 2}, {3}, {2, 1}, {3}, {1, 2, 3}]))
    assert table.classes().tolist() == [0, 1, 0, 1, 4]
    assert [each.tolist() for each in (table[2], table[4])] == [a_set({1, 2}).tolist(), a_set({1, 2, 3}).tolist()]
    assert len(SetTable.of([])) == 0 and SetTable.of([]).classes().tolist() == []
    assert list(similar_sets(SetTable.of([]), 0.5)) == []
