"""What is known of runs that are compared, and what the comparison found.

Scores are fractions of 1, times seconds, losses nats a token.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from langkah.evaluation.fairness import TrainingSide
from langkah.evaluation.report_data import LossPoint, Verdict
from langkah.evaluation.scores import RowScore
from langkah.evaluation.significance import Gain
from langkah.evaluation.steps import StepDiff
from langkah.records import Answer, Record


class RunFacts(Record):
    """What one run was and found; None and empty where that is not known any more."""

    name: str
    created: str = Field(description="when it was scored")
    adapter: str = ""
    scores: str
    dataset: str = ""
    base_model: str = ""
    rows: Mapping[str, int] = Field(
        default_factory=dict[str, int], description="of the dataset version: `intents`, `train`, `eval`, `holdout`"
    )
    verdict: Verdict
    metrics: Mapping[str, Mapping[str, Any]] = Field(description="slice -> measure -> the tuned model's value")
    meteor_kinds: Mapping[str, str] = Field(default_factory=dict[str, str], description="language -> what METEOR means")
    score_version: int = Field(description="of the step that scored")
    seconds: float | None = Field(default=None, description="of training")
    device: str = ""
    steps: int | None = Field(default=None, description="of the optimizer")
    learning: str = Field(default="", description="what the curves say: `healthy`, `overfitting`, ...")
    loss: tuple[LossPoint, ...] = ()
    eval_loss: float | None = Field(default=None, description="the lowest validation loss")
    settings: Mapping[str, Any] = Field(default_factory=dict[str, Any], description="step.setting -> value, `auto` resolved")
    notes: tuple[str, ...] = Field(default=(), description="what of it is gone, a sentence each")

    @property
    def train_loss(self) -> float | None:
        """The last training loss."""
        return next((point.loss for point in reversed(self.loss) if point.loss is not None), None)


@dataclass(frozen=True)
class JudgedRun:
    """A run with its tuned model's answers, and their measures row by row."""

    facts: RunFacts
    answers: tuple[Answer, ...]
    rows: tuple[RowScore, ...]
    """The scores of each answer, in the order of `answers`."""
    side: TrainingSide | None
    """What the adapter was trained on; None where its dataset version is gone."""


@dataclass(frozen=True)
class Pair:
    """A prompt that both runs answered, with the same reference: their answers and measures."""

    slice: str
    """`eval`: another wording of an intent that both trained on; `holdout`: of an intent that neither did."""
    intent: str
    before: Answer
    after: Answer
    before_row: RowScore
    after_row: RowScore


class IntentChange(Record):
    """How the answers to one intent changed: mean ROUGE-L of both runs."""

    intent: str
    slice: str
    before: float
    after: float
    n: int = Field(description="prompts that both answered")

    @property
    def change(self) -> float:
        """Positive where it rose."""
        return self.after - self.before


class AnswerPair(Record):
    """The answers of both runs to one prompt, and which step went wrong or changed."""

    slice: str
    intent: str
    language: str
    prompt: str
    reference: str
    before: str
    after: str
    before_rouge_l: float
    after_rouge_l: float
    before_failed: str | None = None
    after_failed: str | None = None
    steps: StepDiff = Field(description="of the later answer beside the reference")
    changed: StepDiff = Field(description="of the later answer beside the earlier one")


class PairedRun(Record):
    """How one run differs from the one that is named first, on the prompts that both answered."""

    name: str
    asked: tuple[int, int] = Field(description="prompts of the first run, and of this one")
    shared: int = Field(description="prompts that both answered, with the same reference")
    compared: Mapping[str, int] = Field(description="slice -> those of them that the comparison is fair on")
    left_out: Mapping[str, int] = Field(description="why others of them are not compared -> how many")
    gains: Mapping[str, Mapping[str, Gain]] = Field(description="slice -> measure -> the paired gain over the first run")
    intents: tuple[IntentChange, ...] = Field(description="the deepest fall first")
    answers: tuple[AnswerPair, ...] = Field(description="the worst of this run first")
    notes: tuple[str, ...] = ()


class RunComparison(Record):
    """Runs side by side: the first is the one that the others are compared with."""

    runs: tuple[RunFacts, ...] = Field(min_length=2)
    pairs: tuple[PairedRun, ...] = Field(min_length=1, description="of each run but the first, in their order")
    settings: Mapping[str, tuple[Any, ...]] = Field(description="setting -> its value in each run; those that differ alone")
