"""`langkah up`: what a team runs, on one machine and without docker, under one process that ends it all."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from filelock import FileLock, Timeout

from langkah.artifacts import Workspace
from langkah.errors import InputError, ResourceError

_ROOT: Final = Path(__file__).parents[1]
_POOL: Final = "langkah"
_STARTUP_SECONDS: Final = 120
_END_SECONDS: Final = 20
_LONGEST_PAUSE: Final = 30
"""Seconds between two starts of a service that ends again and again."""
_LONGEST_LOG: Final = 20 * 2**20
"""Bytes, beyond which a service that starts begins a new one; the one before is kept."""
_PR_SET_PDEATHSIG: Final = 1


@dataclass
class Service:
    """A program that is started again whenever it ends."""

    name: str
    command: tuple[str, ...]
    log: Path
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0
    due: float = 0.0
    _output: IO[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start it; the system ends it with this process, however that ends."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > _LONGEST_LOG:
            self.log.replace(self.log.with_suffix(".1.log"))
        self._output = self.log.open("ab")
        self.starts += 1
        self.process = subprocess.Popen(
            self.command, cwd=_ROOT, env=dict(self.environment), stdin=subprocess.DEVNULL, stdout=self._output,
            stderr=self._output, start_new_session=True, preexec_fn=_end_with_parent,
        )  # fmt: skip

    def revive(self, say: Callable[[str], None]) -> None:
        """Start it again if it ended, sooner the first times."""
        if self.process and self.process.poll() is not None:
            self._close()
            pause = min(2.0 ** (self.starts - 1), _LONGEST_PAUSE)
            say(f"{self.name} ended with exit code {self.process.returncode}; again in {pause:.0f} s; its log: {self.log}")
            self.process, self.due = None, time.monotonic() + pause
        elif self.process is None and time.monotonic() >= self.due:
            self.start()

    def stop(self) -> None:
        """End it with all that it started."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self._close()

    def _close(self) -> None:
        if self._output:
            self._output.close()


def run_team(options: Mapping[str, Any], say: Callable[[str], None]) -> None:
    """Start server, deployments, worker and review pages, and keep them up until Ctrl-C or SIGTERM.

    Raises:
        InputError: a port is taken, or is given twice, or the workspace has its services already.
        ResourceError: the server does not start, or takes no deployments.
    """
    workspace = Workspace.open(options["workspace"])
    port, review_port = options["port"], options["review_port"]
    if port == review_port:
        raise InputError(f"--review-port {review_port}: is --port too; expected another one")
    for name, number in (("--port", port), ("--review-port", review_port)):
        _require_free(name, number)
    address, pages = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{review_port}"
    environment = {
        "PREFECT_HOME": str(workspace.prefect),
        "PREFECT_RESULTS_LOCAL_STORAGE_PATH": str(workspace.step_results),
        "PREFECT_SERVER_DATABASE_TIMEOUT": "60",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "LANGKAH_ROOT": str(_ROOT),
        "LANGKAH_REVIEW_URL": pages,
        **os.environ,
        "LANGKAH_HOME": str(workspace.root),
        "PREFECT_API_URL": f"{address}/api",
        "PREFECT_SERVER_API_HOST": "127.0.0.1",
        "PREFECT_SERVER_API_PORT": str(port),
    }
    prefect = (sys.executable, "-m", "prefect")

    def service(name: str, *command: str) -> Service:
        return Service(name, command, workspace.log_file(name), environment)

    server = service("prefect-server", *prefect, "server", "start")
    queues = [part for queue in _queues() for part in ("--work-queue", queue)]
    others = [
        service("worker", *prefect, "worker", "start", "--pool", _POOL, "--type", "process", *queues),
        service("review", sys.executable, "-m", "flows.cli", "review", "--port", str(review_port)),
    ]
    services = [server]
    alone = FileLock(workspace.root / "up.lock", timeout=0)
    try:
        alone.acquire()
    except Timeout:
        raise InputError(f"--workspace {workspace.root}: `langkah up` runs on it already") from None
    try:
        server.start()
        _wait(server, f"{address}/api/health")
        _deploy(environment)
        for each in others:
            services.append(each)
            each.start()
        say(f"Prefect UI    {address}")
        say(f"Review pages  {pages}")
        say(f"Workspace     {workspace.root}; logs in {server.log.parent}")
        say("Ctrl-C ends it all; what is finished is kept.")
        while True:
            for each in services:
                each.revive(say)
            time.sleep(0.5)
    except KeyboardInterrupt:
        say("Ending ...")
    finally:
        for each in reversed(services):
            each.stop()
        alone.release()


def _queues() -> tuple[str, ...]:
    """What this machine's worker takes runs from."""
    return ("cpu", "gpu") if Path("/dev/nvidia0").exists() else ("cpu",)


def _deploy(environment: Mapping[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flows.cli", "deploy"], cwd=_ROOT, env=dict(environment), stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise ResourceError(done.stderr.strip().removeprefix("langkah: ") or "langkah deploy failed")


def _require_free(option: str, port: int) -> None:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            raise InputError(f"{option} {port}: another program listens there; expected a free port") from None


def _wait(server: Service, url: str) -> None:
    deadline = time.monotonic() + _STARTUP_SECONDS
    while time.monotonic() < deadline and server.process and server.process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (OSError, urllib.error.URLError):
            time.sleep(0.2)
    raise ResourceError(f"the Prefect server did not start; its log: {server.log}")


def _end_with_parent() -> None:
    """Have Linux end this process when the one that started it is gone.

    Prefect's worker ends by an interrupt that it sends itself: a shell's background job, which ignores it, would hand that on.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
