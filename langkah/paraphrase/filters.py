"""Which paraphrases are admitted, and why others are not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

from rapidfuzz.distance import Levenshtein

from langkah.paraphrase.sentences import KEPT

MAX_CHARS = 400
"""A question longer than this is no longer one that a person types (the original may be)."""

_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|\[[A-Z0-9_]+\]")


class RejectReason(StrEnum):
    """Why a paraphrase was not admitted."""

    too_close = "too close to another variant of its intent"
    lost_content = "a placeholder, number or quotation was lost"
    changed_language = "the language changed"
    too_long = "too long"
    collision = "equal to a prompt or variant of another intent"


def normalize(text: str) -> str:
    """What two prompts have in common that differ in case, blanks or punctuation only."""
    return " ".join(words(text))


def words(text: str) -> list[str]:
    """The words of a text, case folded, without punctuation."""
    return [word.casefold().replace("’", "'") for word in _WORD.findall(text)]


def distance(one: str, other: str) -> float:
    """Levenshtein distance of the word sequences over the length of the longer one: 0 (same words) to 1."""
    return Levenshtein.normalized_distance(words(one), words(other))


def too_close(text: str, others: Iterable[str], least: float) -> bool:
    """Whether a text has the same words as one of the others, or a distance below `least` from it."""
    own = words(text)
    theirs = [words(other) for other in others]
    return any(own == other or Levenshtein.normalized_distance(own, other) < least for other in theirs)


def kept_content(text: str) -> Counter[str]:
    """What a paraphrase must hold as often as its original: placeholders, quotations, addresses, numbers."""
    return Counter([*KEPT.findall(text), *_NUMBER.findall(text)])


def language_flipped(original: str, variant: str) -> bool:
    """Whether an English prompt became Indonesian or the other way round."""
    from langkah.language import detect

    return {detect(original), detect(variant)} == {"en", "id"}
