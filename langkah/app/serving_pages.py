"""The server of the pages."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from contextlib import suppress

from langkah.app.originals import Originals
from langkah.app.review_app import review_app
from langkah.app.settings import AppSettings
from langkah.artifacts import Workspace
from langkah.errors import InputError
from langkah.review import ReviewQueue


def serve_review(queue: ReviewQueue, settings: AppSettings, workspace: Workspace, ready: Callable[[str], None]) -> None:
    """Serve the review pages until the process is told to stop.

    Args:
        queue: what is reviewed.
        settings: as `app_settings` made them.
        workspace: whose secret signs sessions, and whose vault may hold originals.
        ready: called with the address once the pages can be opened.

    Raises:
        InputError: the address cannot be listened on.
    """
    import uvicorn

    listening = _listen(settings.host, settings.port)
    port = listening.getsockname()[1]
    name = f"[{settings.host}]" if ":" in settings.host else settings.host
    # No access log: addresses hold the names of sources. No tracebacks: they may hold text.
    app = review_app(queue, settings, workspace.secret(), Originals(workspace))
    config = uvicorn.Config(
        app, log_config=None, log_level="critical", access_log=False, server_header=False,
        lifespan="off", timeout_graceful_shutdown=3,
    )  # fmt: skip
    # Ctrl-C, or a stop by the service manager, is how it is meant to end.
    with listening, suppress(KeyboardInterrupt):
        ready(settings.public_url or f"http://{name}:{port}")
        uvicorn.Server(config).run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except OverflowError:
        raise InputError(f"--port {port}: expected 0 to 65535") from None
    except OSError as error:
        raise InputError(f"--host {host} --port {port}: cannot be listened on: {os.strerror(error.errno or 0)}") from None
