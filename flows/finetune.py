"""The whole pipeline: FAQ files in; dataset version, adapter, verdict and report out. Read this first."""

from __future__ import annotations

from typing import Any

from prefect import flow

from flows.dataset_version import make_dataset
from flows.evaluate_adapter import evaluate_adapter
from flows.parameters import FaqFiles, OtherSettings, Settings, WorkspaceFolder
from flows.promote import promote_evaluated
from flows.running import run_in
from flows.settling import settle
from flows.summary import AwaitingReview, PreparedDataset, run_summary
from flows.telling import tell_run
from flows.train_adapter import train_adapter
from langkah.artifacts import ArtifactRef
from langkah.config import RunConfig


@flow(name="finetune", persist_result=False)
def finetune(
    data: FaqFiles, config: Settings = RunConfig(), workspace: WorkspaceFolder = None, settings: OtherSettings = ()
) -> dict[str, Any]:
    """Tune a model on FAQ files, and say whether it is better than its base.

    Args:
        data: FAQ files: paths, globs and URLs, as the worker sees them; `sql:NAME` for a query of `config.sources.databases`.
        config: Settings, step by step; what is left alone has the default of the user's guide.
        workspace: Folder for everything that the run writes; empty: the worker's `LANGKAH_HOME`, else `./.langkah`.
        settings: Any other setting, as `section.key=value`, which wins; `langkah settings` lists all.

    Returns:
        The summary of the run: dataset, drafts, adapter, metrics, gate, report, steps; or review and steps, where it waits.
    """
    with run_in(workspace) as log:
        made = tune_and_judge(data, settle(config, settings, data))
        return {**made, "steps": [outcome.model_dump() for outcome in log.outcomes]}


def tune_and_judge(data: list[str], config: RunConfig) -> dict[str, Any]:
    """Do what `finetune` does, in the flow that calls it: a review can suspend a top-level flow alone.

    Returns:
        The summary of the run without its steps; or `review`, where it waits.
    """
    prepared = make_dataset(data, config)
    if isinstance(prepared, AwaitingReview):
        return {"review": prepared.model_dump()}
    return judge(prepared, train_adapter(prepared.dataset, config.train), config)


def judge(prepared: PreparedDataset, adapter: ArtifactRef, config: RunConfig) -> dict[str, Any]:
    """Say whether an adapter is better than its base and than the champion; promote it where the settings want that.

    Returns:
        The summary of the run without its steps.
    """
    evaluation = evaluate_adapter(prepared, adapter, config)
    promotion = None
    if config.promote.auto:
        evaluation, promotion = promote_evaluated(prepared, adapter, evaluation, config)
    made = run_summary(prepared, adapter, evaluation, promotion, config.evaluate)
    tell_run(prepared, adapter, evaluation, made, config)
    return made
