"""A run that has stopped to learn ends, and ends alike where it was interrupted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from langkah.config import TrainConfig
from langkah.models import resolve_model
from langkah.records import ChatExample, write_jsonl
from langkah.training import Progress, Recipe, resolve_recipe, train_adapter
from langkah.training.progress import TrainingResult


class _InterruptedError(Exception):
    pass


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    examples = [
        ChatExample(intent=name, prompt=ask.format(name), completion=f"1. Press the {name}.", original=not number)
        for name in ("lamp", "door", "radio", "window", "kettle", "fridge", "heater", "clock")
        for number, ask in enumerate(("How do I use the {}?", "Show me the {}."))
    ]
    path = tmp_path_factory.mktemp("data") / "chat.jsonl"
    write_jsonl(path, examples)
    return path


@pytest.fixture(scope="module")
def recipe(tiny_model: Path) -> Recipe:
    """Steps so small that the loss stays what it is: no evaluation is better than the first."""
    settings = {
        "learning_rate": 1e-12, "num_train_epochs": 12, "evaluations_per_epoch": 1, "early_stopping_patience": 3,
        "validation": 0.3, "threads": 1,
    }  # fmt: skip
    config = TrainConfig.model_validate(settings)
    return resolve_recipe(config, resolve_model(str(tiny_model)), dataset="d" * 64, max_length=128)


@pytest.fixture(scope="module")
def whole(recipe: Recipe, data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, TrainingResult]:
    return train_adapter(recipe, data, tmp_path_factory.mktemp("whole") / "work", timeout_seconds=120)


@pytest.mark.slow
@pytest.mark.parametrize("epoch", [3, 4])
def test_it_stops_after_its_patience_also_where_it_was_resumed(recipe: Recipe, data: Path, tmp_path: Path, epoch: int) -> None:
    """Interrupted in its third epoch, and at the evaluation that ends it."""
    adapter, expected = whole
    steps_per_epoch = expected.steps // 4
    assert expected.steps == 4 * steps_per_epoch, "the best evaluation is the first, and three follow it"
    assert expected.best_step == steps_per_epoch

    def interrupt(point: Progress) -> None:
        if point.eval_loss is not None and point.step == epoch * steps_per_epoch:
            raise _InterruptedError

    work = tmp_path / "work"
    with pytest.raises(_InterruptedError):
        train_adapter(recipe, data, work, timeout_seconds=120, on_progress=interrupt)
    resumed, result = train_adapter(recipe, data, work, timeout_seconds=120)
    assert result.resumed_from > 0
    assert (result.steps, result.best_step) == (expected.steps, expected.best_step)
    assert json.loads((resumed / "curve.json").read_text()) == json.loads((adapter / "curve.json").read_text())
