"""Set Prefect up for a run from the command line; must run before Prefect is imported."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager

from flows.server import OwnServer, check_server
from langkah.artifacts import Workspace

_QUIET = {
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
}
_COMPUTE = {
    # Spinning threads starve each other as soon as anything else runs: training then takes ten times as long.
    "OMP_WAIT_POLICY": "PASSIVE",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_VERBOSITY": "error",
}


@contextmanager
def prefect_engine(workspace: Workspace) -> Generator[None]:
    """Set Prefect up for a run, with a server of the run's own where `PREFECT_API_URL` names none.

    Results, and the database of an own server, are kept in the workspace. What the user set in the environment wins.

    Raises:
        RuntimeError: Prefect was imported already and would not see these settings.
        ResourceError: the server did not start.
    """
    if "prefect" in sys.modules:
        raise RuntimeError("Prefect must be configured before it is imported")
    settings = {**_QUIET, **_COMPUTE, "PREFECT_RESULTS_LOCAL_STORAGE_PATH": str(workspace.step_results)}
    own = not os.environ.get("PREFECT_API_URL")
    if own:
        settings["PREFECT_HOME"] = str(workspace.prefect)
    for name, value in settings.items():
        os.environ.setdefault(name, value)
    if not own:
        check_server(os.environ["PREFECT_API_URL"])
        yield
        return
    server = OwnServer(workspace)
    os.environ["PREFECT_API_URL"] = server.api_url
    try:
        importlib.import_module("prefect")  # three seconds in which the server starts too

        server.wait()
        yield
    finally:
        server.stop()
