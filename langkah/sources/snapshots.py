"""The bytes of live sources, held in memory from when they are described until the run has read them for the last time.

A table of a helpdesk gets rows while a run goes on: what was described is what is read, as long as it is one process that does
both, as each run is. Raw text must not be at rest, so nothing is written; another process fetches the source again, and is
refused where it is another one by then.
"""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock
from typing import Final

_HELD: Final[dict[str, bytes]] = {}
_LOCK: Final = Lock()


def hold(sha256: str, data: bytes, limit: int) -> None:
    """Hold some bytes; of all that are held, the oldest go where they come to more than `limit` bytes."""
    with _LOCK:
        _HELD.pop(sha256, None)
        _HELD[sha256] = data
        size = sum(map(len, _HELD.values()))
        while size > limit:
            size -= len(_HELD.pop(next(iter(_HELD))))


def held(sha256: str) -> bytes | None:
    """The bytes of this hash, where they are held."""
    return _HELD.get(sha256)


def release(hashes: Iterable[str]) -> None:
    """Let bytes go."""
    with _LOCK:
        for sha256 in hashes:
            _HELD.pop(sha256, None)
