"""A Prefect server of the run's own: started beside the run, ended with it, however the run ends.

Prefect can start a temporary server itself, but that one outlives a killed run and keeps the database of the workspace; and
this one starts while the run still imports Prefect.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

from filelock import FileLock

from langkah.artifacts import Workspace
from langkah.errors import InputError, ResourceError

_WATCH_SECONDS = 0.5
_STARTUP_SECONDS = 120
_PATIENT = {"PREFECT_SERVER_DATABASE_TIMEOUT": "60"}
"""Seconds that a busy machine's SQLite may make a change of state wait; with Prefect's 10 it is lost, and a run hangs."""
_TEMPORARY = {"PREFECT_UI_ENABLED": "0", "PREFECT__SERVER_EPHEMERAL": "1", "PREFECT__SERVER_FINAL": "1"}
"""What Prefect sets for its own temporary server: no pages, no services for schedules and late runs."""


class OwnServer:
    """A server on a free port of the loopback address, its database in the workspace.

    Servers of one workspace start one after the other: two that make the same new database at once fail.
    """

    def __init__(self, workspace: Workspace) -> None:
        workspace.prefect.mkdir(parents=True, exist_ok=True)
        self._starting = FileLock(workspace.prefect / "server.lock")
        self._starting.acquire()
        self._log = workspace.log_file("prefect-server")
        self._port = _free_port()
        with self._log.open("a", encoding="utf-8") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "flows.server", str(self._port), str(os.getpid())],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**_PATIENT, **os.environ, **_TEMPORARY},
                start_new_session=True,  # Ctrl-C ends the run, and the run then ends its server
            )

    @property
    def api_url(self) -> str:
        """The value of `PREFECT_API_URL` that leads to it."""
        return f"http://127.0.0.1:{self._port}/api"

    def wait(self) -> None:
        """Return when the server answers.

        Raises:
            ResourceError: it ended, or did not answer in time; the message names its log.
        """
        deadline = time.monotonic() + _STARTUP_SECONDS
        how = f"did not answer within {_STARTUP_SECONDS} s"
        while time.monotonic() < deadline:
            if (code := self._process.poll()) is not None:
                how = f"ended with exit code {code}"
                break
            try:
                with urllib.request.urlopen(f"{self.api_url}/health", timeout=5) as answer:
                    if answer.status == 200:
                        self._starting.release()
                        return
            except (OSError, urllib.error.URLError):
                time.sleep(0.1)
        self.stop()
        raise ResourceError(f"the Prefect server of this run {how}; its log: {self._log}")

    def stop(self) -> None:
        """End the server."""
        self._starting.release()
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def check_server(api_url: str) -> None:
    """Check that the server that `PREFECT_API_URL` names answers.

    Raises:
        InputError: it is no URL, or that of something else.
        ResourceError: nothing answers there.
    """
    if not api_url.startswith(("http://", "https://")):
        raise InputError("PREFECT_API_URL: expected a URL such as http://127.0.0.1:4200/api")
    try:
        with urllib.request.urlopen(f"{api_url.rstrip('/')}/health", timeout=10) as answer:
            healthy = answer.read(16).strip() == b"true"
    except urllib.error.HTTPError as error:
        healthy = error.code in (401, 403)  # it answers; whether it knows us is Prefect's to say
    except (OSError, ValueError):
        raise ResourceError(f"PREFECT_API_URL: no Prefect server answers at {api_url}") from None
    if not healthy:
        raise InputError(f"PREFECT_API_URL: {api_url} is no Prefect API; expected a URL such as http://127.0.0.1:4200/api")


def main(arguments: list[str]) -> None:
    """Serve on a port until the parent is gone: `python -m flows.server PORT PARENT_PID`."""
    port, parent = (int(argument) for argument in arguments)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    import uvicorn

    uvicorn.run(
        "prefect.server.api.server:create_app", factory=True, host="127.0.0.1", port=port, log_level="error", lifespan="on"
    )


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_WATCH_SECONDS)
    os._exit(0)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


if __name__ == "__main__":
    main(sys.argv[1:])
