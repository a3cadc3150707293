"""How much of a text is said in another one: the share of its content words that have a like in it."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import Final

_WORD: Final = re.compile(r"\[[A-Z0-9_]+\]|[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_SHORT: Final = 3
"""Shorter words say too little."""
_LIKE: Final = 0.7
"""Share of the shorter word that two words begin or end with alike: "buttons" and "button", "simpan" and "menyimpan"."""


@cache
def _function_words() -> frozenset[str]:
    data = json.loads((files("langkah.restructuring") / "words.json").read_text(encoding="utf-8"))
    return frozenset(" ".join(data["function_words"]).split())


def content_words(text: str) -> list[str]:
    """The words of a text that carry its content, in lower case; numbers are no words."""
    words = (word.lower() for word in _WORD.findall(text))
    return [word for word in words if len(word) >= _SHORT and word not in _function_words()]


def overlap(text: str, source: str, *, skip_first: bool = False) -> float:
    """The share of a text's content words that the source has in some form, 0 to 1; 1 for a text without any.

    Args:
        text: what was written.
        source: what it should say.
        skip_first: leave the first word out: plain wording changes the verb of an instruction ("hit" to "Press").
    """
    words = content_words(text)
    if skip_first and len(words) > 1:
        words = words[1:]
    known = set(content_words(source))
    return sum(word in known or any(_alike(word, other) for other in known) for word in words) / len(words) if words else 1.0


def _alike(one: str, other: str) -> bool:
    shorter = min(len(one), len(other))
    least = max(_SHORT, -(-int(100 * _LIKE) * shorter // 100))
    return _common(one, other) >= least or _common(one[::-1], other[::-1]) >= max(_SHORT + 1, least)


def _common(one: str, other: str) -> int:
    """How many characters two words begin with alike."""
    for count, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return count
    return min(len(one), len(other))
