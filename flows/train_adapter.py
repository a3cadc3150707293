"""From a dataset version and a base model to an adapter."""

from __future__ import annotations

import json

from prefect import flow

from langkah.artifacts import ArtifactRef
from langkah.config import TrainConfig
from langkah.models import resolve_base
from langkah.training import resolve_recipe
from tasks.caching import payload
from tasks.releasing import LENGTHS
from tasks.steplog import run_step, step_log
from tasks.tuning import train


@flow(name="train-adapter", persist_result=False)
def train_adapter(dataset: ArtifactRef, config: TrainConfig = TrainConfig()) -> ArtifactRef:  # noqa: B008
    """Train a LoRA adapter on a dataset version.

    Args:
        dataset: the dataset version.
        config: the recipe.
    """
    with step_log():
        lengths = json.loads(payload(dataset, LENGTHS).read_text(encoding="utf-8"))
        recipe = resolve_recipe(config, resolve_base(config), dataset=dataset.digest, max_length=lengths["max_length"])
        return run_step(train, dataset, recipe, config.timeout_minutes * 60)
