"""Every fault in every step, on SQLite, and with PostgreSQL gone for a minute; a table of what became of each is printed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fault_cases import FaultBench, bench
from faults import postgres_leaks
from postgres import Postgres, postgres_server

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1800)]

STEPS = (
    "ingest", "scrub", "audit", "structure", "compare", "paraphrase", "split", "assemble", "train", "generate", "score",
    "report", "promote_adapter", "promote_adapter-done",
)  # fmt: skip


@pytest.fixture(scope="module")
def night(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[FaultBench]:
    with bench(tmp_path_factory.mktemp("night"), tiny_model) as made:
        yield made
        _print(made, request.config)


@pytest.fixture(scope="module")
def database() -> Iterator[Postgres]:
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="module")
def postgres_night(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tiny_model: Path, database: Postgres
) -> Iterator[FaultBench]:
    url = f"postgresql+asyncpg://{database.address}/postgres"
    with bench(tmp_path_factory.mktemp("postgres"), tiny_model, url) as made:
        yield made
        _print(made, request.config)


def _print(made: FaultBench, config: pytest.Config) -> None:
    """Print the table past pytest, which keeps what tests that pass print."""
    lines = [f"{case:<44} {seconds:>6.0f} s  {said[:110]}" for case, said, seconds in made.table]
    with config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        sys.stdout.write("\n" + "\n".join(lines) + "\n")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("fault", ["run", "worker", "server"])
def test_what_is_killed_in_any_step_comes_back(night: FaultBench, fault: str, step: str) -> None:
    night.strike(fault, step)


def test_a_run_whose_machine_is_gone_starts_again_elsewhere(night: FaultBench) -> None:
    night.strike("machine", "structure")
    case, said, seconds = night.table[-1]
    assert said.startswith("No sign of life for five minutes") and seconds < 480, case


def test_a_run_that_crashes_at_each_start_is_left_to_a_person(night: FaultBench) -> None:
    night.strike_again_and_again("ingest")


def test_a_killed_training_child_goes_on(night: FaultBench) -> None:
    night.strike("child", "train")


@pytest.mark.parametrize("step", ["scrub", "train", "report"])
def test_a_full_disk_in_any_kind_of_step_is_told(night: FaultBench, step: str) -> None:
    night.full_disk(step)


@pytest.mark.parametrize(
    "kind", ["index", "records", "procedures", "variants", "slices", "dataset", "adapter", "answers", "scores"]
)
def test_any_corrupt_artifact_is_made_again(night: FaultBench, kind: str) -> None:
    night.corrupt(kind)


@pytest.mark.parametrize("step", ["scrub", "train"])
@pytest.mark.parametrize("seconds", [-3600, 86_400])
def test_a_clock_that_jumps_changes_nothing(night: FaultBench, seconds: float, step: str) -> None:
    night.clock(seconds, step)


def test_other_faults(night: FaultBench) -> None:
    night.two_at_once()
    night.read_only()
    night.kill_gpu_holder()
    night.gpu_place_is_free()


@pytest.mark.parametrize("step", ["scrub", "train", "generate"])
def test_a_database_that_is_gone_for_a_minute(postgres_night: FaultBench, database: Postgres, step: str) -> None:
    postgres_night.away("PostgreSQL", database.stop, database.start, 60, step)


def test_a_database_that_is_gone_for_minutes_costs_a_start_at_most(postgres_night: FaultBench, database: Postgres) -> None:
    postgres_night.away("PostgreSQL", database.stop, database.start, 200, "structure")


@pytest.mark.parametrize(("fault", "step"), [("run", "scrub"), ("worker", "train"), ("server", "generate")])
def test_what_is_killed_comes_back_with_postgresql(postgres_night: FaultBench, fault: str, step: str) -> None:
    postgres_night.strike(fault, step)


def test_no_personal_data_is_anywhere_after_all_that(night: FaultBench, postgres_night: FaultBench, database: Postgres) -> None:
    assert night.leaks() == []
    assert postgres_night.leaks() == [] and postgres_leaks(database.address) == []
