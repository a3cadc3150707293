"""From scrubbed records to the variants of each intent: structure, compare, restructure, paraphrase."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from langkah.artifacts import ArtifactRef, current_workspace
from langkah.config import LlmConfig, ParaphraseConfig, StructureConfig
from langkah.errors import SourceError
from langkah.evaluation.report_data import ProceduralScores
from langkah.paraphrase import Means, ParaphraseResult
from langkah.procedure import PROCEDURAL, AssessedRecord, judge, normalize_answer
from langkah.records import FaqRecord, FlaggedRecord, IndexedRow, PromptVariant, RowStatus, read_jsonl, write_jsonl
from tasks.caching import STEPS, payload, provenance, step, step_key
from tasks.policies import DATA, ENDPOINT
from tasks.publish import publish_image, publish_markdown, publish_table
from tasks.scrubbing import FLAGGED, INDEX, RECORDS, publish_set_aside
from tasks.steplog import report_progress

VARIANTS = "variants.jsonl"
VARIANT_SCORES = "variant_scores.jsonl"
REJECTED_VARIANTS = "rejected_variants.jsonl"
PARAPHRASE_COUNTS = "paraphrase.json"
PAIRS = "pairs.json"
DRAFTS = "drafts.jsonl"
ASSESSMENT = "assessment.jsonl"
_MOST_PAIRS = 200
_BINS: Final = 10
"""Of the histogram of scores."""

Place = tuple[str, int]
"""File and row."""


@step(version=3, rooms=("langkah.procedure", "langkah.splitting.repeats"), policy=DATA)
def structure(records: ArtifactRef, index: ArtifactRef, config: StructureConfig) -> ArtifactRef:
    """Write every answer as explicit numbered steps, in one form, and set aside what needs a person or repeats another.

    Publishes `records.jsonl`, `flagged.jsonl` (those of ingest too, the most procedural first), `assessment.jsonl` (of every
    record, without text), and the index with what is set aside now.
    """
    from langkah.evaluation.plots import procedural_histogram_png

    started = time.monotonic()
    found = _sort_out(
        list(read_jsonl(payload(records, RECORDS), FaqRecord)),
        list(read_jsonl(payload(records, FLAGGED), FlaggedRecord)),
        config,
    )
    rows = [_moved(row, found.set_aside) for row in read_jsonl(payload(index, INDEX), IndexedRow)]
    counts = Counter(row.status.value for row in rows)
    with current_workspace().store.draft("procedures") as draft:
        write_jsonl(draft.path / RECORDS, found.kept)
        write_jsonl(draft.path / FLAGGED, found.flagged)
        write_jsonl(draft.path / ASSESSMENT, found.assessed)
        write_jsonl(draft.path / INDEX, rows)
        draft.provenance = provenance(
            "structure",
            parents=(records.digest, index.digest),
            parameters={"config": config.model_dump()},
            counts={**dict(sorted(counts.items())), "rewritten": found.rewritten},
            seconds=round(time.monotonic() - started, 2),
        )
    if found.set_aside:
        publish_set_aside(rows)
    assert draft.ref
    picture = procedural_histogram_png(procedural_scores(draft.ref))
    publish_image("procedural-scores", picture, "How procedural the answers are, set aside or not")
    return draft.ref


class _Sorted(NamedTuple):
    """The records of `structure`, by what became of them."""

    kept: list[FaqRecord]
    flagged: list[FlaggedRecord]
    assessed: list[AssessedRecord]
    set_aside: dict[Place, tuple[RowStatus, str]]
    rewritten: int


def _sort_out(accepted: list[FaqRecord], flagged: list[FlaggedRecord], config: StructureConfig) -> _Sorted:
    """Judge each record by itself, then beside the others that ask the same, flagged ones too."""
    from langkah.splitting import find_conflicts, find_repeats

    raw: dict[Place, FaqRecord] = {(record.file, record.row): record for record in (*accepted, *flagged)}
    normal = {place: row.model_copy(update={"output": normalize_answer(row.output)}) for place, row in raw.items()}
    judged = {place: judge(row.prompt, row.output, row.language, config) for place, row in raw.items()}
    conflicts = find_conflicts(normal.values())
    reasons = {(record.file, record.row): record.reasons for record in flagged}
    set_aside: dict[Place, tuple[RowStatus, str]] = {}
    for record in accepted:
        place = record.file, record.row
        found = [*(str(flag) for flag in judged[place].flags), *([conflicts[place]] if place in conflicts else [])]
        if found:
            reasons[place] = tuple(found)
            set_aside[place] = (RowStatus.flagged, "; ".join(found))
    repeats = find_repeats(row for place, row in normal.items() if place not in reasons)
    set_aside |= {place: (RowStatus.duplicate, reason) for place, reason in repeats.items()}
    kept = [place for place in raw if place not in reasons and place not in repeats]
    told = reasons | {place: (reason,) for place, reason in repeats.items()}
    return _Sorted(
        kept=[normal[place] for place in kept],
        flagged=[
            FlaggedRecord.model_validate({**dict(raw[place]), "reasons": reasons[place]})
            for place in sorted(reasons, key=lambda place: (-judged[place].assessment.score, place))
        ],
        assessed=[AssessedRecord.of(raw[place], judged[place].assessment, told.get(place, ())) for place in sorted(raw)],
        set_aside=set_aside,
        rewritten=sum(normal[place].output != raw[place].output for place in kept),
    )


def _moved(row: IndexedRow, set_aside: dict[Place, tuple[RowStatus, str]]) -> IndexedRow:
    if (row.file, row.row) not in set_aside:
        return row
    status, reason = set_aside[row.file, row.row]
    return row.model_copy(update={"status": status, "reason": reason})


def procedural_scores(procedures: ArtifactRef) -> ProceduralScores:
    """Count the answers of a `procedures` artifact by how procedural they are."""
    scores = [row.score for row in read_jsonl(payload(procedures, ASSESSMENT), AssessedRecord)]
    counts = Counter(min(int(_BINS * score + 1e-9), _BINS - 1) for score in scores)
    bins = tuple((place / _BINS, (place + 1) / _BINS, counts[place]) for place in range(_BINS)) if scores else ()
    return ProceduralScores(bins=bins, threshold=PROCEDURAL)


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

    started = time.monotonic()
    flagged = read_jsonl(payload(procedures, FLAGGED), FlaggedRecord)
    raw = [row for row in flagged if row.language != OTHER and parse_procedure(row.output) is None]
    declared = STEPS["restructure"]
    work = step_key("restructured-record", declared.version, {})
    replies = current_workspace().record_cache("replies", work).replies()
    with LlmClient(config, cache=replies) as client:
        drafts = draft_steps(raw, client, on_done=lambda done, total: report_progress(done, total, "answers"))
        usage = client.usage
    with current_workspace().store.draft("drafts") as draft:
        write_jsonl(draft.path / DRAFTS, drafts)
        draft.provenance = provenance(
            "restructure",
            parents=(procedures.digest,),
            parameters={"config": config.model_dump()},
            counts={"answers": len(raw), "proposed": sum(each.proposable for each in drafts), "requests": usage.requests},
            seconds=round(time.monotonic() - started, 2),
        )
    problems = Counter(str(problem) for each in drafts for problem in each.problems)
    lines = [
        f"**{sum(each.proposable for each in drafts)}** of {len(raw)} raw answers have a draft for review.",
        "",
        *(f"- {problem}: {count}" for problem, count in sorted(problems.items())),
    ]
    publish_markdown("drafts", "\n".join(lines), "Drafts of raw answers; none trains before a person admits it")
    assert draft.ref
    return draft.ref


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


@step(version=1, rooms=("langkah.splitting",), policy=DATA, packages=("datasketch",))
def compare(procedures: ArtifactRef, threshold: float) -> ArtifactRef:
    """Find records that ask or answer nearly the same, within and across files, for a person to look at; none is merged."""
    from langkah.splitting import near_pairs

    started = time.monotonic()
    records = list(read_jsonl(payload(procedures, RECORDS), FaqRecord))
    pairs = near_pairs([(record.prompt, record.output) for record in records], threshold)
    found = [
        {
            "kind": pair.kind,
            "first": f"{records[pair.first].file}:{records[pair.first].row}",
            "second": f"{records[pair.second].file}:{records[pair.second].row}",
            "prompts": round(pair.prompts, 3),
            "answers": round(pair.answers, 3),
        }
        for pair in pairs
    ]
    with current_workspace().store.draft("comparison") as draft:
        (draft.path / PAIRS).write_text(json.dumps(found, indent=1, ensure_ascii=False), encoding="utf-8")
        draft.provenance = provenance(
            "compare",
            parents=(procedures.digest,),
            parameters={"threshold": threshold},
            counts=dict(sorted(Counter(pair.kind for pair in pairs).items())),
            seconds=round(time.monotonic() - started, 2),
        )
    publish_table("near-duplicates", found[:_MOST_PAIRS], "Records that ask or answer nearly the same; none was merged")
    assert draft.ref
    return draft.ref


@step(
    version=4,
    rooms=("langkah.paraphrase",),
    policy=ENDPOINT,
    packages=("rapidfuzz", "PySastrawi", "openai", "transformers", "torch"),
)
def paraphrase(procedures: ArtifactRef, config: ParaphraseConfig, means: Means) -> ArtifactRef:
    """Make variants of every prompt, and keep those that pass the filters.

    Publishes `variants.jsonl`, `variant_scores.jsonl` (of its paraphrases, in order), `rejected_variants.jsonl` (reason and
    scores, without text) and `paraphrase.json` (counts, and the distribution over topics).
    """
    from langkah.paraphrase import make_variants, open_engine

    started = time.monotonic()
    records = list(read_jsonl(payload(procedures, RECORDS), FaqRecord))
    # The client's own key holds all that decides a reply: no change of the filters may cost one that is paid for.
    replies = current_workspace().record_cache("replies", "paraphrased-record").replies()
    with open_engine(config, means, replies) as engine:
        result = make_variants(
            records,
            config,
            backend=engine.backend,
            embed=engine.embed,
            on_done=lambda done, total: report_progress(done, total, "prompts"),
        )
        usage = engine.figures(means.llm)
    with current_workspace().store.draft("variants") as draft:
        summary = _write_variants(draft.path, result)
        draft.provenance = provenance(
            "paraphrase",
            parents=(procedures.digest,),
            parameters={"config": config.model_dump(), "means": means.model_dump()},
            counts={"variants": len(result.variants), "rejected": len(result.rejected)},
            seconds=round(time.monotonic() - started, 2),
            notes={"usage": usage},
        )
    publish_markdown("paraphrases", _told(summary, usage, len(records)), "Variants of the prompts")
    assert draft.ref
    return draft.ref


def _write_variants(folder: Path, result: ParaphraseResult) -> dict[str, Any]:
    write_jsonl(folder / VARIANTS, result.variants)
    write_jsonl(folder / VARIANT_SCORES, result.scores)
    write_jsonl(folder / REJECTED_VARIANTS, result.rejected)
    summary: dict[str, Any] = {
        "proposed": result.accepted + len(result.rejected),
        "accepted": result.accepted,
        "rejected": dict(sorted(Counter(str(row.reason) for row in result.rejected).items())),
        "short_intents": list(result.short_intents),
        "topics": [share.model_dump() for share in result.topics],
    }
    (folder / PARAPHRASE_COUNTS).write_text(json.dumps(summary, indent=1), encoding="utf-8")
    return summary


def _told(summary: Mapping[str, Any], usage: Mapping[str, Any], prompts: int) -> str:
    """The counts of a `variants` artifact in Markdown; no text of a record."""
    return "\n".join(
        [
            f"**{summary['accepted']}** paraphrases of {prompts} prompts were accepted, of {summary['proposed']} judged.",
            "",
            *(f"- {reason}: {count}" for reason, count in summary["rejected"].items()),
            f"- intents with fewer variants than they are due: {len(summary['short_intents'])}",
            *(f"- {name.replace('_', ' ')}: {value:,}" for name, value in usage.items() if value),
            "",
            "| intents of a topic | topics | prompts, all alike | due | prompts now |",
            "| ---: | ---: | ---: | ---: | ---: |",
            *(
                f"| {row['intents']} | {row['topics']} | {row['before']} | {row['due']} | {row['after']} |"
                for row in summary["topics"]
            ),
        ]
    )


def read_variants(ref: ArtifactRef) -> list[PromptVariant]:
    """Read the variants of a `variants` artifact."""
    return list(read_jsonl(payload(ref, VARIANTS), PromptVariant))
