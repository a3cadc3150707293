"""Figures of runs in an experiment tracker, beside those of a team's other models: MLflow, by its own client."""

from __future__ import annotations

import importlib.util
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from langkah.config import TrackConfig
from langkah.errors import ResourceError, SourceError
from langkah.sources.environment import expand

_URI: Final = "MLFLOW_TRACKING_URI"
_PATIENCE: Final = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}
"""A tracker that does not answer shall not hold up a run whose work is done."""


@dataclass(frozen=True)
class TrackedRun:
    """What a tracker is told of a run."""

    name: str
    parameters: Mapping[str, str]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]


def check_tracker(config: TrackConfig) -> list[str]:
    """The problems of the section `track` on this machine: found out before anything is trained, not after."""
    if config.backend == "off":
        return []
    problems: list[str] = []
    if importlib.util.find_spec("mlflow") is None:
        problems.append("track.backend=mlflow: MLflow is not installed: `pip install 'langkah[mlflow]'`")
    if not config.uri and not os.environ.get(_URI):
        problems.append(f"track.uri: expected the address of the tracker, here or in {_URI}")
    try:
        expand(config.uri or "", "track.uri")
    except SourceError as error:
        problems.extend(error.problems)
    return problems


def track_run(config: TrackConfig, run: TrackedRun) -> str | None:
    """Tell the tracker of a run, and return the id that it has there; None where no tracker is set.

    Raises:
        ResourceError: the tracker does not take it.
    """
    if config.backend == "off":
        return None
    for name, value in _PATIENCE.items():
        os.environ.setdefault(name, value)
    if problems := check_tracker(config):
        raise ResourceError("; ".join(problems))
    from mlflow import MlflowClient
    from mlflow.entities import Metric, Param, RunTag
    from mlflow.exceptions import MlflowException

    now = int(time.time() * 1000)
    try:
        client = MlflowClient(expand(config.uri, "track.uri") if config.uri else None)
        known = client.get_experiment_by_name(config.experiment)
        experiment = known.experiment_id if known else client.create_experiment(config.experiment)
        made: str = client.create_run(experiment, run_name=run.name).info.run_id
        client.log_batch(
            made,
            metrics=[Metric(name, value, now, 0) for name, value in run.metrics.items()],
            params=[Param(name, value[:6000]) for name, value in run.parameters.items()],
            tags=[RunTag(name, value) for name, value in run.tags.items()],
        )
        client.set_terminated(made)
    except (MlflowException, OSError) as error:
        raise ResourceError(f"track: MLflow did not take the figures: {type(error).__name__}") from None
    return made
