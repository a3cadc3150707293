"""Parts of the pipeline as deployments of their own, on what a workspace holds already: train, and evaluate."""

from __future__ import annotations

from typing import Annotated, Any

from prefect import flow
from pydantic import Field

from flows.finetune import judge
from flows.known import find_artifact, prepared_of, require_own_format
from flows.parameters import OtherSettings, Settings, WorkspaceFolder
from flows.running import run_in
from flows.settling import settle
from flows.summary import training_summary
from flows.train_adapter import train_adapter
from langkah.artifacts import current_workspace
from langkah.config import RunConfig
from langkah.models import resolve_base
from tasks.lineage import dataset_of

DatasetVersion = Annotated[str, Field(json_schema_extra={"title": "Dataset version"}, examples=["be35335ad697"])]
Adapter = Annotated[str, Field(json_schema_extra={"title": "Adapter"}, examples=["9ad2e2bc92ea"])]


@flow(name="train-adapter", persist_result=False)
def train(
    dataset: DatasetVersion = "",
    config: Settings = RunConfig(),
    workspace: WorkspaceFolder = None,
    settings: OtherSettings = (),
) -> dict[str, Any]:
    """Train an adapter on a dataset version that is there already.

    Args:
        dataset: Beginning of its digest; empty: the one that was prepared last.
        config: Settings, step by step; those of training count.
        workspace: Folder of the dataset version; empty: the worker's `LANGKAH_HOME`, else `./.langkah`.
        settings: Any other setting, as `section.key=value`, which wins; `langkah settings` lists all.

    Returns:
        `dataset`, `adapter` and `training` as in the summary of a run, and `steps`.
    """
    with run_in(workspace) as log:
        version = find_artifact("dataset", dataset)
        pinned = settle(config, settings)
        require_own_format(version, resolve_base(pinned.train))
        adapter = train_adapter(version, pinned.train)
        return {
            "dataset": {"digest": version.digest, "path": str(current_workspace().store.folder(version))},
            "adapter": {"digest": adapter.digest, "path": str(current_workspace().store.folder(adapter))},
            "training": training_summary(adapter),
            "steps": [outcome.model_dump() for outcome in log.outcomes],
        }


@flow(name="evaluate-adapter", persist_result=False)
def evaluate(
    adapter: Adapter = "", config: Settings = RunConfig(), workspace: WorkspaceFolder = None, settings: OtherSettings = ()
) -> dict[str, Any]:
    """Judge an adapter that is there already: against its base, and against today's champion.

    Args:
        adapter: Beginning of its digest; empty: the one that was trained last.
        config: Settings, step by step; those of evaluation and gate count, and the base model that it was trained on.
        workspace: Folder of the adapter; empty: the worker's `LANGKAH_HOME`, else `./.langkah`.
        settings: Any other setting, as `section.key=value`, which wins; `langkah settings` lists all.

    Returns:
        The summary of a run.
    """
    with run_in(workspace) as log:
        tuned = find_artifact("adapter", adapter)
        made = judge(prepared_of(dataset_of(tuned)), tuned, settle(config, settings))
        return {**made, "steps": [outcome.model_dump() for outcome in log.outcomes]}
