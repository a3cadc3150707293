"""Texts as sets of hashed word shingles, as numpy arrays: what near-duplicates are measured on.

Function words, list numbers and plural endings are dropped first, so that "How can I reset the passwords?" is "Reset
password". Character shingles were tried and left out: on runs of four characters, long prompts that differ in "wired" and
"wireless" reach 0.82 and in "Windows 10" and "Windows 11" 0.92, as much as true repeats with a typing error.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib import resources
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from langkah.same_text import normalize, text_hash

Shingles = NDArray[np.uint64]
"""Sorted, each once."""
Numbers = NDArray[np.int64]

_LIST_MARK = re.compile(r"(?m)^\s*(?:\d{1,3}[.)]|[-*•])\s+")
_MULTIPLIERS = np.array(
    [0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F],
    dtype=np.uint64,
)

_EDGE = 0xE4A6A0577479B2B4
"""The hash of the empty word: what stands before the first word and behind the last."""


@cache
def _function_words() -> frozenset[str]:
    text = (resources.files("langkah.splitting") / "function_words.txt").read_text(encoding="utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())


def without_list_marks(text: str) -> str:
    """The text with the step numbers or bullets at the start of its lines taken away."""
    return _LIST_MARK.sub("", text)


def content_words(text: str) -> list[str]:
    """The words that tell what a text is about, in order; never empty.

    All words where only function words are left, and the bare text where it holds no word.
    """
    words = normalize(text).split()
    content = [_singular(word) for word in words if word not in _function_words()]
    return content or words or [text.strip()]


def _singular(word: str) -> str:
    """Fold the English plural (after Harman's S stemmer, 1991): categories, addresses, accounts."""
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-2] if word.endswith(("sses", "xes", "ches", "shes")) else word[:-1]


class Shingler:
    """Turns texts into shingle sets; keeps what it found of the words it has met."""

    def __init__(self) -> None:
        self._words = _Words()

    def sets(self, texts: Sequence[str], sizes: tuple[int, ...]) -> tuple[Shingles, Numbers]:
        """The sets of runs of `sizes` content words (up to 5) of some texts, both ends of a text counted as a word.

        With the ends, a word changed at an end counts as much as one in the middle.

        Returns:
            The sets end to end, and how many members each has.
        """
        words = [self._content(text) for text in texts]
        counts = np.array([len(each) for each in words], dtype=np.int64)
        flat = np.fromiter(chain.from_iterable(words), dtype=np.uint64, count=int(counts.sum()))
        runs = np.sum([counts + size - 1 for size in sizes], axis=0)  # of each text
        starts = np.cumsum(runs) - runs
        found = np.empty(int(runs.sum()), dtype=np.uint64)
        filled = starts.copy()
        for size in sizes:
            of_size = counts + size - 1
            found[_spread(filled, of_size)] = _runs(flat, counts, size)
            filled += of_size
        ends = starts + runs
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            found[start:end].sort()
        first = np.ones(len(found), dtype=np.bool_)
        first[1:] = found[1:] != found[:-1]
        first[starts] = True
        return found[first], np.add.reduceat(first, starts, dtype=np.int64) if len(starts) else starts

    def _content(self, text: str) -> list[int]:
        known = self._words
        words = [number for word in normalize(text).split() if (number := known[word])]
        return words or list(map(text_hash, content_words(text)))  # function words alone, or none


def _runs(words: Shingles, counts: Numbers, size: int) -> Shingles:
    """The hashes of all runs of `size` words, of one text after the other: `counts` of words in each."""
    padded = counts + 2 * (size - 1)
    starts = np.cumsum(padded) - padded
    row = np.full(int(padded.sum()), _EDGE, dtype=np.uint64)
    row[_spread(starts + size - 1, counts)] = words
    at = _spread(starts, counts + size - 1)
    sums = row[at] * _MULTIPLIERS[0]
    for place in range(1, size):
        sums += row[at + place] * _MULTIPLIERS[place]
    return _mix(sums + np.uint64(size))


def _spread(starts: Numbers, counts: Numbers) -> Numbers:
    """So many places from each start on, end to end."""
    return np.repeat(starts - np.cumsum(counts) + counts, counts) + np.arange(int(counts.sum()))


class _Words(dict[str, int]):
    """The hash of the singular of each word that is met; 0 of a function word."""

    def __missing__(self, word: str) -> int:
        self[word] = 0 if word in _function_words() else text_hash(_singular(word))
        return self[word]


def _mix(values: Shingles) -> Shingles:
    """The finalizer of MurmurHash3: spreads the sums over all 64 bits."""
    values = (values ^ (values >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    values = (values ^ (values >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return values ^ (values >> np.uint64(33))


def jaccard(first: Shingles, second: Shingles) -> float:
    """Shared shingles over all shingles of two sets, 0 to 1."""
    shared = len(np.intersect1d(first, second, assume_unique=True))
    return shared / (len(first) + len(second) - shared)
