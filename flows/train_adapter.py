"""From a dataset version and a base model to an adapter, with the remedies of its diagnosis where they are asked for."""

from __future__ import annotations

import json
from typing import NamedTuple

from prefect import flow

from langkah.artifacts import ArtifactRef
from langkah.config import TrainConfig
from langkah.errors import DivergenceError, TrainingError
from langkah.models import resolve_base
from langkah.training import Diagnosis, Nodes, Recipe, Remedy, diagnose_failure, resolve_recipe
from tasks.artifacts import payload
from tasks.releasing import LENGTHS
from tasks.steplog import run_step, step_log, warn
from tasks.tuning import read_diagnosis, train


class _Attempt(NamedTuple):
    """One training run: its adapter, None where it diverged, and its diagnosis."""

    recipe: Recipe
    diagnosis: Diagnosis
    adapter: ArtifactRef | None
    failure: DivergenceError | None = None

    @property
    def rank(self) -> tuple[bool, float]:
        """The lower, the better: an adapter before none, then its lowest validation loss."""
        loss = self.diagnosis.best_eval_loss
        return self.adapter is None, float("inf") if loss is None else loss


@flow(name="train", flow_run_name="train", persist_result=False)
def train_adapter(dataset: ArtifactRef, config: TrainConfig = TrainConfig()) -> ArtifactRef:
    """Train a LoRA adapter on a dataset version.

    Args:
        dataset: the dataset version.
        config: the recipe; with `auto_remedy` an unhealthy run is tried again with its diagnosis' remedies.
    """
    with step_log():
        lengths = json.loads(payload(dataset, LENGTHS).read_text(encoding="utf-8"))
        recipe = resolve_recipe(
            config,
            resolve_base(config),
            dataset=dataset.digest,
            max_length=lengths["max_length"],
            too_long=lengths["policy"],
        )
        best = _attempt(dataset, recipe, config)
        tried: set[str] = set()
        for number in range(1, config.auto_remedy + 1):
            remedy = _next_remedy(best.diagnosis, tried)
            if remedy is None:
                break
            tried.add(str(remedy))
            try:
                again = _attempt(dataset, best.recipe.with_remedy(remedy), config, name=f"train-remedy-{number}")
            except TrainingError as error:  # out of memory, say, or of time
                warn(f"{remedy} was tried in vain, and what was learned before stays: {error}")
                continue
            best = min(best, again, key=lambda attempt: attempt.rank)
        if best.adapter is None:
            raise best.failure or TrainingError("no attempt gave an adapter")
        return best.adapter


def _attempt(dataset: ArtifactRef, recipe: Recipe, config: TrainConfig, name: str | None = None) -> _Attempt:
    """Train; a run that diverged is an attempt without an adapter."""
    try:
        nodes = Nodes(count=config.nodes, rendezvous=config.rendezvous)
        adapter = run_step(train, dataset, recipe, config.timeout_minutes * 60, nodes, name=name)
    except DivergenceError as error:
        return _Attempt(recipe, diagnose_failure(error, recipe.knobs), None, error)
    return _Attempt(recipe, read_diagnosis(adapter), adapter)


def _next_remedy(diagnosis: Diagnosis, tried: set[str]) -> Remedy | None:
    return next((remedy for remedy in diagnosis.remedies if str(remedy) not in tried), None)
