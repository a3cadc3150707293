from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from langkah.config import TrainConfig
from langkah.models import advise
from langkah.models.advice_data import Advice, Candidate
from langkah.models.devices import Device
from langkah.models.memory import GB


def card(gb: float, *, tokens: int | None = None, kind: Any = "figure", free: float | None = None, **train: Any) -> Advice:
    device = Device(kind=kind, name="a card", total=round(gb * GB), free=None if free is None else round(free * GB))
    return advise(TrainConfig(**train), device=device, tokens=tokens)


def candidate(advice: Advice, name: str) -> Candidate:
    return next(each for each in advice.models if each.name == name)


@pytest.mark.parametrize(
    ("gb", "name", "tokens", "batch"),
    [
        (2, "smollm2-135m-instruct", 2048, 4),
        (4, "smollm2-135m-instruct", 2048, 8),
        (5, "qwen3-4b", 1024, 1),
        (6, "qwen3-4b", 2048, 1),
        (7, "qwen3-4b", 2048, 2),
        (8, "qwen3-4b", 2048, 2),
        (10, "qwen3-8b", 2048, 1),
        (12, "qwen3-8b", 2048, 2),
        (16, "qwen3-8b", 2048, 4),
        (20, "qwen3-8b", 2048, 4),
        (24, "qwen3-8b", 2048, 8),
        (48, "qwen3-8b", 2048, 8),
        (80, "qwen3-8b", 2048, 8),
    ],
)
def test_the_best_score_that_fits_is_recommended_with_length_and_batch(gb: float, name: str, tokens: int, batch: int) -> None:
    found = card(gb).recommended
    assert found
    assert (found.name, found.sequence, found.batch) == (name, tokens, batch)
    assert found.batch * found.gradient_accumulation == 8
    assert found.estimate_gb <= (found.batch_gb or 0) <= 0.9 * gb


def test_24_gb_get_the_guides_choice_with_the_guides_figures() -> None:
    advice = card(24)
    found = advice.recommended
    assert found
    assert (found.path, found.ifeval, found.licence) == ("Qwen/Qwen3-8B", 83.0, "apache-2.0")
    assert found.guide
    assert (found.guide.qlora_gb, found.guide.lora_gb) == (6.0, 22.0)
    assert found.reason == "best IFEval score (83.0) of the 7 models that fit in 24 GB with 2048 tokens"
    assert {each.name: each.ifeval for each in advice.models} == {
        "qwen3-8b": 83.0,
        "qwen3-4b": 81.2,
        "qwen2.5-14b-instruct": 81.0,
        "gemma-3-12b-it": 80.2,
        "llama-3.1-8b-instruct": 75.0,
        "qwen2.5-7b-instruct": 71.2,
        "smollm2-135m-instruct": 29.9,
    }
    larger = candidate(advice, "qwen2.5-14b-instruct").guide
    assert larger
    assert (larger.qlora_gb, larger.lora_gb) == (8.5, 33.0)
    assert candidate(advice, "qwen2.5-14b-instruct").verdict == "lower score"


def test_what_does_not_fit_says_with_how_many_tokens_it_would() -> None:
    advice = card(8)
    assert candidate(advice, "qwen3-8b").verdict == "too large"
    llama = candidate(advice, "llama-3.1-8b-instruct")
    assert not llama.fits
    assert llama.batch is None
    assert llama.verdict == f"<= {llama.longest_sequence} tokens"
    assert candidate(card(8, tokens=llama.longest_sequence), llama.name).fits
    assert not candidate(card(8, tokens=llama.longest_sequence + 64), llama.name).fits


def test_nothing_is_recommended_where_nothing_fits() -> None:
    assert card(0.5).recommended is None


def test_longer_examples_take_a_smaller_batch_or_another_model() -> None:
    assert [(found.name, found.batch) for tokens in (512, 4096, 16384) if (found := card(16, tokens=tokens).recommended)] == [
        ("qwen3-8b", 8),
        ("qwen3-8b", 2),
        ("qwen3-4b", 1),
    ]
    far = card(160, tokens=100_000)
    assert far.recommended
    assert far.recommended.name == "gemma-3-12b-it"
    assert not candidate(far, "qwen3-8b").fits, "it knows 40960 tokens"


def test_lora_takes_more_than_qlora_and_the_guides_table_is_a_least() -> None:
    quantized, whole = card(20), card(20, load_in_4bit=False)
    assert whole.method == "lora"
    assert candidate(whole, "qwen3-8b").estimate_gb == candidate(quantized, "qwen3-8b").lora_gb
    # 18.1 GB are estimated, 22 GB are the table's
    assert not candidate(whole, "qwen3-8b").fits
    assert candidate(card(24, load_in_4bit=False), "qwen3-8b").fits


def test_a_limit_makes_a_card_as_small_as_it_says() -> None:
    held, small = card(24, memory_limit_gb=6), card(6)
    assert held.recommended
    assert held.recommended == small.recommended
    assert held.recommended.name != "qwen3-8b"
    assert card(6, memory_limit_gb=24).recommended == small.recommended


def test_a_card_that_is_in_use_is_warned_of_and_changes_no_choice() -> None:
    busy = card(24, kind="cuda", free=3).recommended
    assert busy
    assert busy.name == "qwen3-8b"
    assert busy.warning
    assert busy.warning.startswith("only 3.0 GB of the card are free now")
    idle = card(24, kind="cuda", free=23).recommended
    assert idle
    assert idle.warning is None


def test_a_cpu_trains_small_models_only() -> None:
    advice = card(256, kind="cpu")
    assert advice.method == "lora"
    assert advice.recommended
    assert advice.recommended.name == "smollm2-135m-instruct"
    assert advice.recommended.reason.startswith("no CUDA device")
    assert candidate(advice, "qwen3-4b").verdict == "slow on a CPU"


def test_a_model_of_the_users_is_recommended_by_its_score_and_not_without_one(tmp_path: Path) -> None:
    sizes = {"layers": 40, "hidden": 4096, "intermediate": 12288, "heads": 32, "kv_heads": 8, "head_size": 128}
    entry = {
        "name": "new-9b",
        "path": "acme/New-9B",
        "size": 9,
        "architecture": {**sizes, "vocabulary": 150000, "context": 32768},
    }
    file = tmp_path / "models.yaml"
    file.write_text(yaml.safe_dump({"models": [{**entry, "ifeval": 88.5}]}))
    found = card(24, catalogue=str(file)).recommended
    assert found
    assert (found.name, found.ifeval) == ("new-9b", 88.5)
    assert found.guide
    assert found.guide.qlora_gb == 6.5
    file.write_text(yaml.safe_dump({"models": [entry]}))
    advice = card(24, catalogue=str(file))
    assert advice.recommended
    assert advice.recommended.name == "qwen3-8b"
    assert candidate(advice, "new-9b").verdict == "no score"
