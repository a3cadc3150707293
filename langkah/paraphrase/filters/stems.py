"""Words by stem, and which of them carry what a question is about."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from langkah.paraphrase.filters.wording import words
from langkah.paraphrase.frames import load_families
from langkah.paraphrase.lexicon import Tongue, load_lexicon

_FIELD = re.compile(r"\{\w+\}")
_FUNCTION = (
    "question_words", "auxiliaries", "subject_pronouns", "determiners", "prepositions", "conjunctions", "finite_words",
    "second_person", "clause_openers", "company_words",
)  # fmt: skip
"""Word lists of a lexicon that say nothing of what is asked."""
_ENDINGS = (("'s", 3), ("ies", 2), ("ied", 2), ("ing", 3), ("es", 3), ("ed", 3), ("s", 3), ("e", 3))
"""Of English words, with the letters that must be left."""
_MORE = {
    "en": (
        "i'm i'd i've it's there's me us them him her so too also please just not no thank thanks there here anyone someone way"
        " use"
    ),
    "id": (
        "yang dan di ke dari itu ini ya sih dong nih ada adalah juga saja lagi dengan pada para oleh akan guna cara biar agar"
        " caranya langkahnya suatu sebuah secara"
    ),
}


@lru_cache(maxsize=100_000)
def stem(word: str, tongue: Tongue) -> str:
    """The stem of a word in lower case: Sastrawi's for Indonesian, the word less its ending for English."""
    if tongue == "en":
        return _english(word)
    # Sastrawi drops all but ASCII letters, digits and hyphens: a foreign script stays as it is.
    return str(_sastrawi().stem(word)) or word


def all_stems(text: str, tongue: Tongue) -> frozenset[str]:
    """The stems of all words of a text."""
    return frozenset(stem(word, tongue) for word in words(text))


def content_stems(text: str, tongue: Tongue) -> frozenset[str]:
    """The stems of a text that tell what is asked.

    Left out are words of asking (those of the frames: "steps", "guide", "langkah") and of grammar; where nothing else is
    there, words of asking are what it is about ("How do I get help?").
    """
    said = [word for word in words(text) if word not in _grammar(tongue)]
    telling = [word for word in said if word not in _asking(tongue)]
    return frozenset(stem(word, tongue) for word in telling or said or words(text))


class StemSets:
    """The stems of many texts, as numbers end to end: `members` of all, and where each text's begin (`starts`, one more)."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._stems: list[str] = []
        self._members = array("i")
        self._starts = array("q", [0])

    @classmethod
    def of(cls, sets: Iterable[frozenset[str]]) -> StemSets:
        """Take the stems of texts in."""
        made = cls()
        for each in sets:
            made.add(each)
        return made

    def add(self, stems: frozenset[str]) -> int:
        """Take a text in; return its place."""
        for each in sorted(stems):
            number = self._numbers.setdefault(each, len(self._stems))
            if number == len(self._stems):
                self._stems.append(each)
            self._members.append(number)
        self._starts.append(len(self._members))
        return len(self) - 1

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, place: int) -> NDArray[np.int32]:
        return self.members[self._starts[place] : self._starts[place + 1]]

    @property
    def members(self) -> NDArray[np.int32]:
        """The stems' numbers; no more may be added while they are held."""
        return np.frombuffer(self._members, dtype=np.int32) if self._members else np.empty(0, dtype=np.int32)

    @property
    def starts(self) -> NDArray[np.int64]:
        """Where each text's stems begin."""
        return np.frombuffer(self._starts, dtype=np.int64)

    def lengths(self) -> NDArray[np.int64]:
        """Stems of each text."""
        return np.diff(self.starts)

    def stem(self, number: int) -> str:
        """The stem of a number."""
        return self._stems[number]

    def place_of(self, stem: str) -> int | None:
        """The number of a stem; None: no text has it."""
        return self._numbers.get(stem)

    def counts(self) -> NDArray[np.int64]:
        """In how many texts each stem is."""
        return np.bincount(self.members, minlength=len(self._stems))

    def postings(self, counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The texts of each stem end to end, and where each stem's begin."""
        order = np.argsort(self.members, kind="stable")
        texts = np.repeat(np.arange(len(self)), self.lengths())[order]
        return texts, np.concatenate(([0], np.cumsum(counts)))

    def of_places(self, places: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The stems of some texts end to end, and for each of them which of `places` it is of."""
        lengths = self.lengths()[places]
        pair = np.repeat(np.arange(len(places)), lengths)
        within = np.arange(len(pair)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return self.members[self.starts[places][pair] + within].astype(np.int64), pair


@cache
def _asking(tongue: Tongue) -> frozenset[str]:
    return frozenset(
        word
        for family in load_families()
        if family.language == tongue
        for templates in (family.action, family.topic, family.question, family.problem)
        for template in templates
        for word in words(_FIELD.sub(" ", template))
    )


@cache
def _grammar(tongue: Tongue) -> frozenset[str]:
    lexicon = load_lexicon(tongue)
    listed = [each for name in _FUNCTION for each in lexicon.words.get(name, frozenset[str]())]
    return frozenset([*listed, *_MORE[tongue].split()])


def _english(word: str) -> str:
    """Take the ending off: `printing`, `prints`, `printed` -> `print`; `hiding`, `hides`, `hide` -> `hid`."""
    for ending, least in _ENDINGS:
        base = word.removesuffix(ending)
        if base == word or len(base) < least or (ending == "s" and base.endswith(("s", "u", "i"))):
            continue
        if ending in ("ies", "ied"):
            return base + "y"
        if ending in ("ing", "ed") and len(base) > 3 and base[-1] == base[-2] and base[-1] not in "lsz":
            return base[:-1]
        return base.removesuffix("e") if len(base) > 3 else base
    return word


@cache
def _sastrawi() -> Any:
    from Sastrawi.Stemmer.StemmerFactory import StemmerFactory

    return StemmerFactory().create_stemmer()
