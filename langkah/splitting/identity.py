"""What an intent is called.

An intent keeps its name while its answer changes, so the name comes from where the row was (`source` and `id`), or from
the wording of its prompt where that says nothing.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from langkah.same_text import same_text_key


@dataclass(frozen=True)
class IntentKey:
    """What the name of a row's intent is made of: all of it scrubbed before."""

    source: str
    id: str | None
    prompt: str
    language: str


def name_intents(rows: Sequence[IntentKey]) -> list[str]:
    """Name the intent of each row; rows of one name are the same intent.

    `source#id` where no row with another prompt or language claims that name; else `source#id@language`; else, and for
    a row with no id, `prompt-` and 16 hex digits made of its language and its normalized prompt.

    Args:
        rows: scrubbed, in any order: a row's name does not depend on where it stands.

    Returns:
        One name a row, in the order of `rows`.
    """
    claims = [(row.language, same_text_key(row.prompt)) for row in rows]
    level = [2 if row.id is None else 0 for row in rows]
    while True:
        names = [_name(row, *claim, rung) for row, claim, rung in zip(rows, claims, level, strict=True)]
        claimed: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
        for name, claim in zip(names, claims, strict=True):
            claimed[name].add(claim)
        # All rows that share a contested name give it up together, so that their order does not matter.
        contested = [at for at, name in enumerate(names) if level[at] < 2 and len(claimed[name]) > 1]
        if not contested:
            return names
        for at in contested:
            level[at] += 1


def _name(row: IntentKey, language: str, prompt: str, level: int) -> str:
    if level == 2:
        return "prompt-" + hashlib.sha256(f"{language}\0{prompt}".encode()).hexdigest()[:16]
    return f"{row.source}#{row.id}" + (f"@{language}" if level else "")
