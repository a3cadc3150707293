"""Puts Debian's chromium on a machine where that is possible; where it is not, says why, and the browser tests are skipped."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_SECONDS = 300
_QUICK = ["-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=20", "-o", "Acquire::https::Timeout=20"]


def lack() -> str | None:
    """Install it where it is missing; say in a line why it is not there afterwards."""
    if any(shutil.which(name) for name in _NAMES):
        return None
    if shutil.which("apt-get") is None:
        return "apt-get is not here"
    if os.geteuid() != 0:
        return "only root may install packages (apt-get install chromium)"
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (
        ["update", "-qq"],
        ["install", "-qq", "--yes", "--no-install-recommends", "chromium", "fonts-dejavu-core"],
    ):
        try:
            done = subprocess.run(
                ["apt-get", *_QUICK, *arguments], env=environment, capture_output=True, text=True, timeout=_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            return f"apt-get {arguments[0]}: no answer within {_SECONDS} s"
        if done.returncode and arguments[0] == "install":
            lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
            return f"apt-get install: failed ({done.returncode}): {lines[-1] if lines else 'no output'}"
    return None if any(shutil.which(name) for name in _NAMES) else "apt-get installed no chromium"


if __name__ == "__main__":
    reason = lack()
    sys.stderr.write(f"browser tests will be skipped: {reason}\n" if reason else "")
