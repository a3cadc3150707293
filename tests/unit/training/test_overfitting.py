"""A real model that learns by heart, and what is said of it."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from langkah.config import TrainConfig
from langkah.models import resolve_model
from langkah.records import ChatExample
from langkah.row_files import write_jsonl
from langkah.training import Diagnosis, Forgetting, resolve_recipe, train_adapter

WORDS = ("amber", "kettle", "violet", "anchor", "copper", "lantern", "silver", "meadow", "crimson", "harbor")


def codes(count: int) -> list[ChatExample]:
    """Answers that nothing can be learned from but themselves: the unseen ones are never guessed."""
    chance = Random(7)
    doors = [
        f"{side} {door}"
        for side in ("north", "south", "east", "west", "upper", "lower")
        for door in ("gate", "vault", "pump", "tower")
    ]
    return [
        ChatExample(
            intent=door,
            prompt=f"How do I open the {door}?",
            completion=f"1. Dial {chance.randrange(1000, 9999)}.\n2. Say {chance.choice(WORDS)} {chance.choice(WORDS)}.",
            original=True,
        )
        for door in doors[:count]
    ]


@pytest.mark.soak
def test_a_model_that_learns_codes_by_heart_is_told_to_overfit_and_its_best_checkpoint_is_kept(tmp_path: Path) -> None:
    settings = {
        "num_train_epochs": 6, "learning_rate": 3e-3, "validation": 0, "validation_intents": 0.2,
        "evaluations_per_epoch": 1, "early_stopping_patience": 0, "threads": 1,
    }  # fmt: skip
    write_jsonl(tmp_path / "chat.jsonl", codes(24))
    recipe = resolve_recipe(
        TrainConfig.model_validate(settings), resolve_model("smollm2-135m-instruct"), dataset="d" * 64, max_length=256
    )
    adapter, result = train_adapter(recipe, tmp_path / "chat.jsonl", tmp_path / "work", timeout_seconds=900)
    diagnosis = Diagnosis.model_validate_json((adapter / "diagnosis.json").read_bytes())
    curve = json.loads((adapter / "curve.json").read_text(encoding="utf-8"))
    watched = {point["step"]: point["eval_loss"] for point in curve if "eval_loss" in point}
    assert result.verdict == diagnosis.verdict == "overfitting", diagnosis.evidence
    assert diagnosis.best_step == min(watched, key=lambda step: watched[step]) < result.steps
    assert watched[result.steps] > 1.05 * watched[diagnosis.best_step]
    assert diagnosis.remedies[0].settings["num_train_epochs"] < 6
    assert Forgetting.model_validate_json((adapter / "forgetting.json").read_bytes()).rise > 0
