"""The frame families of `frames.yaml`, and the order in which an intent tries them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

from pydantic import BaseModel, ConfigDict

from langkah.paraphrase.lexicon import read_data
from langkah.paraphrase.sentences import Kind

Side = Literal["train", "eval"]


class FrameFamily(BaseModel):
    """Wordings of one kind; all of them belong to one side of the split."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    language: Literal["en", "id"]
    side: Side
    opens: bool = False
    action: tuple[str, ...]
    topic: tuple[str, ...]
    question: tuple[str, ...]
    problem: tuple[str, ...]

    def templates(self, kind: Kind) -> tuple[str, ...]:
        """The wordings for one kind of prompt."""
        return {"action": self.action, "topic": self.topic, "question": self.question, "problem": self.problem}[kind]


@lru_cache(maxsize=1)
def load_families() -> tuple[FrameFamily, ...]:
    """Read the families, in the order of the file."""
    return tuple(FrameFamily.model_validate(tree) for tree in read_data("frames.yaml"))


def side_counts(variants: int) -> dict[Side, int]:
    """How many of an intent's paraphrases each side phrases.

    Of n variants in all (the original and `variants` paraphrases) max(1, n // 3) go to eval; the original always trains.
    """
    if not variants:
        return {"train": 0, "eval": 0}
    to_eval = max(1, (variants + 1) // 3)
    return {"train": variants - to_eval, "eval": to_eval}


def ordered_templates(intent: str, language: str, side: Side, kind: Kind) -> Iterator[tuple[FrameFamily, tuple[str, ...]]]:
    """The families of a side as this intent tries them, each with its templates in the order to try.

    The order is by sha256 of intent and name (rendezvous hashing): over many intents each family comes first as often as
    any other, and a family added later moves only the intents that it wins.
    """
    families = [family for family in load_families() if family.language == language and family.side == side]
    for family in sorted(families, key=lambda family: _rank(intent, family.name)):
        yield family, tuple(sorted(family.templates(kind), key=lambda template: _rank(intent, template)))


def _rank(*keys: str) -> bytes:
    return hashlib.sha256("\x1f".join(keys).encode()).digest()
