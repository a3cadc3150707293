"""The events that a server was told of, once it has them: it takes them in the background."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from prefect.client.orchestration import get_client


def events(prefix: str, wanted: Callable[[dict[str, Any]], bool], count: int) -> list[dict[str, Any]]:
    """The events whose names begin so, oldest first, as soon as the server has so many that are wanted."""
    ask = {"filter": {"event": {"prefix": [prefix]}, "order": "DESC"}, "limit": 50}
    deadline = time.monotonic() + 60
    with get_client(sync_client=True) as client:
        while True:
            found = client.request("POST", "/events/filter", json=ask).json()["events"]
            if len(found := [event for event in found if wanted(event)]) >= count:
                return found[::-1]
            assert time.monotonic() < deadline, f"{len(found)} events of {count}"
            time.sleep(0.5)
