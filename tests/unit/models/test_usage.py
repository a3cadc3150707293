from __future__ import annotations

import threading
import time

import pytest

from langkah.config import LlmConfig
from langkah.models.usage import Pace, Usage


def test_cost_is_tokens_times_price() -> None:
    usage = Usage(requests=3, cached=9, prompt_tokens=2_000_000, completion_tokens=500_000)
    assert usage.cost(LlmConfig()) == 0
    assert usage.cost(LlmConfig(price_input=0.15, price_output=0.6)) == pytest.approx(0.6)
    assert usage.figures() == {
        "requests": 3, "cached": 9, "prompt_tokens": 2_000_000, "completion_tokens": 500_000, "failed": 0,
    }  # fmt: skip
    assert usage.plus(failed=2, requests=1) == Usage(4, 9, 2_000_000, 500_000, 2)


def test_requests_are_spaced_evenly() -> None:
    now = [100.0]
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        now[0] += seconds

    pace = Pace(120, clock=lambda: now[0], sleep=sleep)
    for _ in range(4):
        pace.wait()
    assert waits == pytest.approx([0.5, 0.5, 0.5])
    now[0] += 10
    pace.wait()
    assert len(waits) == 3


def test_no_limit_waits_for_nothing() -> None:
    pace = Pace(0, sleep=lambda _: pytest.fail("it waited"))
    for _ in range(100):
        pace.wait()


def test_threads_share_one_pace() -> None:
    pace = Pace(3000)  # 20 ms apart
    began = time.monotonic()
    threads = [threading.Thread(target=pace.wait) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - began >= 0.17
