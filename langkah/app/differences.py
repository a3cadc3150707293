"""Which words of a text changed, to be shown marked; as plain pieces of text, which the page escapes."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from rapidfuzz.distance import Indel

_WORD: Final = re.compile(r"\w+\s*|[^\w\s]\s*|\s+")
_LONGEST: Final = 6_000
"""Words beyond which nothing is compared: nobody reads the marks of such a text."""


class Piece(NamedTuple):
    """Some words in a row that are all kept, or all changed."""

    text: str
    changed: bool


def mark_changes(before: str, after: Sequence[str]) -> tuple[list[Piece], list[list[Piece]]]:
    """Compare a text with the parts that were made of it.

    Args:
        before: the text as it was.
        after: its intro, steps and notes as they are now.

    Returns:
        The pieces of `before`, of which the changed ones are gone, and those of each part, of which the changed ones are new.
        Upper and lower case are the same word.
    """
    old = _WORD.findall(before)
    parts = [_WORD.findall(part) for part in after]
    new = [word for part in parts for word in part]
    if not new or len(old) + len(new) > _LONGEST:
        return [Piece(before, False)], [[Piece(part, False)] if part else [] for part in after]
    gone = [False] * len(old)
    fresh = [False] * len(new)
    for code in Indel.opcodes([_bare(word) for word in old], [_bare(word) for word in new]):
        if code.tag != "equal":
            gone[code.src_start : code.src_end] = [True] * (code.src_end - code.src_start)
            fresh[code.dest_start : code.dest_end] = [True] * (code.dest_end - code.dest_start)
    marked: list[list[Piece]] = []
    start = 0
    for part in parts:
        marked.append(_pieces(part, fresh[start : start + len(part)]))
        start += len(part)
    return _pieces(old, gone), marked


def _bare(word: str) -> str:
    return word.strip().casefold()


def _pieces(words: Sequence[str], changed: Sequence[bool]) -> list[Piece]:
    """Words in a row as one piece; the space behind a changed one is not marked, nor is punctuation by itself."""
    found: list[Piece] = []

    def add(text: str, flag: bool) -> None:
        if text and found and found[-1].changed == flag:
            found[-1] = Piece(found[-1].text + text, flag)
        elif text:
            found.append(Piece(text, flag))

    for run, group in itertools.groupby(zip(words, changed, strict=True), key=lambda pair: pair[1]):
        text = "".join(word for word, _ in group)
        kept = text.rstrip()
        flag = run and any(letter.isalnum() for letter in kept)
        add(kept, flag)
        add(text[len(kept) :], False)
    return found
