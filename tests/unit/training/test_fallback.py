"""Memory runs out: what is tried on paper, and for real under a limit of the process's own."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from langkah.config import TrainConfig
from langkah.errors import TrainingMemoryError
from langkah.models import ModelRef, resolve_model
from langkah.records import ChatExample
from langkah.row_files import write_jsonl
from langkah.training import Recipe, resolve_recipe, train_adapter
from langkah.training.fallback import advice, recipes_to_try

WORDS = [
    "lamp",
    "door",
    "radio",
    "window",
    "kettle",
    "fridge",
    "heater",
    "clock",
    "table",
    "chair",
    "mirror",
    "carpet",
    "pillow",
    "bucket",
]


def recipe(model: ModelRef | None = None, max_length: int = 2048, **settings: Any) -> Recipe:
    config = TrainConfig.model_validate({"threads": 1, "validation": 0, "num_train_epochs": 1, **settings})
    model = model or ModelRef(name="m", location="/m", fingerprint="folder:1", parameters=0)
    return resolve_recipe(config, model, dataset="d" * 64, max_length=max_length)


def tried(first: Recipe) -> list[tuple[int, int, int]]:
    return [(each.per_device_batch_size, each.gradient_accumulation_steps, each.max_length) for each in recipes_to_try(first)]


def test_batches_are_halved_and_the_effective_batch_stays() -> None:
    halved = [(8, 2, 2048), (4, 4, 2048), (2, 8, 2048), (1, 16, 2048)]
    assert tried(recipe(per_device_batch_size=8, gradient_accumulation_steps=2)) == halved
    for batch, accumulation in ((5, 1), (6, 1), (7, 1), (7, 3), (9, 2)):
        first = recipe(per_device_batch_size=batch, gradient_accumulation_steps=accumulation)
        assert {each.effective_batch_size for each in recipes_to_try(first)} == {batch * accumulation}


def test_then_examples_are_shortened_and_it_ends_after_three() -> None:
    shortened = [(2, 4, 2048), (1, 8, 2048), (1, 8, 1536), (1, 8, 1152)]
    assert tried(recipe(per_device_batch_size=2, gradient_accumulation_steps=4)) == shortened
    assert tried(recipe(max_length=64, per_device_batch_size=1, gradient_accumulation_steps=8)) == [(1, 8, 64)]


@pytest.mark.parametrize(
    ("settings", "change"),
    [
        ({"per_device_batch_size": 64, "load_in_4bit": True}, "train.per_device_batch_size=4"),
        ({"per_device_batch_size": 1, "load_in_4bit": False}, "train.load_in_4bit=true (QLoRA)"),
        ({"per_device_batch_size": 1, "load_in_4bit": True}, "chat.max_length=576"),
        ({"per_device_batch_size": 1, "load_in_4bit": True, "max_length": 64}, "a smaller train.base_model"),
    ],
)
def test_the_error_names_the_smallest_change(settings: dict[str, Any], change: str) -> None:
    assert change in advice(list(recipes_to_try(recipe(**settings)))).partition("smallest change that may fit: ")[2]


@pytest.fixture
def long_answers(tmp_path: Path) -> Path:
    draw = random.Random(0)
    answers = ["\n".join(f"{n}. {' '.join(draw.choices(WORDS, k=20))}." for n in range(1, 14)) for _ in range(8)]
    write_jsonl(
        tmp_path / "chat.jsonl",
        [
            ChatExample(intent=f"i{n}", prompt=f"How do I use {n}?", completion=answer, original=True)
            for n, answer in enumerate(answers)
        ],
    )
    return tmp_path / "chat.jsonl"


def test_a_run_that_does_not_fit_goes_on_with_smaller_batches(tiny_model: Path, long_answers: Path, tmp_path: Path) -> None:
    settings = recipe(resolve_model(str(tiny_model)), max_length=512, memory_limit_gb=1.9)
    adapter, result = train_adapter(settings, long_answers, tmp_path / "work", timeout_seconds=300)
    used = Recipe.model_validate(json.loads((tmp_path / "work" / "spec.json").read_text())["recipe"])
    assert used.per_device_batch_size < settings.per_device_batch_size == 8
    assert used.effective_batch_size == 8
    assert (result.steps, result.shortened) == (1, 0)
    assert (adapter / "adapter_model.safetensors").exists()


@pytest.mark.soak
def test_where_nothing_fits_the_error_says_what_to_change(tiny_model: Path, long_answers: Path, tmp_path: Path) -> None:
    settings = recipe(
        resolve_model(str(tiny_model)), max_length=512, memory_limit_gb=1.4, per_device_batch_size=1, load_in_4bit=True
    )
    with pytest.raises(TrainingMemoryError, match=r"tried batches of 1 of up to 512 tokens, .*chat\.max_length=") as caught:
        train_adapter(settings, long_answers, tmp_path / "work", timeout_seconds=300)
    assert "\n" not in str(caught.value)
