"""Why a paraphrase was not admitted, and what was measured of it; never its text."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from langkah.records import Record


class RejectReason(StrEnum):
    """Why a paraphrase was not admitted."""

    malformed = "not one plain line of text"
    too_close = "too close to another variant of its intent"
    lost_content = "a placeholder, number, quotation or address was lost or added"
    changed_name = "a product or feature name was lost or added"
    changed_language = "the language changed"
    changed_sense = "a negation or an opposite changed the sense"
    instruction = "it speaks to a language model"
    too_long = "too long"
    too_short = "too short"
    other_meaning = "too little of the meaning was kept"
    nearer_other = "closer to the prompt of another intent than to its own"
    collision = "equal to a prompt or variant of another intent"


class Scores(Record):
    """What was measured of a paraphrase; None where a check before it had decided already."""

    chars: int
    distance: float | None = Field(default=None, description="edit distance of words to the nearest variant of its intent, 0-1")
    bigrams: float | None = Field(default=None, description="Jaccard distance of word bigrams to the nearest one, 0-1")
    meaning: float | None = Field(default=None, description="cosine, or share of content words kept; see `measure`")
    margin: float | None = Field(
        default=None, description="how much nearer its own prompt is than the nearest other, up to 0.1"
    )
    measure: str | None = Field(default=None, description="`words` or `embedding`")


class RejectedVariant(Record):
    """A paraphrase that was not admitted; without its text."""

    intent: str
    frame: str | None = Field(description="the frame that phrased it; None for a language model's")
    reason: RejectReason
    round: int = Field(default=1, ge=1, description="of asking, counted from 1")
    scores: Scores
