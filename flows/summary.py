"""What a run says at its end: the object that `--json` writes."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel, ConfigDict

from langkah.artifacts import ArtifactRef, current_workspace
from tasks.judging import SCORES, VERDICT
from tasks.reporting import REPORT, row_counts


class PreparedDataset(BaseModel):
    """The artifacts of `prepare_dataset`."""

    model_config = ConfigDict(frozen=True)

    index: ArtifactRef
    records: ArtifactRef
    variants: ArtifactRef
    slices: ArtifactRef
    dataset: ArtifactRef

    def lineage(self) -> dict[str, ArtifactRef]:
        """Return name -> reference, in the order of the flow."""
        return {name: getattr(self, name) for name in type(self).model_fields}


class Evaluation(BaseModel):
    """The artifacts of `evaluate_adapter`."""

    model_config = ConfigDict(frozen=True)

    base: ArtifactRef
    tuned: ArtifactRef
    scores: ArtifactRef
    report: ArtifactRef


def dataset_summary(prepared: PreparedDataset) -> dict[str, Any]:
    """Return the `dataset` part: digest, path and the counts of rows."""
    store = current_workspace().store
    counts = row_counts(store.manifest(prepared.index), store.manifest(prepared.slices))
    rows = {f"rows_{name}": counts[name] for name in ("kept", "rejected", "duplicate", "flagged", "not_selected")}
    return {
        "digest": prepared.dataset.digest,
        "path": str(store.folder(prepared.dataset)),
        "rows_in": counts["rows_in"],
        **rows,
        **{name: counts[name] for name in ("intents", "train", "eval", "holdout")},
    }


def run_summary(prepared: PreparedDataset, adapter: ArtifactRef, evaluation: Evaluation) -> dict[str, Any]:
    """Return the parts of a whole run: dataset, adapter, metrics, gate, report."""
    store = current_workspace().store
    scores = json.loads((store.folder(evaluation.scores) / SCORES).read_text(encoding="utf-8"))
    verdict = json.loads((store.folder(evaluation.scores) / VERDICT).read_text(encoding="utf-8"))
    return {
        "dataset": dataset_summary(prepared),
        "adapter": {"digest": adapter.digest, "path": str(store.folder(adapter))},
        "metrics": scores["metrics"],
        "gate": verdict,
        "report": str(store.folder(evaluation.report) / REPORT),
    }
