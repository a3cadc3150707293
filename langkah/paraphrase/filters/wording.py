"""What two texts have in common as strings of words, and what a paraphrase must keep to the letter."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from rapidfuzz.distance import Levenshtein

from langkah.paraphrase.sentences import KEPT

MAX_CHARS = 400
"""A question longer than this is no longer one that a person types (the original may be)."""

_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|\[[A-Z0-9_]+\]")


def words(text: str) -> list[str]:
    """The words of a text, case folded, without punctuation."""
    return [word.casefold().replace("’", "'") for word in _WORD.findall(text)]


def nearest(own: Sequence[str], others: Iterable[Sequence[str]]) -> tuple[float, float]:
    """How far a text is from the nearest of others, all as words; 1 each where there is no other.

    Returns:
        Levenshtein distance of the word sequences over the length of the longer one, and Jaccard distance of their sets of
        word bigrams (of single words, where one text has no pair); 0 is the same, 1 is nothing in common.
    """
    edit = bigrams = 1.0
    for other in others:
        edit = min(edit, Levenshtein.normalized_distance(own, other))
        bigrams = min(bigrams, bigram_distance(own, other))
    return edit, bigrams


def bigram_distance(one: Sequence[str], other: Sequence[str]) -> float:
    """Jaccard distance of the word bigrams of two texts, 0 to 1."""
    first, second = set(pairwise(one)), set(pairwise(other))
    if not first or not second:
        return float(list(one) != list(other))
    return 1 - len(first & second) / len(first | second)


def kept_content(text: str) -> Counter[str]:
    """What a paraphrase must hold as often as its original: placeholders, quotations, addresses, numbers."""
    return Counter([*KEPT.findall(text), *_NUMBER.findall(text)])
