"""A run that is diagnosed as unhealthy tries its remedies, and keeps what is better; on the tiny model, with a real server."""

from __future__ import annotations

from pathlib import Path

from flows.prepare_dataset import prepare_dataset
from flows.summary import PreparedDataset
from flows.train_adapter import train_adapter
from langkah.artifacts import Workspace, use_workspace
from langkah.config import RunConfig
from tasks.steplog import step_log
from tasks.tuning import read_diagnosis


def test_remedies_are_tried_by_the_run_itself_and_the_best_is_kept(tmp_path: Path, examples: Path, config: RunConfig) -> None:
    settings = config.train.model_copy(update={"num_train_epochs": 2, "validation": 0.5})
    with use_workspace(Workspace.open(str(tmp_path))), step_log() as log:
        prepared = prepare_dataset([str(examples / "shop-faq-en.jsonl")], config)
        assert isinstance(prepared, PreparedDataset)
        alone = read_diagnosis(train_adapter(prepared.dataset, settings))
        kept = read_diagnosis(train_adapter(prepared.dataset, settings.model_copy(update={"auto_remedy": 1})))
    assert alone.verdict == "underfitting"
    assert alone.remedies[0].settings == {"num_train_epochs": 4.0}
    steps = [(outcome.name, outcome.state) for outcome in log.outcomes]
    assert steps[-2:] == [("train", "Cached"), ("train-remedy-1", "Completed")]
    assert kept.best_eval_loss is not None and alone.best_eval_loss is not None
    assert kept.best_eval_loss < alone.best_eval_loss


def test_a_remedy_that_fails_costs_nothing_of_what_was_learned(tmp_path: Path, examples: Path, config: RunConfig) -> None:
    settings = config.train.model_copy(update={"num_train_epochs": 2, "validation": 0.5})
    hurried = settings.model_copy(update={"auto_remedy": 1, "timeout_minutes": 1e-3})
    with use_workspace(Workspace.open(str(tmp_path))), step_log() as log:
        prepared = prepare_dataset([str(examples / "shop-faq-en.jsonl")], config)
        assert isinstance(prepared, PreparedDataset)
        alone = train_adapter(prepared.dataset, settings)
        assert train_adapter(prepared.dataset, hurried) == alone
    steps = [(outcome.name, outcome.state) for outcome in log.outcomes]
    assert steps[-2:] == [("train", "Cached"), ("train-remedy-1", "Failed")]
