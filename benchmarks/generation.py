"""Greedy answers in batches against `generate` of transformers one by one: the ratio of CPU time, or on a GPU of the clock's.

The prompts are real titles of help pages, English and Indonesian in turn, in the model's chat template. Both ways have the same
weights, precision, end tokens and limit; in fp32 the texts must be equal, or it ends with exit code 1 (in bf16 a batch rounds
otherwise, and now and then another token is the likeliest). The slow way goes first, after a few tokens to warm up on a GPU.

    OMP_NUM_THREADS=1 python benchmarks/generation.py [--model ID_OR_FOLDER] [--prompts 24] [--tokens 64] [--shares]
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest import mock

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.row import Row, tell
from langkah.chat import ChatEncoder
from langkah.models import greedy, kv_cache, onednn, resolve_model
from langkah.models.generation import generate_answers
from langkah.models.loading import load_model, load_tokenizer, use_threads

BAR = 3


def titles(count: int) -> list[str]:
    """Titles of help pages of all kinds, for they are sorted by topic."""
    folder = ROOT.parent / "shared" / "data"
    english = [json.loads(line) for line in (folder / "gnome-help-en.jsonl").read_text(encoding="utf-8").splitlines()]
    with (folder / "gnome-help-id.csv").open(newline="", encoding="utf-8") as handle:
        indonesian = list(csv.DictReader(handle))
    found = [row["prompt"] for pair in zip(english, indonesian, strict=True) for row in pair]
    apart = max(1, len(found) // count // 2 * 2 - 1)
    return found[::apart][:count]


def one_by_one(model: Any, encoder: ChatEncoder, prompts: Sequence[Sequence[int]], limit: int) -> list[str]:
    import torch

    answers: list[str] = []
    with torch.inference_mode():
        for prompt in prompts:
            ids = torch.tensor([list(prompt)], device=model.device)
            output = model.generate(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=limit,
                do_sample=False,
                eos_token_id=list(encoder.end_tokens),
                pad_token_id=encoder.tokenizer.pad_token_id,
            )
            answers.append(encoder.tokenizer.decode(output[0, ids.shape[1] :], skip_special_tokens=True).strip())
    return answers


def timed(work: Callable[[], list[str]]) -> tuple[list[str], float, float]:
    """What comes of it, wall seconds and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    return work(), time.perf_counter() - wall, time.process_time() - cpu


def without(*names: str) -> ExitStack:
    """Switch off some of what generation does otherwise."""
    off: dict[str, Callable[[], Any]] = {
        "own loop": lambda: mock.patch.object(greedy, "fits", return_value=False),
        "cache in place": lambda: mock.patch.object(kv_cache, "RoomyLayer", kv_cache.DynamicLayer),
        "system prompt once": lambda: mock.patch.object(greedy, "_shared_tokens", return_value=0),
        "attention without copies": lambda: mock.patch.object(kv_cache, "grouped_attention", kv_cache.sdpa_attention_forward),
        "products by oneDNN": lambda: mock.patch.object(onednn, "available", return_value=False),
    }
    stack = ExitStack()
    for name in names:
        stack.enter_context(off[name]())
    return stack


SHARES = ("own loop", "cache in place", "system prompt once", "attention without copies", "products by oneDNN")


def main() -> int:
    import torch

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="smollm2-135m-instruct", help="a hub id or a folder")
    parser.add_argument("--prompts", type=int, default=24)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--shares", action="store_true", help="what each thing gives, with what stands above it")
    given = parser.parse_args()
    threads = use_threads("auto")
    reference = resolve_model(given.model)
    encoder = ChatEncoder(load_tokenizer(reference))
    prompts = [encoder.prompt_ids(title) for title in titles(given.prompts)]

    model = load_model(reference).eval()
    generated = 0

    def batched() -> list[str]:
        nonlocal generated
        settings: Any = {"max_new_tokens": given.tokens, "batch_size": given.batch, "end_tokens": encoder.end_tokens}
        answers = generate_answers(model, encoder.tokenizer, prompts, **settings)
        generated = sum(len(answer.tokens) for answer in answers)
        return [answer.text for answer in answers]

    on_gpu = model.device.type == "cuda"
    if on_gpu:
        one_by_one(model, encoder, prompts[:1], 8)
    plain, wall, cpu = timed(lambda: one_by_one(model, encoder, prompts, given.tokens))
    print(f"{len(prompts)} prompts, at most {given.tokens} tokens, {threads} threads: one by one {wall:.1f} s, {cpu:.1f} CPU-s")
    if given.shares:
        for place in range(len(SHARES)):
            with without(*SHARES[place:]):
                texts, *both = timed(batched)
            name = SHARES[place - 1] if place else "generate of transformers, in batches"
            each, before = (both[0], wall) if on_gpu else (both[1], cpu)
            print(f"  {name}: {each:.1f} s, {before / each:.1f} for 1; equal texts: {texts == plain}")
    fast, fast_wall, fast_cpu = timed(batched)
    same = sum(one == two for one, two in zip(plain, fast, strict=True))
    print(
        f"in batches of {given.batch}: {wall / fast_wall:.1f} times as fast by the clock; {same} of {len(prompts)} texts equal;"
        f" {generated / fast_wall:,.0f} tokens/s"
    )
    what = f"greedy answers, {len(prompts)} prompts, {given.tokens} tokens"
    if on_gpu:
        return tell(Row(f"{what}, {torch.cuda.get_device_name()}", "generate, one by one", wall, fast_wall, BAR, clock=True))
    return tell(Row(what, "generate, one by one", cpu, fast_cpu, BAR, same=same == len(prompts)))


if __name__ == "__main__":
    sys.exit(main())
