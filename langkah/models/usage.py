"""What a language model has cost, and how fast it is asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Self

from langkah.config import LlmConfig


@dataclass(frozen=True, slots=True)
class Usage:
    """What a client has cost so far."""

    requests: int = 0
    """Conversations sent; retries are not counted."""
    cached: int = 0
    """Conversations answered from the cache."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    failed: int = 0
    """Conversations given up after all retries."""

    def plus(self, **more: int) -> Self:
        """The sum of this and what came on top, by name of field."""
        return type(self)(*(getattr(self, each.name) + more.get(each.name, 0) for each in fields(self)))

    def cost(self, config: LlmConfig) -> float:
        """What the tokens cost at `llm.price_input` and `llm.price_output`, in their currency; cached replies cost nothing."""
        spent = self.prompt_tokens * config.price_input + self.completion_tokens * config.price_output
        return spent / 1_000_000

    def figures(self, config: LlmConfig | None = None) -> dict[str, Any]:
        """All of it by name, with the cost where there are prices; for manifests and reports."""
        counts: dict[str, Any] = {each.name: getattr(self, each.name) for each in fields(self)}
        return counts | ({"cost": round(self.cost(config), 6)} if config else {})


class Pace:
    """Lets at most so many requests a minute start, evenly spaced; safe to share among threads.

    Args:
        per_minute: 0 lets all through.
        clock: seconds that only grow.
        sleep: waits for so many seconds.
    """

    def __init__(
        self, per_minute: int, *, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._gap = 60 / per_minute if per_minute else 0.0
        self._clock, self._sleep = clock, sleep
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Return when the next request may start."""
        with self._lock:
            now = self._clock()
            start = max(now, self._next)
            self._next = start + self._gap
        if start > now:
            self._sleep(start - now)
