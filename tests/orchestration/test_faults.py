"""What happens at night: one fault of each class on a running team's services. All of them, in every step: `make soak`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fault_cases import FaultBench, bench
from faults import postgres_leaks
from postgres import postgres_server

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[FaultBench]:
    with bench(tmp_path_factory.mktemp("night"), tiny_model) as made:
        yield made


def test_a_killed_step_lets_its_place_on_a_gpu_go_within_minutes(night: FaultBench) -> None:
    night.kill_gpu_holder()  # the last test looks again


@pytest.mark.parametrize(
    ("fault", "step", "flow"),
    [
        ("run", "scrub", "prepare-dataset"),
        ("child", "train", "finetune"),
        ("worker", "paraphrase", "prepare-dataset"),
        ("server", "assemble", "prepare-dataset"),
    ],
)
def test_what_is_killed_comes_back_and_the_run_ends_as_undisturbed(night: FaultBench, fault: str, step: str, flow: str) -> None:
    night.strike(fault, step, flow)


def test_two_runs_of_the_same_work_end_alike(night: FaultBench) -> None:
    night.two_at_once("prepare-dataset")


def test_a_clock_that_jumps_changes_nothing(night: FaultBench) -> None:
    night.clock(-3600, "structure", "prepare-dataset")


def test_a_corrupt_artifact_is_made_again(night: FaultBench) -> None:
    night.corrupt("records", "prepare-dataset")


def test_a_full_disk_ends_the_run_in_words_and_the_next_one_is_whole(night: FaultBench) -> None:
    night.full_disk("scrub", "prepare-dataset")


def test_a_workspace_that_cannot_be_written_is_told_before_any_work(night: FaultBench) -> None:
    night.read_only("prepare-dataset")


def test_nothing_is_left_after_all_that(night: FaultBench) -> None:
    night.gpu_place_is_free()
    assert night.leaks() == [], "personal data of the FAQs"


def test_a_database_that_is_gone_for_a_while(tmp_path: Path, tiny_model: Path) -> None:
    with postgres_server() as database:
        url = f"postgresql+asyncpg://{database.address}/postgres"
        with bench(tmp_path, tiny_model, url) as made:
            made.away("PostgreSQL", database.stop, database.start, 10, "structure", "prepare-dataset")
            assert made.leaks() == [] and postgres_leaks(database.address) == []
