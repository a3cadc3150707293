"""What a team runs, by `langkah up`: Prefect server, deployments, worker and review pages, on ports of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from postgres import free_port

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Team:
    """A server that answers, with all deployments, and a worker that waits."""

    address: str
    """Of the Prefect UI."""
    workspace: Path
    process: subprocess.Popen[bytes]
    """`langkah up`."""

    @property
    def api(self) -> str:
        """The value of PREFECT_API_URL."""
        return f"{self.address}/api"

    def services(self, name: str) -> list[psutil.Process]:
        """The processes right below `langkah up` whose command lines hold this word: `server`, `worker`, `review`."""
        return [child for child in psutil.Process(self.process.pid).children() if name in child.cmdline()]

    def log(self, name: str) -> str:
        """What a service wrote."""
        return (self.workspace / "logs" / f"{name}.log").read_text(errors="replace")


@contextmanager
def prefect_team(home: Path, database: str | None = None, more: Mapping[str, str] | None = None) -> Iterator[Team]:
    """Run `langkah up` in a folder, and end it with all that it started.

    Args:
        home: an empty folder.
        database: SQLAlchemy URL of the server's database; None: SQLite in the workspace.
        more: environment variables of all processes.
    """
    port, review = free_port(), free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT", "LANGKAH"))}
    environment = kept | {
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "PREFECT_WORKER_QUERY_SECONDS": "2",
        **({"PREFECT_SERVER_DATABASE_CONNECTION_URL": database} if database else {}),
        **(more or {}),
    }
    ports = ["--port", str(port), "--review-port", str(review)]
    said = home / "up.log"
    with said.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "flows.cli", "up", *ports, "--workspace", str(home / "workspace")],
            cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + 180
        while "Ctrl-C" not in said.read_text():
            assert process.poll() is None and time.monotonic() < deadline, said.read_text()
            time.sleep(0.2)
        yield Team(f"http://127.0.0.1:{port}", home / "workspace", process)
    finally:
        if process.poll() is None:
            started = psutil.Process(process.pid).children(recursive=True)
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0, said.read_text()
            _, alive = psutil.wait_procs(started, timeout=10)
            assert not alive, f"left behind: {[each.cmdline() for each in alive]}"
