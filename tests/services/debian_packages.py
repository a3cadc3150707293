"""Puts Debian's packages that tests use on a machine where that is possible; says why where it is not: tests are skipped."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

_SECONDS = 300
_QUICK = ["-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=20", "-o", "Acquire::https::Timeout=20"]


def chromium() -> bool:
    """Whether a browser is here."""
    return any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))


def postgresql() -> bool:
    """Whether PostgreSQL's own programs are here."""
    return shutil.which("initdb") is not None or any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


_PACKAGES = {"chromium": (chromium, "fonts-dejavu-core"), "postgresql": (postgresql,)}
"""Package, how to tell that it is here, what else it takes."""


def lack() -> str | None:
    """Install what is missing; say in a line why something is not there afterwards."""
    if not (names := _missing()):
        return None
    if shutil.which("apt-get") is None:
        return "apt-get is not here"
    if os.geteuid() != 0:
        return f"only root may install packages (apt-get install {' '.join(names)})"
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update", "-qq"], ["install", "-qq", "--yes", "--no-install-recommends", *names]):
        try:
            done = subprocess.run(
                ["apt-get", *_QUICK, *arguments], env=environment, capture_output=True, text=True, timeout=_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            return f"apt-get {arguments[0]}: no answer within {_SECONDS} s"
        if done.returncode and arguments[0] == "install":
            lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
            return f"apt-get install: failed ({done.returncode}): {lines[-1] if lines else 'no output'}"
    return f"apt-get installed no {', '.join(left)}" if (left := _missing()) else None


def _missing() -> list[str]:
    return [name for package, (found, *more) in _PACKAGES.items() if not found() for name in (package, *more)]


if __name__ == "__main__":
    reason = lack()
    sys.stderr.write(f"tests that use Debian's packages will be skipped: {reason}\n" if reason else "")
