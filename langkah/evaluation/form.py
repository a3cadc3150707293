"""Measures of an answer's form: are its steps numbered, is it about as long as the reference, does it repeat itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

STEP: Final = re.compile(r"^[ \t]*(\d{1,4})[.)](?:[ \t]+(\S.*)?)?$", re.MULTILINE)
"""A line that begins with `1.` or `1)`; what comes after the number is the step, empty in an answer cut short."""

LETTERS: Final = re.compile(r"[^\W\d_]+")
RUN: Final = 4
"""Words in a run that counts as repeated."""


def is_numbered(answer: str) -> bool:
    """Whether the answer's steps are numbered 1, 2, ..., n in this order, none of them empty."""
    steps = [(int(number), text) for number, text in STEP.findall(answer)]
    return bool(steps) and all(number == place and text for place, (number, text) in enumerate(steps, 1))


def share(flags: Iterable[bool]) -> float:
    """The fraction that is true; 0 of nothing."""
    found = list(flags)
    return sum(found) / len(found) if found else 0.0


def count_words(text: str) -> int:
    """Words between blanks."""
    return len(text.split())


def length_ratio(words: Sequence[int], reference_words: Sequence[int]) -> float:
    """Words of all answers for each word of all references: 1 is as long, below 1 shorter.

    A ratio of totals, as in BLEU's brevity penalty: a mean of ratios would be ruled by a few short references.
    """
    return sum(words) / max(sum(reference_words), 1)


def repetition(answer: str) -> float:
    """The share of the answer's runs of four words that it has said already: 0 of a text without, near 1 of a loop.

    seq-rep-4 of Welleck et al., "Neural Text Generation with Unlikelihood Training", 2020: 1 less the number of different
    n-grams for each n-gram. Here of words of letters, lower-cased: the numbers of steps would hide a loop.
    """
    words = LETTERS.findall(answer.lower())
    runs = len(words) - RUN + 1
    return 1 - len(set(zip(*(words[start:] for start in range(RUN)), strict=False))) / runs if runs > 0 else 0.0
