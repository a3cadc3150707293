from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from langkah.chat import ChatEncoder
from langkah.config import TrainConfig
from langkah.models import resolve_model
from langkah.records import ChatExample
from langkah.row_files import write_jsonl
from langkah.training import Recipe, resolve_recipe
from langkah.training.examples import TrainingData


class _Never:
    """An encoder that must not be asked."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"asked for {name}")


def examples(count: int) -> list[ChatExample]:
    return [
        ChatExample(intent=f"door {n}", prompt=f"How do I open door {n}?", completion=f"1. Pull {n}.", original=True)
        for n in range(count)
    ]


@pytest.fixture
def recipe(tiny_model: Path) -> Recipe:
    config = TrainConfig.model_validate({"validation_intents": 0.1})
    return resolve_recipe(config, resolve_model(str(tiny_model)), dataset="d" * 64, max_length=128)


def test_what_was_tokenized_is_read_again(tokenizer: Any, recipe: Recipe, tmp_path: Path) -> None:
    path = tmp_path / "chat.jsonl"
    write_jsonl(path, examples(30))
    first = TrainingData.of(path, recipe, ChatEncoder(tokenizer), tmp_path)
    assert first == TrainingData.read(path, recipe, ChatEncoder(tokenizer))
    assert first.watched.keys() == {"intents"}
    never: Any = _Never()
    assert TrainingData.of(path, recipe, never, tmp_path) == first
    fewer_steps = recipe.model_copy(update={"per_device_batch_size": 1, "learning_rate": 0.5})
    assert TrainingData.of(path, fewer_steps, never, tmp_path) == first


@pytest.mark.parametrize("change", ["shorter", "other rows", "damaged", "empty file"])
def test_what_decides_the_tokens_or_hurt_them_makes_them_anew(
    tokenizer: Any, recipe: Recipe, tmp_path: Path, change: str
) -> None:
    path = tmp_path / "chat.jsonl"
    write_jsonl(path, examples(30))
    first = TrainingData.of(path, recipe, ChatEncoder(tokenizer), tmp_path)
    (kept,) = tmp_path.glob("tokens-*.npz")
    if change == "shorter":
        recipe = recipe.model_copy(update={"max_length": max(first.lengths) - 1})
    elif change == "other rows":
        write_jsonl(path, examples(29))
    elif change == "damaged":
        kept.write_bytes(kept.read_bytes()[:-200])
    else:
        kept.write_bytes(b"")
    again = TrainingData.of(path, recipe, ChatEncoder(tokenizer), tmp_path)
    assert again == TrainingData.read(path, recipe, ChatEncoder(tokenizer))
    assert (again == first) == (change in ("damaged", "empty file"))
