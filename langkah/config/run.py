"""All settings of a run."""

from __future__ import annotations

from pydantic import Field

from langkah.config.dataset import ChatConfig, ReviewConfig, SplitConfig
from langkah.config.drafting import ParaphraseConfig, StructureConfig
from langkah.config.evaluation import EvaluateConfig, GateConfig, PromoteConfig, RateConfig
from langkah.config.llm import LlmConfig
from langkah.config.pii import PiiConfig
from langkah.config.scale import ClusterConfig, Runner
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
    runner: Runner = Field(default="thread", title="Engine of sharded steps")
    """Who works record by record: `thread`: the run's own process; `process`: several on this machine; `dask`, `ray`: the
    workers of a cluster (`langkah[dask]`, `langkah[ray]`). The result is the same."""
    cluster: ClusterConfig = Field(default=ClusterConfig(), title="Workers")
