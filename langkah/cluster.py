"""What the engine of sharded steps needs: found out before any work, and before Prefect is imported."""

from __future__ import annotations

import importlib.util
import socket
from typing import Final
from urllib.parse import urlsplit

from langkah.config import RunConfig

_EXTRAS: Final = {"dask": "prefect_dask", "ray": "prefect_ray"}
_PATIENCE: Final = 10
"""Seconds until a cluster's address must answer."""


def check_runner(config: RunConfig) -> list[str]:
    """What is missing for the engine that the settings name: a package, an answer from its cluster; a line each."""
    runner, address = config.runner, config.cluster.address
    problems: list[str] = []
    if (package := _EXTRAS.get(runner)) and importlib.util.find_spec(package) is None:
        problems.append(f"runner={runner}: not installed: `pip install 'langkah[{runner}]'`")
    if not address:
        return problems
    if not package:
        return [f"cluster.address: runner={runner} works on this machine; set runner=dask or runner=ray, or leave it empty"]
    place = urlsplit(address if "://" in address else f"//{address}")
    try:
        host, port = place.hostname, place.port
    except ValueError:
        host = port = None
    if not host or not port:
        return [*problems, f"cluster.address: expected tcp://host:port (Dask) or ray://host:port (Ray), got {address}"]
    try:
        socket.create_connection((host, port), timeout=_PATIENCE).close()
    except OSError as error:
        problems.append(f"cluster.address: nobody answers at {address}: {error.strerror or type(error).__name__}")
    return problems
