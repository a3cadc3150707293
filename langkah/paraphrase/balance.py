"""How many paraphrases each intent is due, so that rare topics are not drowned by frequent ones.

A topic is the word that most connects an intent with others: of the content words of its prompt that are no verbs, the one
that most other prompts have, unless more than a fifth of all have it ("account" in a FAQ about accounts tells nothing).
Sources would be the plain choice, and fail on real data: a help centre's source is a page, with one intent each, and a
spreadsheet's is the file, with all of them.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from functools import cache
from typing import Final, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from langkah.config import ParaphraseConfig
from langkah.paraphrase.filters.stems import StemSets, content_stems, stem
from langkah.paraphrase.lexicon import Tongue, load_lexicon
from langkah.records import Record

MOST: Final = 5
"""Paraphrases of an intent: the guide asks for 3-5."""
_TONGUES: Final[tuple[Tongue, ...]] = get_args(Tongue)
_NO: Final = 2**31
"""Rank of a word that is no topic."""
_COMMON: Final = 0.2
_FEW: Final = 10.0
"""A word of more than a fifth of the prompts, and of more than ten, is no topic."""


class TopicShare(Record):
    """The topics of one size, and what balancing gave them."""

    intents: int = Field(description="of each of these topics")
    topics: int
    before: int = Field(description="prompts with `variants` paraphrases each, over all of these topics")
    due: int = Field(description="prompts with as many as are due")
    after: int = Field(description="prompts that there are: what the filters admitted")


class Topics:
    """The topic of each record, a number each; records are added once, in the order that numbers them.

    Args:
        stems: the content stems of the prompts of each language, where `add` puts them.
    """

    def __init__(self, stems: Mapping[Tongue, StemSets]) -> None:
        self._stems = stems
        self._tongues = array("b")
        self._places = array("q")

    def add(self, tongue: Tongue, prompt: str) -> int:
        """Take a record in; return the place of its prompt among those of its language."""
        place = self._stems[tongue].add(content_stems(prompt, tongue))
        self._tongues.append(_TONGUES.index(tongue))
        self._places.append(place)
        return place

    def numbers(self) -> NDArray[np.int64]:
        """The topic of each record: a word that it shares with others, of one language, or one of its own."""
        most = max(_FEW, _COMMON * len(self._places))
        told = {tongue: _telling(sets, tongue, most) for tongue, sets in self._stems.items()}
        found = np.arange(len(self._places), dtype=np.int64)  # its own, unless a word is found
        base = len(self._places)
        first = {tongue: base + sum(map(len, list(told.values())[:at])) for at, tongue in enumerate(told)}
        for at, (number, place) in enumerate(zip(self._tongues, self._places, strict=True)):
            tongue = _TONGUES[number]
            # The one that most prompts have; of those, the first in the alphabet.
            rank, stem_number = min(
                ((told[tongue][each], each) for each in self._stems[tongue][place].tolist()), default=(_NO, 0)
            )
            if rank < _NO:
                found[at] = first[tongue] + stem_number
        return found


def _telling(sets: StemSets, tongue: Tongue, most: float) -> list[int]:
    """The rank of each stem as a topic: by the prompts that have it, the most first; `_NO` of those that are none."""
    counts, verbs = sets.counts().tolist(), _verbs(tongue)
    stems = [sets.stem(number) for number in range(len(counts))]
    ranks = [_NO] * len(counts)
    for rank, number in enumerate(sorted(range(len(counts)), key=lambda number: (-counts[number], stems[number]))):
        each = stems[number]
        if 1 < counts[number] <= most and len(each) > 1 and not each.isdigit() and each not in verbs:
            ranks[number] = rank
    return ranks


def targets(topics: NDArray[np.int64], config: ParaphraseConfig) -> NDArray[np.int64]:
    """How many paraphrases each intent is due.

    With `balance: topics`, a topic is due as many prompts as one of median size (over intents) has with `variants`
    paraphrases an intent; an intent never gets fewer than `variants`, nor more than five.

    Args:
        topics: of each intent, (intents,).
        config: `variants` and `balance`.
    """
    if config.balance == "off" or not config.variants or not len(topics):
        return np.full(len(topics), config.variants)
    sizes = _sizes(topics)
    due = float(np.median(sizes)) * (config.variants + 1)
    return np.clip(np.rint(due / sizes).astype(np.int64) - 1, config.variants, max(MOST, config.variants))


def distribution(
    topics: NDArray[np.int64], due: NDArray[np.int64], got: NDArray[np.int64], variants: int
) -> tuple[TopicShare, ...]:
    """Prompts by size of topic, the smallest first.

    Args:
        topics: of each intent, (intents,).
        due: paraphrases due to each.
        got: paraphrases that each got.
        variants: paraphrases that each would be due without balancing.
    """
    sizes, place = np.unique(_sizes(topics), return_inverse=True)
    intents = np.bincount(place, minlength=len(sizes))
    asked, made = (np.bincount(place, weights=1 + counts, minlength=len(sizes)).astype(np.int64) for counts in (due, got))
    return tuple(
        TopicShare(intents=size, topics=n // size, before=n * (1 + variants), due=wanted, after=there)
        for size, n, wanted, there in zip(*(each.tolist() for each in (sizes, intents, asked, made)), strict=True)
    )


def _sizes(topics: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many intents the topic of each has."""
    _, place, counts = np.unique(topics, return_inverse=True, return_counts=True)
    return counts[place]


@cache
def _verbs(tongue: Tongue) -> frozenset[str]:
    lexicon = load_lexicon(tongue)
    verbs = lexicon.words["verbs"] | (lexicon.words["plain_verbs"] if tongue == "id" else frozenset())
    nouns = frozenset[str]().union(
        *(lexicon.words.get(kind, frozenset()) for kind in ("common_nouns", "own_nouns", "mass_nouns"))
    )
    return frozenset(stem(verb, tongue) for verb in verbs - nouns)
