"""One real Prefect server for the session, and a small run to look at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.settings import (
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    PREFECT_LOCAL_STORAGE_PATH,
    PREFECT_LOGGING_LEVEL,
    PREFECT_SERVER_ANALYTICS_ENABLED,
    temporary_settings,
)
from prefect.testing.utilities import prefect_test_harness

from langkah.config import RunConfig, parse_config


@pytest.fixture(scope="session", autouse=True)
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    settings = {
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,
        PREFECT_LOGGING_LEVEL: "CRITICAL",
        PREFECT_SERVER_ANALYTICS_ENABLED: False,
        # The harness keeps results where the last session left its own.
        PREFECT_LOCAL_STORAGE_PATH: tmp_path_factory.mktemp("results"),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREFECT_SERVER_DATABASE_TIMEOUT", "60")  # a busy machine's SQLite is locked for longer than 10 s at times
        with prefect_test_harness(server_startup_timeout=120), temporary_settings(settings):
            yield


@pytest.fixture(scope="session")
def config(tiny_model: Path) -> RunConfig:
    return parse_config(
        {
            "ingest": {"max_intents": 12},
            "train": {"base_model": str(tiny_model), "num_train_epochs": 1, "threads": 1},
            "evaluate": {"max_new_tokens": 8, "resamples": 200},
        }
    )
