"""Answers prompts one by one with a small model, and says so: `answering_run.py MODEL WORKSPACE PROMPTS`. Made to be killed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from langkah.artifacts import Workspace
from langkah.chat import ChatEncoder
from langkah.models import resolve_model
from langkah.models.answering import AnswerMemory, answer_prompts
from langkah.models.generation import Generated, answer_batches
from langkah.models.loading import load_model, load_tokenizer

LIMIT = 30


def answer_some(
    model: str,
    workspace: Path,
    count: int,
    on_done: Callable[[int, int], None] = lambda done, total: None,
    *,
    limit: int = LIMIT,
    work: str = "base",
) -> tuple[list[Generated], int]:
    """Return the answers to some prompts, and how many were generated."""
    ref = resolve_model(model)
    encoder = ChatEncoder(load_tokenizer(ref))
    asked: list[int] = []

    def batches(prompts: Sequence[Any]) -> Iterator[dict[int, Generated]]:
        asked.append(len(prompts))
        loaded = load_model(ref)
        cut: Any = {"max_new_tokens": limit, "end_tokens": encoder.end_tokens}
        return answer_batches(loaded, encoder.tokenizer, prompts, batch_size=1, **cut)

    prompts = [encoder.prompt_ids(f"How do I open door {number}?") for number in range(count)]
    with Workspace.open(str(workspace)).record_cache("answers", work).named() as kept:
        memory = AnswerMemory(kept, encoder.tokenizer)
        return answer_prompts(prompts, batches, memory, limit=limit, on_done=on_done), sum(asked)


def _say(done: int) -> None:
    sys.stdout.write(f"{done}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    answer_some(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), lambda done, total: _say(done))
