"""The settings of a run: one frozen section a step, every field with its unit and range.

`RunConfig` is what the run form of the Prefect UI shows, what a `deployments/runs/*.yaml` holds, and what
`--set section.key=value` changes. Defaults are the user's guide's.
"""

from langkah.config.dataset import ChatConfig, ReviewConfig, SplitConfig
from langkah.config.drafting import ParaphraseConfig, StructureConfig
from langkah.config.evaluation import EvaluateConfig, GateConfig, PromoteConfig, RateConfig
from langkah.config.llm import LlmConfig
from langkah.config.loading import change_config, load_config, parse_config
from langkah.config.pii import Entity, IdentifierPattern, PiiConfig
from langkah.config.reference import settings_reference
from langkah.config.run import RunConfig
from langkah.config.scale import ClusterConfig
from langkah.config.sections import Section
from langkah.config.sources import ColumnsConfig, DatabaseConfig, IngestConfig, SourcesConfig
from langkah.config.tracking import TrackConfig
from langkah.config.training import TrainConfig
from langkah.config.watching import WatchConfig

__all__ = [
    "ChatConfig",
    "ClusterConfig",
    "ColumnsConfig",
    "DatabaseConfig",
    "Entity",
    "EvaluateConfig",
    "GateConfig",
    "IdentifierPattern",
    "IngestConfig",
    "LlmConfig",
    "ParaphraseConfig",
    "PiiConfig",
    "PromoteConfig",
    "RateConfig",
    "ReviewConfig",
    "RunConfig",
    "Section",
    "SourcesConfig",
    "SplitConfig",
    "StructureConfig",
    "TrackConfig",
    "TrainConfig",
    "WatchConfig",
    "change_config",
    "load_config",
    "parse_config",
    "settings_reference",
]
