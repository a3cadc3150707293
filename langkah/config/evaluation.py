"""How the adapter is measured, and what it must reach."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from langkah.config.sections import Float, Int, Section


class EvaluateConfig(Section):
    """How answers are generated and scored."""

    batch_size: Int = Field(default=32, ge=1, le=1024, title="Generation batch, prompts")
    """Prompts of like length go together."""
    max_new_tokens: Int | Literal["auto"] = Field(default="auto", title="Longest generated answer, tokens")
    """`auto`: the 99th percentile of the training answers, and a tenth more."""
    resamples: Int = Field(default=10_000, ge=100, le=1_000_000, title="Bootstrap resamples")
    """For the confidence intervals, clustered by intent."""
    seed: Int = Field(default=0, ge=0, title="Seed of the bootstrap")
    """Same seed, same intervals."""
    phrase_table: str | None = Field(default=None, title="Phrase table for METEOR", examples=["phrases.tsv"])
    """Text file with a phrase, a tab and its paraphrase on each line: METEOR's fourth stage. None: the three stages of nltk,
    whose figures are the ones to compare with others'."""

    @field_validator("max_new_tokens")
    @classmethod
    def _in_range(cls, value: int | str) -> int | str:
        if isinstance(value, int) and not 1 <= value <= 32_768:
            raise ValueError("expected `auto` or 1 to 32768 tokens")
        return value


class GateConfig(Section):
    """What a tuned model must reach to be called better."""

    min_gain: Float = Field(default=0.0, ge=-1, le=1, title="Least gain in ROUGE-L over the base, eval slice")
    """The lower end of the 95 % interval of the gain must be above it: a model that answers alike is not better."""
    max_holdout_drop: Float = Field(default=0.05, ge=0, le=1, title="Largest drop in ROUGE-L on the hold-out")
    """The tuned model's mean may fall below the base's by no more."""
