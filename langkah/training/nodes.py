"""Several machines that train one adapter together: where they meet, and what all but the first of them do.

The run's own machine is the first: its agent holds the rendezvous (torch's c10d), and its work folder, which the others see
too, holds the spec, the examples and the checkpoints. The others wait for it, train with it, and wait for the next.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from langkah.errors import ConfigError, TrainingError
from langkah.training.processes import PARENT
from langkah.training.work_files import SPEC

_LOOK_SECONDS = 2.0
_MEET_SECONDS = 3.0
"""After a run, whose rendezvous may be open for a moment still."""


class Nodes(BaseModel):
    """How many machines, and the address at which the first one waits for the others."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    count: int = Field(default=1, ge=1)
    rendezvous: str = Field(default="", description="host:port; unused by a single machine")
    patience: float = Field(default=600, gt=0, description="seconds that one waits for the others")

    @property
    def endpoint(self) -> str:
        """Where the agents meet; a single one by itself, at a free port."""
        return self.rendezvous if self.count > 1 else "localhost:0"

    def require_address(self) -> None:
        """Make sure that the rendezvous is the name of a machine.

        Raises:
            ConfigError: nobody knows it here.
        """
        if self.count > 1:
            host, port = _parts(self.rendezvous)
            try:
                socket.getaddrinfo(host, port)
            except OSError:
                raise ConfigError(f"train.rendezvous: no machine is called {host} here: name the run's own") from None

    @property
    def address(self) -> str:
        """The address by which the others reach this machine: that of its way to the rendezvous."""
        if self.count == 1:
            return "127.0.0.1"
        host, port = _parts(self.rendezvous)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:  # nothing is sent
            probe.connect((host, port))
            return probe.getsockname()[0]


ALONE: Final = Nodes()


def join_runs(rendezvous: str, work: Path, tell: Callable[[str], Any], *, once: bool = False) -> None:
    """Train along with every run that waits at an address, until this process is ended.

    Args:
        rendezvous: `train.rendezvous` of the runs.
        work: the folder `work` of their workspace, on a file system that all machines share.
        tell: is told in a line what happens.
        once: end after the first run.

    Raises:
        TrainingError: with `once`, the training failed.
    """
    host, port = _parts(rendezvous)
    tell(f"waiting for a run at {rendezvous}; Ctrl-C ends it")
    while True:
        spec = waiting_spec(rendezvous, work) if _is_open(host, port) else None
        if spec is None:
            time.sleep(_LOOK_SECONDS)
            continue
        tell(f"training along with {spec.parent.name}")
        command = [sys.executable, "-m", "langkah.training.workers", str(spec), "--join"]
        child = subprocess.Popen(command, env={**os.environ, PARENT: str(os.getpid())})
        try:
            code = child.wait()
        finally:
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
                child.wait()
        tell("done" if code == 0 else f"it ended with {code}: the run that asked for it says why")
        if once:
            if code:
                raise TrainingError(f"training along with {spec.parent.name} ended with {code}; logs: {spec.parent}")
            return
        time.sleep(_MEET_SECONDS)


def waiting_spec(rendezvous: str, work: Path) -> Path | None:
    """Return the newest spec whose run meets at an address, None where there is none."""
    found: list[tuple[float, Path]] = []
    for path in work.glob(f"*/{SPEC}"):
        try:
            nodes = json.loads(path.read_text(encoding="utf-8")).get("nodes", {})
            if nodes.get("rendezvous") == rendezvous:
                found.append((path.stat().st_mtime, path))
        except (OSError, ValueError):
            continue  # removed, or being written
    return max(found)[1] if found else None


def _parts(rendezvous: str) -> tuple[str, int]:
    host, _, port = rendezvous.rpartition(":")
    return host, int(port)


def _is_open(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=2).close()
    except OSError:
        return False
    return True
