"""What a person gave an answer: what the review keeps, and the evaluation counts."""

from __future__ import annotations

from typing import Final

from pydantic import AwareDatetime, Field

from langkah.records import Record

CRITERIA: Final = ("clarity", "correctness", "completeness", "relevance")
"""What is rated of an answer, each from 1 (very poor) to 5 (very good)."""
SYSTEMS: Final = ("base", "tuned", "champion", "reference")
"""Whose answers are rated, in the order in which they are told of."""


class RatedAnswer(Record):
    """What one person gave the answer of one system to one prompt, without knowing whose answer it was."""

    rater: str
    item: str = Field(description="names the prompt with all its answers: what was rated side by side")
    row: int = Field(ge=0, description="place of the prompt among the answers of the run, from 0")
    intent: str
    slice: str = Field(description="`eval` or `holdout`")
    drawn: str = Field(description="`random`, or `worst`: taken since its automatic scores are low")
    system: str = Field(description="one of `SYSTEMS`")
    clarity: int = Field(ge=1, le=5, strict=True)
    correctness: int = Field(ge=1, le=5, strict=True)
    completeness: int = Field(ge=1, le=5, strict=True)
    relevance: int = Field(ge=1, le=5, strict=True)
    at: AwareDatetime | None = Field(default=None, description="when it was saved; None: not told")
