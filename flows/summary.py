"""What a run says at its end: the object that `--json` writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from langkah.artifacts import ArtifactRef, current_workspace
from langkah.artifacts.payload_names import REPORT, SCORES
from langkah.config import EvaluateConfig
from langkah.pii import PiiAudit, PiiCounts
from langkah.records import IndexedRow
from langkah.registry import VERDICT, Entry
from langkah.row_files import read_jsonl
from langkah.sources import NO_PROCEDURE
from tasks.artifacts import payload
from tasks.paraphrasing import paraphrase_counts
from tasks.rating import read_ratings
from tasks.reporting import read_retired, row_counts, rows_set_aside
from tasks.reviewing import APPROVALS
from tasks.row_index import INDEX, row_totals
from tasks.scrubbing import PII_AUDIT, PII_COUNTS
from tasks.tuning import read_diagnosis, read_forgetting


class DraftedDataset(BaseModel):
    """The artifacts that lead up to a review."""

    model_config = ConfigDict(frozen=True)

    index: ArtifactRef
    records: ArtifactRef
    audit: ArtifactRef
    procedures: ArtifactRef
    drafts: ArtifactRef | None = None
    """Where raw answers were to be restructured, and could be."""
    comparison: ArtifactRef
    candidates: ArtifactRef | None = None
    """What a person is asked about; None where the rules decide."""
    variants: ArtifactRef
    rulings: ArtifactRef | None = None
    """What that person decided."""


class AwaitingReview(BaseModel):
    """What a review still waits for."""

    model_config = ConfigDict(frozen=True)

    run: str
    """Its queue."""
    pending: int
    decided: int
    place: str
    """The address of the review page, or the file to fill in."""
    rows_in: int
    """The rows of the sources: those that the rules kept, and the others, of which flagged ones may be in the queue."""
    rows_kept: int
    rows_rejected: int
    rows_duplicate: int
    rows_flagged: int
    rows_not_selected: int
    """Beyond `ingest.max_intents`; not among `rows_in`."""


class PreparedDataset(DraftedDataset):
    """The artifacts of a dataset version."""

    released: ArtifactRef | None = None
    """What the review let in."""
    slices: ArtifactRef
    dataset: ArtifactRef

    @property
    def outcome(self) -> ArtifactRef:
        """The artifact whose index says what became of every row."""
        return self.released or self.procedures

    def lineage(self) -> dict[str, ArtifactRef]:
        """Return name -> reference of what was made, in the order of the flow."""
        return {name: ref for name in type(self).model_fields if (ref := getattr(self, name))}


class Evaluation(BaseModel):
    """The artifacts of `evaluate_adapter`."""

    model_config = ConfigDict(frozen=True)

    base: ArtifactRef
    tuned: ArtifactRef
    champion: ArtifactRef | None = None
    """The champion's answers, where there is one."""
    champion_adapter: ArtifactRef | None = None
    retired: ArtifactRef | None = None
    """The tuned model's answers to questions that the champion knew and that are no more, where there are any."""
    scores: ArtifactRef
    ratings: ArtifactRef | None = None
    """What people gave the answers, where anybody did."""
    report: ArtifactRef


def dataset_summary(prepared: PreparedDataset) -> dict[str, Any]:
    """Return the `dataset` part: digest, path and the counts of rows."""
    store = current_workspace().store
    counts = row_counts(store.manifest(prepared.outcome), store.manifest(prepared.slices))
    return {
        "digest": prepared.dataset.digest,
        "path": str(store.folder(prepared.dataset)),
        **rows_summary(prepared.outcome),
        **{name: counts[name] for name in ("intents", "train", "eval", "holdout")},
        "approvals": json.loads((store.folder(prepared.dataset) / APPROVALS).read_text(encoding="utf-8")),
        "set_aside": dict(rows_set_aside(prepared.outcome)),
        "pages_without_procedure": _pages_without_procedure(prepared.procedures),
        "pii": _pii_summary(store.folder(prepared.records), store.folder(prepared.audit)),
    }


def rows_summary(outcome: ArtifactRef) -> dict[str, int]:
    """Return the counts of rows by what became of them, as an artifact with an index has them."""
    counts = row_totals(current_workspace().store.manifest(outcome))
    return {name if name == "rows_in" else f"rows_{name}": count for name, count in counts.items()}


def drafts_summary(prepared: PreparedDataset) -> dict[str, Any] | None:
    """Return the `drafts` part: digest, path, and how many wait for review; None where none were made."""
    if prepared.drafts is None:
        return None
    store = current_workspace().store
    proposed = store.manifest(prepared.drafts).provenance.counts["proposed"]
    return {"digest": prepared.drafts.digest, "path": str(store.folder(prepared.drafts)), "n": proposed}


def _pages_without_procedure(procedures: ArtifactRef) -> list[str]:
    """Return the names of the pages that gave no row, which are counted as one rejected row each."""
    return [row.file for row in read_jsonl(payload(procedures, INDEX), IndexedRow) if row.reason == NO_PROCEDURE]


def _pii_summary(records: Path, audit: Path) -> dict[str, int]:
    """Return how much personal data was replaced, and what the audit planted and found."""
    counts = PiiCounts.model_validate_json((records / PII_COUNTS).read_text(encoding="utf-8")).total
    audited = PiiAudit.model_validate_json((audit / PII_AUDIT).read_text(encoding="utf-8")).total
    return {
        "replaced": sum(counts.by_type.values()),
        "records": counts.records,
        "records_touched": counts.touched,
        "audit_planted": audited.planted,
        "audit_found": audited.found,
    }


def training_summary(adapter: ArtifactRef) -> dict[str, Any]:
    """Return the `training` part: verdict, evidence, best step and loss, remedies as settings, what was forgotten."""
    diagnosis = read_diagnosis(adapter)
    forgetting = read_forgetting(adapter)
    return {
        **diagnosis.model_dump(exclude={"remedies"}),
        "remedies": [remedy.settings for remedy in diagnosis.remedies],
        "forgetting": {**forgetting.model_dump(), "rise": round(forgetting.rise, 4), "forgot": forgetting.forgot},
    }


def retired_summary(retired: ArtifactRef) -> dict[str, int]:
    """Return the `retired` part: of how many retired questions the tuned model still gives the answer, and how many failed."""
    answers = read_retired(retired)
    return {"n": len(answers), "given": sum(each.given for each in answers), "failed": sum(each.failed for each in answers)}


def run_summary(
    prepared: PreparedDataset, adapter: ArtifactRef, evaluation: Evaluation, promotion: Entry | None, config: EvaluateConfig
) -> dict[str, Any]:
    """Return the parts of a whole run: dataset, drafts, paraphrase, adapter, training, scores, metrics, what METEOR means,
    gains, ratings, champion, retired, gate, promotion, report."""
    store = current_workspace().store
    scores = json.loads((store.folder(evaluation.scores) / SCORES).read_text(encoding="utf-8"))
    opponent = evaluation.champion_adapter
    verdict = json.loads((store.folder(evaluation.scores) / VERDICT).read_text(encoding="utf-8"))
    return {
        "dataset": dataset_summary(prepared),
        "drafts": drafts_summary(prepared),
        "paraphrase": paraphrase_counts(prepared.variants),
        "adapter": {"digest": adapter.digest, "path": str(store.folder(adapter))},
        "training": training_summary(adapter),
        "scores": {"digest": evaluation.scores.digest, "path": str(store.folder(evaluation.scores))},
        "metrics": scores["metrics"],
        "gains": scores["gains"],
        "meteor_kinds": scores["meteor_kinds"],
        "ratings": read_ratings(evaluation.ratings, evaluation.scores, config).model_dump() if evaluation.ratings else None,
        "champion": scores["champion"] and {"adapter": opponent.digest if opponent else None, **scores["champion"]},
        "retired": retired_summary(evaluation.retired) if evaluation.retired else None,
        "gate": verdict,
        "promotion": promotion and promotion.model_dump(mode="json"),
        "report": str(store.folder(evaluation.report) / REPORT),
    }
