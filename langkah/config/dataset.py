"""What becomes of records on their way into a dataset: who approves them, which side they are on, what is too long."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from langkah.config.sections import DatabaseUrl, Float, Int, Section


class ReviewConfig(Section):
    """Who approves what enters a dataset."""

    form = ("mode",)

    mode: Literal["auto", "app", "file"] = Field(default="auto", title="Who decides")
    """`auto`: rules only, flagged rows and drafts stay out. `app`: a person decides on the page that `langkah review` opens;
    the run waits. `file`: the same, in a spreadsheet that the run writes."""
    queues: tuple[Literal["record", "flagged", "draft", "variant"], ...] = Field(
        default=("record", "flagged", "draft", "variant"), min_length=1, title="What a person decides on"
    )
    """For the other kinds the rules decide: records and variants are in, flagged records and drafts are out."""
    app_url: str | None = Field(default=None, title="Address of the review page", examples=["https://review.example.com"])
    """The link where a run waits, for whoever is to review; None: the worker's LANGKAH_REVIEW_URL, else this machine's."""
    wait_days: Float = Field(default=30, gt=0, le=365, title="Longest wait of a deployed run, days")
    """Undecided after that, it fails; its decisions are kept for the next run."""
    database: DatabaseUrl | None = Field(
        default=None, title="Database", examples=["postgresql+psycopg://langkah:${REVIEW_PASSWORD}@db/review"]
    )
    """SQLAlchemy URL of the review queue; None: the worker's LANGKAH_REVIEW_DATABASE, else SQLite, `review.db` in the
    workspace. `${NAME}` stands for an environment variable, so that no password stands in a settings file or in Prefect."""


class SplitConfig(Section):
    """Which intents and variants are never trained on."""

    holdout: Float = Field(default=0.1, ge=0, le=0.5, title="Share of intents held out")
    """Whole groups of near-duplicate intents, by a stable hash."""
    near_duplicate: Float = Field(default=0.8, gt=0, le=1, title="Similarity of near-duplicates")
    """Jaccard similarity of word shingles, function words left out, from which two prompts or answers belong to one group."""
    seed: Int = Field(default=0, ge=0, title="Seed of the split")
    """Another seed, another hold-out."""
    sides: Literal["champion", "anew"] = Field(default="champion", title="Sides of known intents")
    """`champion`: an intent that the champion knew stays on its side, so that a re-training is judged by what neither has
    seen. `anew`: all sides by the stable hash alone, as where there is no champion."""


class ChatConfig(Section):
    """Chat format and what to do with examples that are too long."""

    max_length: Int | Literal["auto"] = Field(default="auto", title="Longest example, tokens")
    """Prompt and answer together. `auto`: the longest example rounded up to 64, at most the model's context and 2048."""
    too_long: Literal["truncate", "window", "filter"] = Field(default="truncate", title="Policy for longer ones")
    """`truncate` drops notes, then last steps (and then teaches no end token); `window` cuts overlapping windows of steps
    that repeat the prompt; `filter` leaves the example out. Each is counted in the report."""

    @field_validator("max_length")
    @classmethod
    def _in_range(cls, value: int | str) -> int | str:
        if isinstance(value, int) and not 32 <= value <= 131_072:
            raise ValueError("expected `auto` or 32 to 131072 tokens")
        return value
