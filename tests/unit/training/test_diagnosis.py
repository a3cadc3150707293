"""Each verdict on curves drawn for it, and what is advised."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from langkah.training.diagnosis import Knobs, diagnose

KNOBS = Knobs(
    learning_rate=2e-4,
    num_train_epochs=3,
    warmup_ratio=0.05,
    weight_decay=0.01,
    lora_r=16,
    lora_alpha=32,
    gradient_accumulation_steps=4,
)


def curve(
    train: Callable[[float], float], watched: Sequence[float], intents: Sequence[float] | None = None, steps: int = 60
) -> list[dict[str, Any]]:
    """A run of `steps` steps and 3 epochs with noisy training losses and evenly spaced evaluations."""
    noise = random.Random(1)
    every = steps // len(watched)
    points: list[dict[str, Any]] = []
    for step in range(1, steps + 1):
        epoch = 3 * step / steps
        points.append({"step": step, "epoch": epoch, "loss": train(step / steps) + noise.uniform(-0.05, 0.05)})
        if step % every == 0:
            place = step // every - 1
            point = {"step": step, "epoch": epoch, "eval_loss": watched[place]}
            points.append({**point, "eval_intents_loss": intents[place]} if intents else point)
    return points


def falling(share: float) -> float:
    return 0.3 + 2.2 * math.exp(-4 * share)


def test_a_loss_that_falls_and_settles_is_healthy() -> None:
    found = diagnose(curve(falling, [1.6, 1.0, 0.8, 0.72, 0.70, 0.69]), KNOBS)
    assert found.verdict == "healthy"
    assert (found.best_step, found.best_eval_loss) == (60, 0.69)
    assert found.remedies == ()


def test_a_validation_loss_that_rises_while_training_falls_is_overfitting() -> None:
    found = diagnose(curve(falling, [1.6, 1.0, 0.9, 0.95, 1.0, 1.1]), KNOBS)
    assert found.verdict == "overfitting"
    assert found.best_step == 30
    assert "rose from 0.900 (step 30) to 1.100" in found.evidence
    assert [str(remedy) for remedy in found.remedies] == [
        "train.num_train_epochs=2",
        "train.learning_rate=0.0001",
        "train.weight_decay=0.1",
        "train.gradient_accumulation_steps=8",
    ]


def test_answers_learned_by_heart_show_on_unseen_intents_only() -> None:
    watched = [1.6, 1.2, 1.0, 0.9, 0.88, 0.87]
    assert diagnose(curve(falling, watched, [2.0, 1.8, 1.8, 1.8, 1.9, 1.9]), KNOBS).verdict == "healthy"
    found = diagnose(curve(falling, watched, [2.0, 1.8, 1.9, 2.1, 2.2, 2.3]), KNOBS)
    assert found.verdict == "overfitting"
    assert "by heart" in found.evidence
    assert str(found.remedies[0]) == "train.num_train_epochs=1"


def test_a_loss_that_is_still_falling_is_underfitting() -> None:
    found = diagnose(curve(lambda share: 2.5 - 1.2 * share, [2.3, 2.1, 1.9, 1.7, 1.5, 1.35]), KNOBS)
    assert found.verdict == "underfitting"
    assert [str(remedy) for remedy in found.remedies] == [
        "train.num_train_epochs=6",
        "train.learning_rate=0.0004",
        "train.lora_r=32 train.lora_alpha=64",
    ]


def test_a_loss_that_hardly_moved_is_underfitting() -> None:
    found = diagnose(curve(lambda share: 2.5 - 0.2 * share, [2.5, 2.48, 2.46, 2.45, 2.44, 2.44]), KNOBS)
    assert found.verdict == "underfitting"
    assert "only fell from" in found.evidence


@pytest.mark.parametrize(
    "train",
    [
        lambda share: 2.5 - 4 * share if share < 0.4 else 0.9 + 5 * (share - 0.4),
        lambda share: 2.5 + 3 * share,
        lambda share: float("nan") if share > 0.5 else 2.0,
    ],
)
def test_a_loss_that_goes_up_again_is_divergence(train: Callable[[float], float]) -> None:
    found = diagnose(curve(train, [2.0, 2.0, 2.1, 2.5, 3.0, 3.5]), KNOBS)
    assert found.verdict == "divergence"
    assert [str(remedy) for remedy in found.remedies] == ["train.learning_rate=5e-05", "train.warmup_ratio=0.1"]


def test_too_few_evaluations_are_unclear() -> None:
    assert diagnose(curve(falling, [1.6, 1.0]), KNOBS).verdict == "unclear"
    assert diagnose([{"step": 1, "epoch": 1.0, "loss": 2.0}], KNOBS).verdict == "unclear"
    assert diagnose([], KNOBS).verdict == "unclear"


def test_remedies_stay_in_the_ranges_of_the_settings() -> None:
    from langkah.config import TrainConfig

    extreme = KNOBS._replace(learning_rate=0.09, num_train_epochs=80, lora_r=8, lora_alpha=8, weight_decay=0.1)
    for watched in ([1.6, 1.0, 0.9, 0.95, 1.0, 1.1], [2.3, 2.1, 1.9, 1.7, 1.5, 1.35]):
        for remedy in diagnose(curve(falling, watched), extreme).remedies:
            TrainConfig.model_validate(remedy.settings)


def test_a_loss_that_leaps_in_the_last_steps_is_divergence() -> None:
    points = [{"step": step, "epoch": step / 10, "loss": 2.0 if step <= 18 else 40.0} for step in range(1, 21)]
    assert diagnose(points, KNOBS).verdict == "divergence"


@pytest.mark.parametrize("watched", [[1.6, 1.0], [1.0, 1.6, 1.7]])
def test_whatever_the_verdict_the_lowest_validation_loss_is_named(watched: list[float]) -> None:
    """Runs are compared by it: one epoch has too few evaluations for a verdict."""
    diverged = diagnose(curve(lambda share: 2.5 + 3 * share, watched), KNOBS)
    assert diverged.verdict == "divergence"
    assert diverged.best_eval_loss == 1.0
    assert diagnose(curve(falling, [1.6, 1.0]), KNOBS).best_eval_loss == 1.0
