"""What a team runs: a Prefect server with its database, the deployments of this repository, and a process worker."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from postgres import free_port

ROOT = Path(__file__).parents[2]
PREFECT = (sys.executable, "-m", "prefect")


@dataclass(frozen=True)
class Team:
    """A server that answers, with all deployments and a worker that waits."""

    address: str
    """Of the Prefect UI."""
    environment: dict[str, str]
    """Of all its processes."""
    workspace: Path
    logs: Path
    """Folder with a file of output of each process."""


@contextmanager
def prefect_team(home: Path, database: str | None = None, more: Mapping[str, str] | None = None) -> Iterator[Team]:
    """Start a team's services in a folder, and end them with all that they started.

    Args:
        home: an empty folder.
        database: SQLAlchemy URL of the server's database; None: SQLite in the folder.
        more: environment variables of all processes.
    """
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT")}
    environment = kept | {
        "PREFECT_HOME": str(home / "prefect"),
        "PREFECT_API_URL": f"{address}/api",
        "PREFECT_SERVER_API_HOST": "127.0.0.1",
        "PREFECT_SERVER_API_PORT": str(port),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_DATABASE_TIMEOUT": "60",
        "PREFECT_WORKER_QUERY_SECONDS": "2",
        "LANGKAH_ROOT": str(ROOT),
        "LANGKAH_HOME": str(home / "workspace"),
        "PYTHONPATH": str(ROOT),
        **({"PREFECT_SERVER_DATABASE_CONNECTION_URL": database} if database else {}),
        **(more or {}),
    }
    team = Team(address, environment, home / "workspace", home)
    with ExitStack() as running:
        running.enter_context(_process(team, "server", "server", "start"))
        _wait(f"{address}/api/health")
        _once(team, "work-pool", "create", "--type", "process", "langkah")
        _once(team, "--no-prompt", "deploy", "--all", "--prefect-file", "deployments/prefect.yaml")
        running.enter_context(_process(team, "worker", "worker", "start", "--pool", "langkah", "--type", "process"))
        yield team


@contextmanager
def _process(team: Team, name: str, *arguments: str) -> Iterator[None]:
    with (team.logs / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            [*PREFECT, *arguments], cwd=ROOT, env=team.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            yield
        finally:
            started = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
            process.terminate()
            _, alive = psutil.wait_procs(started, timeout=15)
            for each in alive:
                each.kill()
            process.wait()


def _once(team: Team, *arguments: str) -> None:
    done = subprocess.run(
        [*PREFECT, *arguments], cwd=ROOT, env=team.environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _wait(url: str, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            assert time.monotonic() < end, f"{url} does not answer"
            time.sleep(0.3)
