"""Run a flow in this process for the command line, with its steps shown as they happen."""

from __future__ import annotations

from typing import Any

from flows.finetune import finetune
from flows.prepare_dataset import prepare_dataset
from flows.summary import AwaitingReview, dataset_summary, drafts_summary
from langkah.artifacts import Workspace, use_workspace
from langkah.config import RunConfig
from tasks.paraphrasing import paraphrase_counts
from tasks.steplog import StepListener, step_log


def run_locally(
    what: str, data: list[str], config: RunConfig, workspace: Workspace, listener: StepListener | None = None
) -> dict[str, Any]:
    """Run `finetune` or `prepare` and return what `--json` writes of it, the run's id and steps apart.

    Raises:
        LangkahError: what the failing step raised.
    """
    with use_workspace(workspace), step_log(listener):
        if what == "finetune":
            return finetune(data, config, str(workspace.root))
        prepared = prepare_dataset(data, config)
        if isinstance(prepared, AwaitingReview):
            return {"review": prepared.model_dump()}
        return {
            "dataset": dataset_summary(prepared),
            "drafts": drafts_summary(prepared),
            "paraphrase": paraphrase_counts(prepared.variants),
        }
