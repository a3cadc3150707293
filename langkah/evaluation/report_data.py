"""What a report shows, as plain data: every part may be absent, and the page then says so.

Scores, shares and rule values are fractions of 1; lengths are tokens; times are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import AliasChoices, Field

from langkah.evaluation.rating_summary import RatingSummary
from langkah.evaluation.retired import RetiredAnswer
from langkah.evaluation.steps import StepDiff
from langkah.records import Approvals, Record

Metrics = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""System (`base`, `champion`, `tuned`) -> slice (`eval`, `holdout`) -> measure (`n`, `rouge_l`, `rouge_l_ci`, ...) -> value."""


class RuleResult(Record):
    """One rule of the gate: what was measured against what it had to reach."""

    name: str
    passed: bool
    value: float | None = None
    limit: float | None = None
    measured: bool = True
    meaning: str = Field(default="", description="a sentence: what was found, and how it was judged")


class Verdict(Record):
    """What the gate decided."""

    passed: bool
    rules: tuple[RuleResult, ...] = ()
    against: str = "base"
    not_applied: tuple[str, ...] = Field(default=(), description="settings of rules that are switched off")


class ComparedAnswer(Record):
    """The answers of base, champion and tuned model to one prompt, beside the reference, with their ROUGE-L."""

    slice: str
    intent: str
    language: str
    prompt: str
    reference: str
    base: str | None = None
    champion: str | None = Field(default=None, description="None where there is no champion")
    tuned: str | None = None
    base_rouge_l: float | None = None
    champion_rouge_l: float | None = None
    tuned_rouge_l: float | None = None
    base_failed: str | None = Field(default=None, description="why the base model gave no answer, which then scores 0")
    champion_failed: str | None = None
    tuned_failed: str | None = None
    steps: StepDiff | None = Field(default=None, description="what became of each step in the tuned model's answer")


class FallenRow(Record):
    """An intent that the tuned model answers worse than the champion: ROUGE-L of both, and answers of each."""

    intent: str
    before: float
    after: float
    n: int


class ChampionComparison(Record):
    """What the champion was compared on, where there is one."""

    compared: Mapping[str, int] = Field(description="answers: `eval`, `holdout`; `new` ones of intents new to it, apart")
    left_out: Mapping[str, int] = Field(default_factory=dict[str, int], description="reason -> answers")
    gains: Mapping[str, Mapping[str, Any]] = Field(
        default_factory=dict[str, Mapping[str, Any]], description="slice -> measure -> the paired gain"
    )
    new: Mapping[str, Mapping[str, Any]] = Field(
        default_factory=dict[str, Mapping[str, Any]], description="system -> scores on intents new to the champion"
    )
    fallen: tuple[FallenRow, ...] = Field(default=(), description="the deepest fall first")


class LossPoint(Record):
    """What the trainer logged at one step: the training loss, the validation loss, or both."""

    step: int
    epoch: float | None = None
    loss: float | None = None
    eval_loss: float | None = None
    eval_intents_loss: float | None = Field(default=None, description="of whole intents that are watched and never trained")


class LengthSummary(Record):
    """How long the training examples are, in tokens, and what became of those that are too long."""

    tokens: tuple[tuple[float, float, int], ...] = Field(default=(), description="histogram bins: from, to, examples")
    max_length: int | None = None
    recommended: int | None = None
    policy: str | None = None
    too_long: int = Field(default=0, description="examples longer than max_length before the policy")
    notes_dropped: int = Field(default=0, description="examples that fit once their notes were dropped")
    truncated: int = Field(default=0, description="examples that lost steps")
    windows: int = Field(default=0, description="windows that stand for examples that were cut")
    filtered: int = Field(default=0, description="examples left out")
    longest: float | None = None
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    batch_note: str | None = None


class ProceduralScores(Record):
    """How procedural the scrubbed answers are, from 0 to 1, those set aside too."""

    bins: tuple[tuple[float, float, int], ...] = Field(default=(), description="histogram bins: from, to, answers")
    threshold: float = Field(description="the score from which an answer is taken for a procedure")


class RowCounts(Record):
    """What became of the rows of the sources, and how many rows the dataset version has."""

    rows_in: int = Field(default=0, validation_alias=AliasChoices("rows_in", "in"))
    kept: int = 0
    rejected: int = 0
    duplicate: int = 0
    flagged: int = 0
    not_selected: int = 0
    intents: int = 0
    train: int = 0
    eval: int = 0
    holdout: int = 0


class TopicRow(Record):
    """The topics of one size, before and after balancing."""

    intents: int = Field(description="of each of these topics")
    topics: int
    before: int = Field(description="prompts with the same number of paraphrases each")
    due: int
    after: int = Field(description="prompts that the filters admitted")


class ParaphraseCounts(Record):
    """How many paraphrases were admitted, why others were not, and what a language model cost."""

    proposed: int = 0
    accepted: int = 0
    rejected: Mapping[str, int] = Field(default_factory=dict[str, int], description="reason -> count")
    short_intents: int = Field(default=0, description="intents that got fewer variants than asked for")
    topics: tuple[TopicRow, ...] = ()
    usage: Mapping[str, float] = Field(
        default_factory=dict[str, float], description="requests, tokens and cost of a language model; empty for frames"
    )


class StepTime(Record):
    """One step of the run."""

    name: str
    state: str
    seconds: float | None = None


class LineageNode(Record):
    """One artifact that the run made or used."""

    kind: str
    digest: str
    parents: tuple[str, ...] = ()
    created: str | None = None
    versions: Mapping[str, str] = Field(default_factory=dict[str, str])


class LearningSummary(Record):
    """What the curves say, what to change for the next run, and what was forgotten."""

    verdict: str
    evidence: str
    remedies: tuple[tuple[str, str], ...] = Field(default=(), description="settings, why")
    forgetting: str = Field(default="", description="loss on general instructions before and after, in words")
    forgot: bool = False


class TrainingSummary(Record):
    """How the adapter was trained."""

    backend: str | None = None
    base_model: str | None = None
    precision: str | None = None
    effective_batch: int | None = None
    steps: int | None = None
    seconds: float | None = None
    tokens: int | None = None
    tokens_per_second: float | None = None
    device: str | None = None
    devices: int | None = None
    peak_memory_gb: float | None = None
    learning: LearningSummary | None = None


class AuditRow(Record):
    """Of the invented values of one type, planted into texts of one language, how many were found."""

    language: str
    type: str
    planted: int
    found: int


class NearDuplicate(Record):
    """Two records, as `file:row`, that ask or answer nearly the same, with the similarity of both."""

    kind: str
    first: str
    second: str
    prompts: float
    answers: float


class ReportData(Record):
    """All that one report shows."""

    title: str
    run_id: str
    created: str
    verdict: Verdict | None = None
    metrics: Metrics = Field(default_factory=dict[str, Mapping[str, Mapping[str, Any]]])
    gains: Mapping[str, Mapping[str, Any]] = Field(
        default_factory=dict[str, Mapping[str, Any]], description="slice -> measure -> the paired gain of tuned over base"
    )
    champion: ChampionComparison | None = None
    answers: tuple[ComparedAnswer, ...] = ()
    retired: tuple[RetiredAnswer, ...] = Field(
        default=(), description="the tuned model's answers to questions that are no more, the most like the old ones first"
    )
    ratings: RatingSummary | None = None
    loss: tuple[LossPoint, ...] = ()
    lengths: LengthSummary | None = None
    procedural: ProceduralScores | None = None
    rows: RowCounts | None = None
    approvals: Approvals | None = None
    rejects: tuple[tuple[str, int], ...] = Field(default=(), description="reason, count")
    pii: Mapping[str, Mapping[str, int]] = Field(
        default_factory=dict[str, Mapping[str, int]], description="type -> language -> count"
    )
    audit: tuple[AuditRow, ...] = Field(default=(), description="invented values planted into copies of the records")
    protected: tuple[tuple[str, int], ...] = Field(
        default=(), description="allowed value or glossary term, records it was kept in"
    )
    near_duplicates: tuple[NearDuplicate, ...] = ()
    paraphrase: ParaphraseCounts | None = None
    steps: tuple[StepTime, ...] = ()
    lineage: tuple[LineageNode, ...] = ()
    settings: Mapping[str, Any] = Field(default_factory=dict[str, Any], description="section.key -> value")
    training: TrainingSummary | None = None
