"""Gather what the artifacts of a run say, and write the HTML report."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from langkah.artifacts import ArtifactRef, current_workspace
from langkah.artifacts.manifest import Manifest
from langkah.artifacts.payload_names import ANSWERS, CURVE, REPORT, SCORES, SUMMARY
from langkah.config import RunConfig
from langkah.evaluation import step_diff
from langkah.evaluation.report_data import (
    AuditRow,
    ChampionComparison,
    ComparedAnswer,
    LearningSummary,
    LineageNode,
    LossPoint,
    NearDuplicate,
    ParaphraseCounts,
    ReportData,
    RowCounts,
    StepTime,
    TopicRow,
    TrainingSummary,
    Verdict,
)
from langkah.evaluation.retired import RetiredAnswer, retired_answers
from langkah.pii import PiiAudit, PiiCounts
from langkah.records import Answer, Approvals, IndexedRow, RowStatus
from langkah.registry import VERDICT
from langkah.training import Recipe
from tasks.artifacts import payload, publish_artifact, rows_of
from tasks.caching import step
from tasks.paraphrasing import PARAPHRASE_COUNTS
from tasks.policies import DATA
from tasks.rating import read_ratings
from tasks.releasing import LENGTHS, SLICES, length_summary
from tasks.reviewing import APPROVALS
from tasks.row_index import INDEX, row_totals
from tasks.scrubbing import PII_AUDIT, PII_COUNTS
from tasks.structuring import PAIRS, procedural_scores
from tasks.tuning import read_diagnosis, read_forgetting

_MOST_TERMS = 20
"""Glossary terms shown, those that were hit most often."""


@step(version=10, rooms=("langkah.evaluation",), policy=DATA, packages=("jinja2", "nltk", "numpy", "scipy"))
def report(lineage: dict[str, ArtifactRef], config: RunConfig) -> ArtifactRef:
    """Write the HTML page from all artifacts that led to the scores.

    Args:
        lineage: what the run made: index, records, audit, procedures, comparison, variants, slices, dataset,
            adapter, base, tuned, scores; champion where there is one, and retired where it knew questions that are no more;
            candidates, rulings and released where there was a review; ratings where people rated the answers.
        config: the settings, as shown in the page.
    """
    from langkah.evaluation.report import render_markdown_summary, render_report

    data = gather(lineage, config)
    return publish_artifact("report", {REPORT: render_report(data), SUMMARY: render_markdown_summary(data)})


def gather(lineage: Mapping[str, ArtifactRef], config: RunConfig) -> ReportData:
    """Read what the report shows from the artifacts and the manifests beside them."""
    manifests = {name: current_workspace().store.manifest(ref) for name, ref in lineage.items()}
    outcome = "released" if "released" in lineage else "procedures"
    scores = _json(payload(lineage["scores"], SCORES))
    training = _training(lineage["adapter"], manifests["adapter"])
    counts = PiiCounts.model_validate(_json(payload(lineage["records"], PII_COUNTS)))
    audited = PiiAudit.model_validate(_json(payload(lineage["audit"], PII_AUDIT)))
    return ReportData(
        title=f"{training.base_model}: tuned against base",
        run_id=f"scores/{lineage['scores'].digest[:12]}",
        created=manifests["scores"].created,
        verdict=Verdict.model_validate(_json(payload(lineage["scores"], VERDICT))),
        metrics=scores["metrics"],
        gains=scores["gains"],
        champion=scores["champion"] and ChampionComparison.model_validate(scores["champion"]),
        answers=_answers(lineage, scores["rows"]),
        retired=read_retired(lineage["retired"]) if "retired" in lineage else (),
        ratings=read_ratings(lineage["ratings"], lineage["scores"], config.evaluate) if "ratings" in lineage else None,
        loss=tuple(
            LossPoint.model_validate({key: point.get(key) for key in LossPoint.model_fields})
            for point in _json(payload(lineage["adapter"], CURVE))
        ),
        lengths=length_summary(_json(payload(lineage["dataset"], LENGTHS))),
        procedural=procedural_scores(lineage["procedures"]),
        rows=RowCounts.model_validate(row_counts(manifests[outcome], manifests["slices"])),
        approvals=Approvals.model_validate(_json(payload(lineage["dataset"], APPROVALS))),
        rejects=rows_set_aside(lineage[outcome]),
        pii=_pii(counts),
        audit=tuple(AuditRow.model_validate({name: row[name] for name in AuditRow.model_fields}) for row in audited.rows()),
        protected=tuple(sorted(counts.protected.items(), key=lambda entry: (-entry[1], entry[0]))[:_MOST_TERMS]),
        near_duplicates=tuple(NearDuplicate.model_validate(pair) for pair in _json(payload(lineage["comparison"], PAIRS))),
        paraphrase=_paraphrases(_json(payload(lineage["variants"], PARAPHRASE_COUNTS)), manifests["variants"]),
        steps=tuple(
            StepTime(name=f"{manifest.provenance.step} ({name})", state="", seconds=manifest.provenance.seconds)
            for name, manifest in manifests.items()
        ),
        lineage=tuple(
            LineageNode(
                kind=manifest.kind,
                digest=manifest.digest,
                parents=manifest.provenance.parents,
                created=manifest.created,
                versions=manifest.provenance.packages,
            )
            for manifest in manifests.values()
        ),
        settings=_flat(config.model_dump()),
        training=training,
    )


def row_counts(procedures: Manifest, slices: Manifest) -> dict[str, int]:
    """Return what became of the rows: `rows_in = kept + rejected + duplicate + flagged`, and the slices' sizes."""
    return {
        **row_totals(procedures),
        "intents": int(slices.provenance.counts["intents"]),
        **{name: int(slices.provenance.counts[name]) for name in SLICES},
    }


def _answers(lineage: Mapping[str, ArtifactRef], rows: Mapping[str, Any]) -> tuple[ComparedAnswer, ...]:
    systems = [name for name in ("base", "champion", "tuned") if name in lineage]
    answers = {name: rows_of(lineage[name], ANSWERS, Answer) for name in systems}
    found: list[ComparedAnswer] = []
    for place, asked in enumerate(answers["tuned"]):
        told: dict[str, Any] = {}
        for name in systems:
            answer = answers[name][place]
            rouge = rows[name][place]["rouge_l"]
            told |= {name: answer.prediction, f"{name}_rouge_l": rouge, f"{name}_failed": answer.failed}
        found.append(
            ComparedAnswer(
                slice=asked.slice,
                intent=asked.intent,
                language=asked.language,
                prompt=asked.prompt,
                reference=asked.reference,
                steps=step_diff(asked.prediction, asked.reference, asked.language),
                **told,
            )
        )
    return tuple(found)


def read_retired(answers: ArtifactRef) -> tuple[RetiredAnswer, ...]:
    """Judge the tuned model's answers to questions that are no more."""
    return retired_answers(rows_of(answers, ANSWERS, Answer))


def rows_set_aside(procedures: ArtifactRef) -> tuple[tuple[str, int], ...]:
    """Return how many rows were not taken, by status and reason, the most frequent first."""
    left_out = (RowStatus.rejected, RowStatus.duplicate, RowStatus.flagged)
    reasons = Counter(
        f"{row.status.value}: {(row.reason or '').partition(': ')[0]}" if row.status != RowStatus.duplicate else "duplicate"
        for row in rows_of(procedures, INDEX, IndexedRow)
        if row.status in left_out
    )
    return tuple(sorted(reasons.items(), key=lambda entry: (-entry[1], entry[0])))


def _pii(counts: PiiCounts) -> dict[str, dict[str, int]]:
    table: dict[str, dict[str, int]] = {}
    for language, found in counts.languages.items():
        for kind, count in found.by_type.items():
            table.setdefault(kind, {})[language] = count
    return table


def _paraphrases(counts: Mapping[str, Any], manifest: Manifest) -> ParaphraseCounts:
    usage = manifest.provenance.notes.get("usage", {})
    return ParaphraseCounts(
        proposed=counts["proposed"],
        accepted=counts["accepted"],
        rejected=counts["rejected"],
        short_intents=len(counts["short_intents"]),
        topics=tuple(TopicRow(**row) for row in counts["topics"]),
        usage={name: value for name, value in usage.items() if value},
    )


def _training(adapter: ArtifactRef, manifest: Manifest) -> TrainingSummary:
    recipe = Recipe.model_validate(manifest.provenance.parameters["recipe"])
    result = manifest.provenance.notes
    names = (
        "backend", "precision", "steps", "seconds", "tokens", "tokens_per_second", "device", "devices", "peak_memory_gb"
    )  # fmt: skip
    diagnosis, forgetting = read_diagnosis(adapter), read_forgetting(adapter)
    return TrainingSummary(
        base_model=recipe.base_model.name,
        effective_batch=result["per_device_batch_size"] * result["gradient_accumulation_steps"] * result["devices"],
        **{name: result[name] for name in names},
        learning=LearningSummary(
            verdict=diagnosis.verdict,
            evidence=diagnosis.evidence,
            remedies=tuple((str(remedy), remedy.reason) for remedy in diagnosis.remedies),
            forgetting=str(forgetting),
            forgot=forgetting.forgot,
        ),
    )


def _flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        flat.update(_flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value})
    return flat


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
