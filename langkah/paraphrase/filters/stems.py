"""Words by stem, and which of them carry what a question is about."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any

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
