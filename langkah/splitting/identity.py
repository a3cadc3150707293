"""What an intent is called.

An intent keeps its name while its answer changes, so the name comes from where the row was (`source` and `id`), or from
the wording of its prompt where that says nothing.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from langkah.same_text import same_text_key, text_hash

_LEVELS: Final = 3
"""Of names, each given up for the next where it is contested."""


@dataclass(frozen=True)
class IntentKey:
    """What the name of a row's intent is made of: all of it scrubbed before."""

    source: str
    id: str | None
    prompt: str
    language: str


class IntentNames:
    """The names of the intents of many rows: all are added, then settled, then each can be named.

    `source#id` where no row with another prompt or language claims that name; else `source#id@language`; else, and for
    a row with no id, `prompt-` and 16 hex digits made of its language and its normalized prompt. Rows of one name are the same
    intent; a row's name does not depend on where it stands. Memory keeps four numbers of each.
    """

    def __init__(self) -> None:
        self._names = array("Q")  # of each row, at each level
        self._claims = array("Q")
        self._levels = array("b")

    def add(self, row: IntentKey) -> None:
        """Take a row in; rows are numbered from 0 on."""
        claim = row.language, same_text_key(row.prompt)
        self._names.extend(text_hash(_name(row, *claim, level)) for level in range(_LEVELS))
        self._claims.append(text_hash("\0".join(claim)))
        self._levels.append(_LEVELS - 1 if row.id is None else 0)

    def settle(self) -> None:
        """Have the rows that share a contested name give it up, all of them together, so that their order does not matter."""
        names = np.array(self._names, dtype=np.uint64).reshape(-1, _LEVELS)
        claims = np.array(self._claims, dtype=np.uint64)
        levels = np.array(self._levels, dtype=np.int64)
        rows = np.arange(len(levels))
        while True:
            current = names[rows, levels]
            order = np.lexsort((claims, current))
            same = current[order][1:] == current[order][:-1]
            group = np.concatenate(([0], np.cumsum(~same))) if len(order) else order
            other = np.concatenate(([False], same & (claims[order][1:] != claims[order][:-1]))) if len(order) else order
            contested = np.zeros(len(levels), dtype=np.bool_)
            contested[order] = (np.bincount(group, weights=other) > 0)[group] if len(order) else False
            contested &= levels < _LEVELS - 1
            if not contested.any():
                break
            levels[contested] += 1
        self._levels = array("b", levels.astype(np.int8).tobytes())

    def name(self, number: int, row: IntentKey) -> str:
        """The name of the row that was added as the `number`th."""
        return _name(row, row.language, same_text_key(row.prompt), self._levels[number])


def name_intents(rows: Sequence[IntentKey]) -> list[str]:
    """Name the intent of each row, as `IntentNames` does.

    Args:
        rows: scrubbed, in any order.

    Returns:
        One name a row, in the order of `rows`.
    """
    names = IntentNames()
    for row in rows:
        names.add(row)
    names.settle()
    return [names.name(number, row) for number, row in enumerate(rows)]


def _name(row: IntentKey, language: str, prompt: str, level: int) -> str:
    if level == _LEVELS - 1:
        return "prompt-" + hashlib.sha256(f"{language}\0{prompt}".encode()).hexdigest()[:16]
    return f"{row.source}#{row.id}" + (f"@{language}" if level else "")
