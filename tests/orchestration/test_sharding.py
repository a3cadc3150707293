"""Scrubbing in shards, by each engine with two workers: the same dataset version, also when a worker is killed."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from command_line import ROOT, command, environment

from flows.prepare_dataset import prepare_dataset
from flows.summary import PreparedDataset
from langkah.artifacts import Workspace
from langkah.config import RunConfig, change_config
from langkah.errors import ConfigError

pytestmark = pytest.mark.filterwarnings("ignore")
ENGINES = [
    pytest.param(
        name,
        marks=pytest.mark.skipif(
            name != "process" and importlib.util.find_spec(f"prefect_{name}") is None, reason=f"prefect-{name} is not installed"
        ),
    )
    for name in ("process", "dask", "ray")
]


@pytest.fixture(scope="module")
def data(examples: Path) -> list[str]:
    return [str(examples / "shop-faq-en.jsonl"), str(examples / "shop-faq-broken.jsonl")]


def prepared(data: list[str], config: RunConfig, home: Path) -> PreparedDataset:
    made = prepare_dataset(data, config, str(home))
    assert isinstance(made, PreparedDataset)
    return made


@pytest.fixture(scope="module")
def alone(data: list[str], config: RunConfig, tmp_path_factory: pytest.TempPathFactory) -> PreparedDataset:
    return prepared(data, config, tmp_path_factory.mktemp("alone"))


def sharded(config: RunConfig, engine: str, rows: int = 5) -> RunConfig:
    return change_config(config, [f"runner={engine}", "cluster.workers=2", f"cluster.shard_rows={rows}"])


@pytest.mark.slow
@pytest.mark.parametrize("engine", [*ENGINES[:2], pytest.param("ray", marks=[*ENGINES[2].marks, pytest.mark.soak])])
def test_each_engine_makes_the_same(
    alone: PreparedDataset, data: list[str], config: RunConfig, tmp_path: Path, engine: str
) -> None:
    made = prepared(data, sharded(config, engine), tmp_path)
    assert made.records == alone.records
    assert made.dataset == alone.dataset
    assert len(Workspace(tmp_path).store.refs("shard")) == 3, "12 accepted rows and three flagged ones"


def killed_once(engine: str, home: Path, killed: list[str]) -> threading.Thread:
    """Kill one worker of the engine, once a shard is done; note which."""
    marks = {"process": "spawn_main", "dask": "spawn_main", "ray": "ray::"}

    def kill() -> None:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            if list((home / "artifacts" / "shard").glob("*")):
                workers = [each for each in psutil.Process().children(recursive=True) if marks[engine] in _named(each)]
                busy = sorted(workers, key=lambda each: -sum(each.cpu_times()[:2]))
                for each in busy[:1]:
                    killed.append(_named(each))
                    os.kill(each.pid, signal.SIGKILL)
                    return
            time.sleep(0.02)

    thread = threading.Thread(target=kill)
    thread.start()
    return thread


def _named(process: psutil.Process) -> str:
    try:
        return " ".join([process.name(), *process.cmdline()])
    except psutil.Error:
        return ""


@pytest.mark.soak
@pytest.mark.parametrize("engine", ENGINES)
def test_a_worker_that_is_killed_costs_its_shards(
    alone: PreparedDataset, data: list[str], config: RunConfig, tmp_path: Path, engine: str
) -> None:
    killed: list[str] = []
    thread = killed_once(engine, tmp_path, killed)
    made = prepared(data, sharded(config, engine, rows=1), tmp_path)
    thread.join()
    assert len(killed) == 1
    assert made.dataset == alone.dataset


@pytest.mark.soak
@pytest.mark.parametrize("engine", ENGINES[:2])
def test_no_worker_outlives_a_run_that_is_killed(data: list[str], tmp_path: Path, engine: str) -> None:
    chosen = [part for each in (f"runner={engine}", "cluster.workers=2", "cluster.shard_rows=1") for part in ("--set", each)]
    arguments = [sys.executable, "-m", "flows.cli", "prepare", "--data", data[0], "--workspace", str(tmp_path), *chosen]
    run = subprocess.Popen(arguments, cwd=ROOT, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 200
    while not list((tmp_path / "artifacts" / "shard").glob("*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    workers = psutil.Process(run.pid).children(recursive=True)
    assert len(workers) >= 2
    run.kill()
    run.wait()
    _, alive = psutil.wait_procs(workers, timeout=60)
    assert [_named(each) for each in alive if each.status() != psutil.STATUS_ZOMBIE] == []


def test_what_an_engine_lacks_is_told_before_any_work(data: list[str], tmp_path: Path) -> None:
    def refused(*settings: str) -> str:
        chosen: list[Any] = [part for each in settings for part in ("--set", each)]
        done = command("prepare", "--data", data[0], "--workspace", tmp_path, *chosen)
        assert done.returncode == 2, done.stderr
        return done.stderr

    said = refused("runner=dask", "cluster.address=tcp://127.0.0.1:9")
    assert "cluster.address: nobody answers at tcp://127.0.0.1:9: Connection refused" in said
    assert "cluster.address: runner=process works on this machine" in refused("runner=process", "cluster.address=tcp://a:1")
    assert "cluster.address: expected tcp://host:port (Dask)" in refused("runner=ray", "cluster.address=head")
    assert "runner" in refused("runner=spark")
    with pytest.raises(ConfigError):
        change_config(RunConfig(), ["cluster.workers=0"])
