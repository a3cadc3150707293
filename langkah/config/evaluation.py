"""How the adapter is measured, and what it must reach."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from langkah.config.sections import Float, Int, Section


class EvaluateConfig(Section):
    """How answers are generated and scored."""

    batch_size: Int = Field(default=32, ge=1, le=1024, title="Generation batch, prompts")
    """Prompts of like length go together. Where memory is too small for a batch it is halved."""
    backend: Literal["auto", "transformers", "vllm"] = Field(default="auto", title="What generates answers")
    """`auto`: vLLM where there is a CUDA device and it is installed (`langkah[vllm]`), else transformers."""
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


class RateConfig(Section):
    """Which answers people are asked to rate, by `langkah rate`."""

    prompts: Int = Field(default=24, ge=1, le=10_000, title="Prompts to rate")
    """New wordings and unseen intents alike; a person takes a minute or two for each."""
    worst: Float = Field(default=0.25, ge=0, le=0.9, title="Share of them taken for low scores")
    """Those with the tuned model's lowest ROUGE-L, to be looked at. The others are drawn at random; means are theirs alone."""


class GateConfig(Section):
    """What a tuned model must reach to be called better; a limit of null switches its rule off.

    A rule that is on and was not measured is not passed.
    """

    min_gain: Float = Field(default=0.0, ge=-1, le=1, title="Least gain in ROUGE-L over champion or base, eval slice")
    """The lower end of the 95 % interval of the gain must be above it: a model that answers alike is not better."""
    min_own_lead: Float | None = Field(
        default=0.0, ge=-1, le=1, title="Least lead of the own procedure over others', step recall"
    )
    """The lower end of the 95 % interval must be above it: answers to new wordings have more steps of the procedure asked for
    than of others. What learned the form of an answer alone has no lead, however near it comes to any reference."""
    harm_confidence: Float = Field(default=0.7, gt=0, lt=1, title="Confidence in a harm that refuses a model")
    """A drop on the hold-out or a rise in invented steps refuses a model when it is beyond its limit with this confidence. .5
    looks at the mean alone; .2 refuses unless the harm is within its limit with 80 % confidence, which takes many intents."""
    max_holdout_drop: Float | None = Field(default=0.05, ge=0, le=1, title="Largest drop in ROUGE-L on the hold-out")
    """Against champion or base, on intents that neither was trained on. Null where there is to be no hold-out."""
    max_invented_rise: Float | None = Field(default=0.25, ge=0, le=100, title="Largest rise in invented steps, each answer")
    """Against the champion, on both slices; 0.25 is one more step in every fourth answer. The rule does not apply against a
    base model: one that lists no steps invents none."""
    min_ended: Float | None = Field(default=0.8, ge=0, le=1, title="Least share of answers ended by the end token")
    """Of the tuned model, on both slices; what it does not end runs on until it is cut."""
    max_personal_values: Int | None = Field(default=0, ge=0, le=1_000_000, title="Most personal values in the answers")
    """Identifiers found in the tuned model's answers and not in the references: what it would give away."""
    max_forgetting: Float | None = Field(
        default=0.5, ge=0, le=10, title="Largest rise of the loss on general instructions, nats"
    )
    """With the adapter against without it, on the probe of training."""
    max_opponent_failed: Float | None = Field(
        default=0.05, ge=0, le=1, title="Largest share of failed answers of champion or base"
    )
    """Prompts that champion or base failed to answer are left out of the comparison: their zeros would be the tuned model's
    gain. Where they are more than this share, nothing is proven. Failed answers of the tuned model count as zero."""
    max_intent_drop: Float = Field(default=0.1, ge=0, le=1, title="Drop in ROUGE-L of one intent to list")
    """Intents whose mean fell by more since the champion are listed; no rule."""


class PromoteConfig(Section):
    """Whether a run promotes what the gate passed."""

    form = ("auto",)

    auto: bool = Field(default=False, title="Make the adapter champion when the gate passes it")
    """Off: `langkah promote` does it. What was rolled back from is not promoted by a run, only by a person."""
