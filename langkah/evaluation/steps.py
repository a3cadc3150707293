"""The cheap measures of an answer's form: are its steps numbered, and is it about as long as the reference."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

STEP: Final = re.compile(r"^[ \t]*(\d{1,4})[.)](?:[ \t]+(\S.*)?)?$", re.MULTILINE)
"""A line that begins with `1.` or `1)`; what comes after the number is the step, empty in an answer cut short."""


def is_numbered(answer: str) -> bool:
    """Whether the answer's steps are numbered 1, 2, ..., n in this order, none of them empty."""
    steps = [(int(number), text) for number, text in STEP.findall(answer)]
    return bool(steps) and all(number == place and text for place, (number, text) in enumerate(steps, 1))


def share(flags: Iterable[bool]) -> float:
    """The fraction that is true; 0 of nothing."""
    found = list(flags)
    return sum(found) / len(found) if found else 0.0


def length_ratio(predictions: Sequence[str], references: Sequence[str]) -> float:
    """Words of all predictions for each word of all references: 1 is as long, below 1 shorter.

    A ratio of totals, as in BLEU's brevity penalty: a mean of ratios would be ruled by a few short references.
    """
    words = sum(len(text.split()) for text in references)
    return sum(len(text.split()) for text in predictions) / max(words, 1)
