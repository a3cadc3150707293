"""How long the processes of a run have lived, those included that were killed or did not fit: what it costs."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from langkah.training.work_files import SPENT

_EVERY_SECONDS = 5.0


class Spent:
    """Seconds in a work folder, of all attempts; goes on from what stands there.

    Args:
        work: the folder.
    """

    def __init__(self, work: Path) -> None:
        self.path = work / SPENT
        try:
            self.seconds = float(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self.seconds = 0.0
        self._before = self.seconds
        self._started = self._written = time.monotonic()

    def note(self, *, at_once: bool = False) -> None:
        """Count until now; what is written may be some seconds old when this process is killed."""
        now = time.monotonic()
        self.seconds = self._before + now - self._started
        if at_once or now - self._written > _EVERY_SECONDS:
            with suppress(OSError):  # a full disk is told by what needs the room
                self.path.write_text(f"{self.seconds:.2f}", encoding="utf-8")
            self._written = now
