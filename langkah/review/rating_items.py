"""What people rate, what they gave, and how far each of them is."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property

from pydantic import Field

from langkah.records import Record

Scores = Mapping[str, Mapping[str, int]]
"""System -> criterion -> 1 to 5."""


class RatingItem(Record):
    """One prompt of a run with the answers of all systems to it; all of its text is scrubbed."""

    language: str
    prompt: str
    answers: Mapping[str, str] = Field(min_length=1, description="system -> answer")
    row: int = Field(description="place among the answers of the run, from 0")
    intent: str
    slice: str
    drawn: str = Field(description="`random` or `worst`")

    @cached_property
    def key(self) -> str:
        """sha256 of what is shown: the same answers are never asked about twice, whichever run has them."""
        parts = [self.language, self.prompt, *sorted(self.answers.items())]
        return hashlib.sha256(json.dumps(parts, separators=(",", ":")).encode()).hexdigest()

    def order(self, rater: str, place: str) -> tuple[str, ...]:
        """The systems in the order in which this rater sees them: as good as drawn, and always the same.

        Args:
            rater: who rates.
            place: what names the database; without it nobody can tell the order from rater and item.
        """

        def ticket(system: str) -> bytes:
            return hmac.new(place.encode(), f"{rater}\0{self.key}\0{system}".encode(), hashlib.sha256).digest()

        return tuple(sorted(self.answers, key=ticket))


class Sheet(Record):
    """What one rater gave the answers of one item, or that he skipped it."""

    scores: Scores = Field(description="empty where it was skipped")
    at: datetime = Field(description="UTC")
    revealed: bool = Field(description="whether the rater was shown whose answers they are: the ratings stand from then on")


class RatingProgress(Record):
    """How far one rater is with a run."""

    total: int
    rated: int
    skipped: int

    @property
    def left(self) -> int:
        """Items to rate, skipped ones too."""
        return self.total - self.rated


class RatingPlace(Record):
    """An item of a run as one rater comes to it."""

    key: str
    state: str = Field(description="`rated`, `skipped` or `pending`")
    number: int = Field(description="from 1")
    prompt: str
    language: str
    revealed: bool
    begun: bool = Field(description="whether something was entered and not saved")
