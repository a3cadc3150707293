"""All settings of a run."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from langkah.config.dataset import ChatConfig, ReviewConfig, SplitConfig
from langkah.config.drafting import ParaphraseConfig, StructureConfig
from langkah.config.evaluation import EvaluateConfig, GateConfig, PromoteConfig, RateConfig
from langkah.config.llm import LlmConfig
from langkah.config.pii import PiiConfig
from langkah.config.sections import Section
from langkah.config.sources import IngestConfig, SourcesConfig
from langkah.config.tracking import TrackConfig
from langkah.config.training import TrainConfig
from langkah.config.watching import WatchConfig


class RunConfig(Section):
    """All settings of a run."""

    sources: SourcesConfig = Field(default=SourcesConfig(), title="Sources")
    ingest: IngestConfig = Field(default=IngestConfig(), title="Ingest")
    structure: StructureConfig = Field(default=StructureConfig(), title="Steps")
    llm: LlmConfig = Field(default=LlmConfig(), title="Language model for drafts")
    pii: PiiConfig = Field(default=PiiConfig(), title="Personal data")
    paraphrase: ParaphraseConfig = Field(default=ParaphraseConfig(), title="Paraphrase")
    review: ReviewConfig = Field(default=ReviewConfig(), title="Review")
    split: SplitConfig = Field(default=SplitConfig(), title="Split")
    chat: ChatConfig = Field(default=ChatConfig(), title="Chat format and lengths")
    train: TrainConfig = Field(default=TrainConfig(), title="Train")
    evaluate: EvaluateConfig = Field(default=EvaluateConfig(), title="Evaluate")
    rate: RateConfig = Field(default=RateConfig(), title="Human ratings")
    gate: GateConfig = Field(default=GateConfig(), title="Gate")
    promote: PromoteConfig = Field(default=PromoteConfig(), title="Promote")
    track: TrackConfig = Field(default=TrackConfig(), title="Tracker")
    watch: WatchConfig = Field(default=WatchConfig(), title="New FAQs")
    runner: Literal["thread"] = Field(default="thread", title="Task runner")
    """How tasks that can run side by side are run: threads of one process."""
