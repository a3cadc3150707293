"""Drafts of steps for raw answers, and what there is to train on without them."""

from __future__ import annotations

from collections import Counter

from langkah.artifacts import ArtifactRef, current_workspace
from langkah.config import LlmConfig
from langkah.errors import SourceError
from langkah.records import FlaggedRecord, RowStatus
from tasks.artifacts import payload, publish_artifact, rows_of
from tasks.caching import STEPS, step, step_key
from tasks.policies import ENDPOINT
from tasks.publish import FirstNamed, log_records, publish_markdown
from tasks.row_index import INDEX
from tasks.scrubbing import FLAGGED
from tasks.steplog import report_progress

DRAFTS = "drafts.jsonl"


@step(
    version=2,
    rooms=("langkah.restructuring", "langkah.models.client"),
    policy=ENDPOINT,
    packages=("openai",),
)
def restructure(procedures: ArtifactRef, config: LlmConfig) -> ArtifactRef:
    """Have a language model draft steps for the flagged answers that have none; only review can admit a draft."""
    from langkah.language import OTHER
    from langkah.models.client import LlmClient
    from langkah.procedure import parse_procedure
    from langkah.restructuring import restructure as draft_steps

    flagged = rows_of(procedures, FLAGGED, FlaggedRecord)
    raw = [row for row in flagged if row.language != OTHER and parse_procedure(row.output) is None]
    declared = STEPS["restructure"]
    work = step_key("restructured-record", declared.version, {})
    kept = current_workspace().record_cache("replies", work)
    with kept.named() as replies, LlmClient(config, cache=replies) as client:
        drafts = draft_steps(raw, client, on_done=lambda done, total: report_progress(done, total, "answers"))
        usage = client.usage
    proposed = sum(each.proposable for each in drafts)
    published = publish_artifact(
        "drafts",
        {DRAFTS: drafts},
        parameters={"config": config},
        counts={"answers": len(raw), "proposed": proposed, "requests": usage.requests},
    )
    log_records("answers without a draft", FirstNamed([f"{each.file}:{each.row}" for each in drafts if not each.proposable]))
    problems = Counter(str(problem) for each in drafts for problem in each.problems)
    lines = [
        f"**{proposed}** of {len(raw)} raw answers have a draft for review.",
        "",
        *(f"- {problem}: {count}" for problem, count in sorted(problems.items())),
    ]
    publish_markdown("drafts", "\n".join(lines), "Drafts of raw answers; none trains before a person admits it")
    return published


def has_records(procedures: ArtifactRef) -> bool:
    """Whether a `procedures` artifact has a record that may train."""
    return current_workspace().store.manifest(procedures).provenance.counts.get(RowStatus.accepted, 0) > 0


def require_records(procedures: ArtifactRef, drafts: ArtifactRef | None) -> None:
    """Make sure that there is a record that may train.

    Raises:
        SourceError: none is; the line says where the drafts are that wait for review, or what became of the rows.
    """
    if has_records(procedures):
        return
    store = current_workspace().store
    proposed = store.manifest(drafts).provenance.counts["proposed"] if drafts else 0
    if drafts and proposed:
        waiting = "1 draft waits" if proposed == 1 else f"{proposed} drafts wait"
        raise SourceError(f"no usable row: {waiting} for review in {payload(drafts, DRAFTS)}")
    counts = store.manifest(procedures).provenance.counts
    told = ", ".join(f"{counts.get(status, 0)} {status}" for status in (RowStatus.rejected, RowStatus.flagged))
    failed = f"; no draft passed its checks, see {payload(drafts, DRAFTS)}" if drafts else ""
    raise SourceError(f"no usable row: {told}, row by row in {payload(procedures, INDEX)}{failed}")
