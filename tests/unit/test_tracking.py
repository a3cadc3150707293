from __future__ import annotations

from pathlib import Path

import pytest
from mlflow import MlflowClient

from langkah.config import TrackConfig, parse_config
from langkah.errors import ConfigError, ResourceError
from langkah.tracking import TrackedRun, check_tracker, track_run

RUN = TrackedRun(
    "brave-otter", {"train.lora_r": "32"}, {"tuned/eval/rouge_l": 0.331, "gate/passed": 1.0}, {"langkah.adapter": "abc"}
)


def test_figures_settings_and_digests_are_in_mlflow(tmp_path: Path) -> None:
    config = TrackConfig(backend="mlflow", uri=f"sqlite:///{tmp_path}/runs.db", experiment="shop")
    made = [track_run(config, RUN), track_run(config, RUN)]
    client = MlflowClient(config.uri)
    experiment = client.get_experiment_by_name("shop")
    assert experiment is not None
    found = client.search_runs([experiment.experiment_id])
    assert {run.info.run_id for run in found} == set(made)
    for run in found:
        assert run.info.run_name == "brave-otter" and run.info.status == "FINISHED"
        assert (run.data.metrics, run.data.params) == (RUN.metrics, RUN.parameters)
        assert run.data.tags["langkah.adapter"] == "abc"


def test_no_tracker_is_told_nothing() -> None:
    assert track_run(TrackConfig(), RUN) is None
    assert check_tracker(TrackConfig()) == []


def test_a_tracker_that_does_not_answer_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(ResourceError, match=r"^track: MLflow did not take the figures: \w+$"):
        track_run(TrackConfig(backend="mlflow", uri="http://127.0.0.1:9"), RUN)


def test_a_tracker_without_an_address_is_told_before_anything_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert check_tracker(TrackConfig(backend="mlflow")) == [
        "track.uri: expected the address of the tracker, here or in MLFLOW_TRACKING_URI"
    ]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlflow:5000")
    assert check_tracker(TrackConfig(backend="mlflow")) == []


def test_no_password_stands_in_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="expected no password in it") as caught:
        parse_config({"track": {"backend": "mlflow", "uri": "postgresql://me:hunter2@db/mlflow"}})
    assert "hunter2" not in str(caught.value)
    monkeypatch.delenv("NOT_SET", raising=False)
    config = TrackConfig(backend="mlflow", uri="postgresql://me:${NOT_SET}@db/mlflow")
    assert check_tracker(config) == ["track.uri: environment variable NOT_SET is not set"]
