"""PostgreSQL of a test's own: Debian's programs, a folder of its own, a port on loopback."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@dataclass(frozen=True)
class Postgres:
    """A server that can be taken away for a while."""

    address: str
    """`USER@HOST:PORT`"""
    _control: Callable[..., None]

    def stop(self) -> None:
        """Take it away, as a power failure does."""
        self._control("-m", "immediate", "stop")

    def start(self) -> None:
        """Bring it back."""
        self._control("-w", "start")


@contextmanager
def postgres_server() -> Iterator[Postgres]:
    """Run a server; skip the test where PostgreSQL is not installed."""
    folder = _programs()
    if folder is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    user = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
    if user and user not in {entry.pw_name for entry in pwd.getpwall()}:
        pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="langkah-pg-") as place:
        data = Path(place) / "data"
        data.mkdir()
        if user:
            shutil.chown(place, user)
            shutil.chown(data, user)

        def run(*command: str) -> None:
            subprocess.run(
                command, user=user, cwd=place, check=True, timeout=90, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip

        def control(*arguments: str) -> None:
            options = f"-p {port} -k {place} -c listen_addresses=127.0.0.1 -c fsync=off"
            run(str(folder / "pg_ctl"), "-D", str(data), "-o", options, "-l", f"{place}/log", *arguments)

        run(str(folder / "initdb"), "-D", str(data), "-U", "langkah", "-A", "trust", "-E", "UTF8", "--no-sync")
        server = Postgres(f"langkah@127.0.0.1:{port}", control)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _programs() -> Path | None:
    """The folder of `initdb` and `pg_ctl`, which Debian keeps off the path."""
    found = [Path(path).parent for name in ("initdb",) if (path := shutil.which(name))]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in found if (folder / "initdb").is_file() and (folder / "pg_ctl").is_file()), None)
