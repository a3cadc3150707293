"""Which column is which: the names that a prompt, an output and what goes with them have in people's files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

ALIASES: Final = MappingProxyType(
    {
        "prompt": ("prompt", "question", "instruction", "pertanyaan"),
        "output": ("output", "answer", "response", "jawaban"),
        "id": ("id",),
        "source": ("source",),
        "language": ("language",),
    }
)
"""Names of each column, compared without case and outer space; where several are there, the first one here counts."""

_NAME: Final = re.compile(r"[^\W\d_][\w.\-/]*(?: [\w.\-/()]+){0,2}")
_MAX_NAME: Final = 30
_DATA: Final = re.compile(r"\d{5}|[@?!\n]|[.,:;]\s")


class Columns(NamedTuple):
    """The name in the file of each column that Langkah reads; None where the file has none."""

    prompt: str | None = None
    output: str | None = None
    id: str | None = None
    source: str | None = None
    language: str | None = None


def find_columns(names: Iterable[str]) -> Columns:
    """Find the columns among a file's own names."""
    by_name: dict[str, str] = {}
    for name in names:
        by_name.setdefault(name.strip().casefold(), name)
    found = {role: next((by_name[name] for name in aliases if name in by_name), None) for role, aliases in ALIASES.items()}
    return Columns(**found)


def missing_columns(names: Sequence[str]) -> str | None:
    """What is wrong with a header, in words; None if prompt and output are there, once each.

    The header's names are told, unless they look like data: the first row of a file without header is a record.
    """
    folded = [name.strip().casefold() for name in names]
    known = {alias for aliases in ALIASES.values() for alias in aliases}
    for name in dict.fromkeys(folded):
        if name in known and folded.count(name) > 1:
            return f"two columns named {name}"
    columns = find_columns(names)
    missing = [role for role in ("prompt", "output") if getattr(columns, role) is None]
    if not missing:
        return None
    wanted = " and ".join(f"a column {role} ({', '.join(ALIASES[role][1:])})" for role in missing)
    filled = [name.strip() for name in names if name.strip()]
    if not filled or any(_DATA.search(name) or len(name) > _MAX_NAME or not _NAME.fullmatch(name) for name in filled):
        return f"expected {wanted}, got a first line of {len(names)} cells that is no header"
    return f"expected {wanted}, found: {', '.join(filled)}"


def unique_names(names: Sequence[str]) -> list[str]:
    """A header's names as keys: an empty or repeated one gets its place added, so that no cell is lost."""
    keys: list[str] = []
    for place, name in enumerate(names, start=1):
        key = name.strip()
        if not key or key in keys:
            key = f"{key or 'column'}_{place}"
        keys.append(key)
    return keys
