"""PostgreSQL of a test's own: Debian's programs, a folder of its own, a port on loopback."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def postgres_server() -> Iterator[str]:
    """Run a server and yield its address, `USER@HOST:PORT`; skip the test where PostgreSQL is not installed."""
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

        run(str(folder / "initdb"), "-D", str(data), "-U", "langkah", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-p {port} -k {place} -c listen_addresses=127.0.0.1 -c fsync=off"
        run(str(folder / "pg_ctl"), "-D", str(data), "-o", options, "-w", "-l", f"{place}/log", "start")
        try:
            yield f"langkah@127.0.0.1:{port}"
        finally:
            run(str(folder / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop")


def _programs() -> Path | None:
    """The folder of `initdb` and `pg_ctl`, which Debian keeps off the path."""
    found = [Path(path).parent for name in ("initdb",) if (path := shutil.which(name))]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in found if (folder / "initdb").is_file() and (folder / "pg_ctl").is_file()), None)
