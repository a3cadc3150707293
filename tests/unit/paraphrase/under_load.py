"""Paraphrasing many records by an endpoint with faults, in a process that is killed on the way.

Run as a program, it is that process: `under_load.py URL FOLDER RECORDS CONCURRENCY`.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
HERE = Path(__file__).parent
sys.path[:0] = [str(ROOT), str(HERE), str(ROOT / "tests/unit/models")]

from chat_server import ChatServer, Reply
from stand_in import answer

from langkah.artifacts.record_cache import RecordCache
from langkah.config import LlmConfig, ParaphraseConfig
from langkah.paraphrase import Means, make_variants, open_engine
from langkah.records import FaqRecord

HANG_S = 8.0
TIMEOUT_S = 4.0


def records(count: int) -> list[FaqRecord]:
    things = ("lamp", "heater", "garage door", "pump", "fan", "radio", "oven", "camera", "scanner", "fridge")
    return [
        FaqRecord(
            intent=f"faq/{number:05}", prompt=f"How do I repair {things[number % 10]} number {number}?", output=f"1. {number}",
            language="en", source="faq", file="faq.jsonl", row=number + 1,
        )
        for number in range(count)
    ]  # fmt: skip


class FaultyModel:
    """Answers as a good model, but for 10 % 500, 5 % 429, 2 % garbage (half in the body, half in the text) and 1 % hangs."""

    def __init__(self, *, faults: bool = True) -> None:
        self.answered: defaultdict[str, list[float]] = defaultdict(list)
        """When each conversation got a whole reply."""
        self.faults: Counter[str] = Counter()
        self._faulty = faults
        self._lock = threading.Lock()

    @property
    def replies(self) -> int:
        """Whole replies so far, repeated ones too."""
        with self._lock:
            return sum(map(len, self.answered.values()))

    def __call__(self, request: dict[str, Any], number: int) -> Reply:
        draw = int.from_bytes(hashlib.sha256(f"fault {number}".encode()).digest()[:4], "big") / 2**32
        conversation = json.dumps(request["messages"])
        kinds = (("500", 0.10), ("429", 0.15), ("garbage body", 0.16), ("garbage text", 0.17), ("hang", 0.18))
        kind = next((name for name, below in kinds if draw < below), "") if self._faulty else ""
        with self._lock:
            self.faults[kind] += 1
            if not kind:  # what cannot be read is asked for again
                self.answered[conversation].append(time.monotonic())
        return {
            "500": Reply(status=500),
            "429": Reply(status=429, headers={"Retry-After": "1"}),
            "garbage body": Reply(body=b'{"choices": [{"mess'),
            "garbage text": Reply("%%% \x00 garbage"),
            "hang": Reply("too late", delay=HANG_S),
        }.get(kind) or Reply(answer(request), delay=0.02)


def work(url: str, folder: Path, count: int, concurrency: int) -> dict[str, Any]:
    """Paraphrase the records, with the replies kept in `folder`."""
    config = ParaphraseConfig(backend="openai", meaning="words", rounds=4)
    means = Means(llm=LlmConfig(base_url=url, model="tiny", concurrency=concurrency, timeout_seconds=TIMEOUT_S))
    kept = RecordCache(folder / "replies.sqlite", b"secret", "load")
    with kept.named() as replies, open_engine(config, means, replies) as engine:
        result = make_variants(records(count), config, backend=engine.backend)
        texts = "\n".join(f"{row.intent}\t{row.prompt}" for row in result.variants)
        return {
            "accepted": result.accepted,
            "short": len(result.short_intents),
            "digest": hashlib.sha256(texts.encode()).hexdigest(),
            **engine.figures(means.llm),
        }


def start(url: str, folder: Path, count: int, concurrency: int) -> subprocess.Popen[str]:
    command = [sys.executable, __file__, url, str(folder), str(count), str(concurrency)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def run_killed(folder: Path, count: int, concurrency: int, kills: tuple[float, ...]) -> dict[str, Any]:
    """Work to the end, killed at these shares of the replies; what was told at the end, and what the server saw."""
    model = FaultyModel()
    killed: list[float] = []
    with ChatServer(model) as server:
        for share in kills:
            process = start(server.url, folder, count, concurrency)
            while model.replies < share * count and process.poll() is None:
                time.sleep(0.02)
            assert process.poll() is None, "it ended before it was killed"
            process.kill()
            killed.append(time.monotonic())
            process.communicate()
        process = start(server.url, folder, count, concurrency)
        output, _ = process.communicate(timeout=1500)
        assert process.returncode == 0
    repeated = {text: times for text, times in model.answered.items() if len(times) > 1}
    # Only what was on its way when the process died may be paid for again.
    early = [
        text for text, times in repeated.items() if not all(any(0 <= kill - at < 3 for kill in killed) for at in times[:-1])
    ]
    return {
        **json.loads(output),
        "replies": model.replies,
        "repeated": sum(len(times) - 1 for times in repeated.values()),
        "paid_twice": len(early),
        "faults": dict(model.faults),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(work(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))))
