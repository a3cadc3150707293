"""The room's word lists and patterns, as its JSON files hold them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files
from typing import Any


def word_lists(name: str) -> dict[str, Any]:
    """Read the entries of one file; who builds patterns of them keeps those."""
    return json.loads((files("langkah.procedure") / f"{name}.json").read_text(encoding="utf-8"))


def words_of(entry: str | Sequence[str]) -> list[str]:
    """The words of an entry, which is one text, or several lines of it."""
    return (entry if isinstance(entry, str) else " ".join(entry)).split()
