"""Where the figures of runs go, beside the report and the Prefect UI."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from langkah.config.sections import DatabaseUrl, Section


class TrackConfig(Section):
    """An experiment tracker that is told the figures of each judged run; no text of a record goes there."""

    backend: Literal["off", "mlflow"] = Field(default="off", title="Tracker")
    """`mlflow` needs `langkah[mlflow]`."""
    uri: DatabaseUrl | None = Field(default=None, title="Address of the tracker", examples=["http://mlflow:5000"])
    """As MLflow takes it; None: MLFLOW_TRACKING_URI of the worker's environment, where user and password are set too."""
    experiment: str = Field(default="langkah", min_length=1, max_length=200, title="Experiment")
    """Runs of one product or team together."""
