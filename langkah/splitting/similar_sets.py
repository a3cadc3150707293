"""All pairs of sets whose Jaccard similarity reaches a threshold: exact, in numpy, for millions of sets.

Two sets that are alike share one of their rarest members: of a set x, one of |x| - ceil(t|x|) + 1 (prefix filtering: Chaudhuri,
Ganti and Kaushik 2006; Bayardo, Ma and Srikant, "Scaling up all pairs similarity search", WWW 2007). What shares one is a
candidate, unless lengths or 256-bit bitmaps prove otherwise (Sandes, Teodoro and Melo, "Bitmap filter", 2020); the rest is
counted.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from langkah.splitting.shingles import Numbers, Shingles, jaccard

_BLOCK: Final = 1 << 20
"""Members, or candidate pairs, that are looked at together."""
_BUCKETS: Final = 1 << 22
"""In which members are counted: which are rare need not be known to one."""
_CROWD: Final = 32
"""Sets that share a rare member; from so many on, they are compared with the first of them before each with each."""
_WORDS: Final = 4
"""Of 64 bits, in a bitmap."""


class Groups(Protocol):
    """Sets that are in one group already: whether two of them are alike need not be known."""

    def roots(self, sets: Numbers) -> Numbers:
        """Return a name of the group of each set."""
        ...


class SimilarSets(NamedTuple):
    """Some pairs, by the places of the sets, the lower first."""

    first: Numbers
    second: Numbers
    similarity: NDArray[np.float64]


class SetTable:
    """Sets of 64-bit hashes end to end: `values` of all, and where each begins (`starts`, one more than there are sets).

    They lie in a file without a name in `folder`; the system's for temporary files if None, which may be memory.
    """

    def __init__(self, values: Shingles, starts: Numbers, folder: Path | None = None) -> None:
        self.values = values
        self.starts = starts
        self._folder = folder

    @classmethod
    def of(cls, sets: Iterable[Shingles], folder: Path | None = None) -> SetTable:
        """Lay sets end to end; each sorted, and none of them empty."""
        writer = SetWriter(folder)
        for each in sets:
            writer.add(each)
        return writer.table()

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, place: int) -> Shingles:
        return self.values[self.starts[place] : self.starts[place + 1]]

    @property
    def lengths(self) -> Numbers:
        """Members of each set."""
        return np.diff(self.starts)

    def classes(self) -> Numbers:
        """Return, for each set, the first that is equal to it: by 128 bits made of its members."""
        if not len(self):
            return np.empty(0, dtype=np.int64)
        marks = np.empty((len(self), 2), dtype=np.uint64)
        marks[:, 0] = np.add.reduceat(self.values, self.starts[:-1])
        for rows in self._blocks():
            part = self.values[self.starts[rows.start] : self.starts[rows.stop]]
            mixed = (part ^ (part >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
            marks[rows, 1] = np.add.reduceat(mixed ^ (mixed >> np.uint64(32)), self._within(rows))
        _, first, inverse = np.unique(marks, axis=0, return_index=True, return_inverse=True)
        return first[inverse.reshape(-1)].astype(np.int64)

    def take(self, places: Numbers) -> SetTable:
        """Return a table of some of the sets; itself where all are taken in order."""
        if len(places) == len(self) and (places == np.arange(len(self))).all():
            return self
        return SetTable.of((self[int(place)] for place in places), self._folder)

    def _blocks(self) -> Iterator[slice]:
        """Runs of sets with about `_BLOCK` members together."""
        start = 0
        while start < len(self):
            stop = int(np.searchsorted(self.starts, self.starts[start] + _BLOCK, side="right"))
            stop = min(max(stop, start + 1), len(self))
            yield slice(start, stop)
            start = stop

    def _within(self, rows: slice) -> Numbers:
        return self.starts[rows] - self.starts[rows.start]

    def bitmaps(self) -> Shingles:
        """Return 256 bits a set, (sets, 4): bit `v mod 256` for each member v."""
        found = np.zeros((len(self), _WORDS), dtype=np.uint64)
        for rows in self._blocks():
            part = self.values[self.starts[rows.start] : self.starts[rows.stop]]
            bits = np.uint64(1) << (part & np.uint64(63))
            word = (part >> np.uint64(6)) & np.uint64(_WORDS - 1)
            for place in range(_WORDS):
                found[rows, place] = np.bitwise_or.reduceat(np.where(word == place, bits, np.uint64(0)), self._within(rows))
        return found

    def rare_members(self, threshold: float) -> tuple[Shingles, Numbers]:
        """Return the rarest members of each set, as many as two alike cannot both lack, and the set of each."""
        seen = np.zeros(_BUCKETS, dtype=np.int64)
        for start in range(0, len(self.values), _BLOCK):
            seen += np.bincount(_bucket(self.values[start : start + _BLOCK]), minlength=_BUCKETS)
        members: list[Shingles] = []
        owners: list[Numbers] = []
        lengths = self.lengths
        most = lengths - np.ceil(threshold * lengths - 1e-9).astype(np.int64) + 1
        for rows in self._blocks():
            part = self.values[self.starts[rows.start] : self.starts[rows.stop]]
            owner = np.repeat(np.arange(rows.start, rows.stop), lengths[rows])
            order = np.lexsort((part, seen[_bucket(part)], owner))
            rank = np.arange(len(part)) - np.repeat(self._within(rows), lengths[rows])
            chosen = rank < most[owner]
            members.append(part[order[chosen]])
            owners.append(owner[chosen])
        if not members:
            return np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.int64)
        return np.concatenate(members), np.concatenate(owners)


class SetWriter:
    """Sets on their way into a table: in a file, so that memory holds where each begins."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._file = TemporaryFile(buffering=_BLOCK, dir=folder)  # noqa: SIM115 - closed by `table`
        self._lengths = array("q")

    def add(self, members: Shingles) -> None:
        """Add a set: sorted, and not empty."""
        self.add_all(members, [len(members)])

    def add_all(self, members: Shingles, lengths: Iterable[int]) -> None:
        """Add sets that lie end to end, of so many members each."""
        self._file.write(members.data)
        self._lengths.extend(lengths)

    def table(self) -> SetTable:
        """Return the table; nothing is added after that."""
        starts = np.zeros(len(self._lengths) + 1, dtype=np.int64)
        np.cumsum(self._lengths, out=starts[1:])
        with self._file:
            if not starts[-1]:
                return SetTable(np.empty(0, dtype=np.uint64), starts, self._folder)
            self._file.flush()
            values = np.memmap(self._file, dtype=np.uint64, mode="r", shape=(int(starts[-1]),))  # outlives the handle
        return SetTable(values.view(np.ndarray), starts, self._folder)


def _bucket(members: Shingles) -> Numbers:
    return (members % np.uint64(_BUCKETS)).astype(np.int64)


def similar_sets(table: SetTable, threshold: float, groups: Groups | None = None) -> Iterator[SimilarSets]:
    """Find the pairs of different sets whose Jaccard similarity reaches a threshold; a pair may come more than once.

    Args:
        table: the sets; equal ones are best left out (`classes`), since each would be paired with each.
        threshold: above 0 and up to 1.
        groups: where given, pairs of one group are left out; who is given a pair may join their groups before he goes on.

    Yields:
        Some pairs at a time.
    """
    bitmaps, lengths = table.bitmaps(), table.lengths
    for first, second in _candidates(table, threshold, groups):
        low, high = np.minimum(lengths[first], lengths[second]), np.maximum(lengths[first], lengths[second])
        may = low >= threshold * high - 1e-9
        first, second = first[may], second[may]
        apart = np.bitwise_count(bitmaps[first] ^ bitmaps[second]).sum(axis=1, dtype=np.int64)
        whole = lengths[first] + lengths[second]
        shared = (whole - apart) / 2  # at most: each bit that differs is a member of one alone
        may = shared >= threshold * (whole - shared) - 1e-9
        first, second = first[may], second[may]
        if groups:
            may = groups.roots(first) != groups.roots(second)
            first, second = first[may], second[may]
        counted = [jaccard(table[one], table[other]) for one, other in zip(first.tolist(), second.tolist(), strict=True)]
        similarity = np.array(counted, dtype=np.float64)
        alike = similarity >= threshold
        if alike.any():
            yield SimilarSets(first[alike], second[alike], similarity[alike])


def _candidates(table: SetTable, threshold: float, groups: Groups | None) -> Iterator[tuple[Numbers, Numbers]]:
    """Pairs of sets that share a rare member, the lower first, each once in a block."""
    members, owners = table.rare_members(threshold)
    order = np.lexsort((owners, members))
    owners, members = owners[order], members[order]
    starts = np.flatnonzero(np.concatenate(([True], members[1:] != members[:-1]))) if len(members) else np.empty(0, np.int64)
    counts = np.diff(np.append(starts, len(members)))
    del members, order
    for count in np.unique(counts[counts > 1]).tolist():
        of_count = starts[counts == count]
        if count >= _CROWD:
            for start in of_count.tolist():
                yield from _crowd(owners[start : start + count], groups)
            continue
        one, other = np.triu_indices(count, k=1)
        at_once = max(1, _BLOCK // len(one))
        for begin in range(0, len(of_count), at_once):
            together = owners[of_count[begin : begin + at_once, None] + np.arange(count)]  # (members, sets)
            yield _once(together[:, one].ravel(), together[:, other].ravel(), len(table))


def _crowd(sets: Numbers, groups: Groups | None) -> Iterator[tuple[Numbers, Numbers]]:
    """Pairs of many sets that share one member: each with the first, then each with each that are in no group together yet."""
    if groups:
        yield np.full(len(sets) - 1, sets[0]), sets[1:]
    for place in range(len(sets) - 1):
        others = sets[place + 1 :]
        if groups:
            roots = groups.roots(sets[place:])
            if (roots == roots[0]).all():  # and so are all behind
                return
            others = others[roots[1:] != roots[0]]
        yield np.full(len(others), sets[place]), others


def _once(first: Numbers, second: Numbers, size: int) -> tuple[Numbers, Numbers]:
    keys: Any = np.unique(first * size + second)
    return keys // size, keys % size
