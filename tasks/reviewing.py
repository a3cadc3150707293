"""Between drafting and releasing a dataset: what is put to review, and what the decisions let in."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence

from langkah.artifacts import ArtifactRef
from langkah.config import PiiConfig
from langkah.language import OTHER
from langkah.procedure import normalize_answer, parse_procedure
from langkah.records import Approvals, FaqRecord, FlaggedRecord, IndexedRow, RowStatus
from langkah.review import Kind, ReviewItem, ReviewQueue, Ruling, admit, variant_item
from tasks.artifacts import at_work, payload, publish_artifact, rows_of
from tasks.caching import STEPS, step
from tasks.drafting import DRAFTS
from tasks.paraphrasing import PARAPHRASE_COUNTS, VARIANTS, read_variants
from tasks.policies import DATA
from tasks.row_index import INDEX, IndexTally, carried_on
from tasks.scrubbing import FLAGGED, RECORDS, record_scrubber

ITEMS = "items.jsonl"
RULINGS = "rulings.jsonl"
APPROVALS = "approvals.json"


@step(version=2, rooms=("langkah.review.items", "langkah.procedure"), policy=DATA)
def collect(records: ArtifactRef, procedures: ArtifactRef, drafts: ArtifactRef | None) -> ArtifactRef:
    """Gather what may enter a dataset once a person approves it: records, drafts of raw answers, other flagged records.

    Publishes `items.jsonl`, and `records.jsonl`, one record a prompt, whose paraphrases are reviewed with them. Of what the
    rules flagged there are none: most of it is rejected, and a question that asks for nothing has no other wording.

    Args:
        records: as they were scrubbed, with the answers that people wrote.
        procedures: the same with answers in steps, and what was flagged.
        drafts: what a model made of raw answers.
    """
    items = list(_items(records, procedures, drafts))
    first: dict[tuple[str, str], FaqRecord] = {}
    for item in items:
        if item.kind is not Kind.flagged and item.language != OTHER and parse_procedure(item.output):
            fields = {name: getattr(item, name) for name in FaqRecord.model_fields}
            first.setdefault((item.intent, item.prompt), FaqRecord.model_validate(fields))
    return publish_artifact(
        "candidates",
        {ITEMS: items, RECORDS: first.values()},
        counts=dict(sorted(Counter(item.kind.value for item in items).items())),
    )


@step(version=4, rooms=("langkah.review.admission", "langkah.review.items"), policy=DATA)
def release(
    candidates: ArtifactRef, variants: ArtifactRef, rulings: ArtifactRef, procedures: ArtifactRef, asked: tuple[str, ...]
) -> ArtifactRef:
    """Let in what was approved, and tell of every other row why it stays out.

    Publishes what `structure` and `paraphrase` do, `records.jsonl`, `variants.jsonl` and the index, as the review left it, and
    `approvals.json`.

    Args:
        candidates: what was put to review.
        variants: the paraphrases of it.
        rulings: what was decided.
        procedures: whose index is carried on.
        asked: the kinds of items that a person decides on.
    """
    found = admit(
        rows_of(candidates, ITEMS, ReviewItem),
        read_variants(variants),
        {row.key: row for row in rows_of(rulings, RULINGS, Ruling)},
        [Kind(kind) for kind in asked],
    )
    tally = IndexTally()
    rows = list(tally.passing(carried_on(procedures, found.rows)))
    drafted = json.loads(payload(variants, PARAPHRASE_COUNTS).read_text(encoding="utf-8"))
    accepted = sum(row.variant_of is not None for row in found.variants)
    released = publish_artifact(
        "released",
        {
            RECORDS: found.records,
            VARIANTS: found.variants,
            INDEX: rows,
            APPROVALS: found.approvals,
            PARAPHRASE_COUNTS: json.dumps({**drafted, "accepted": accepted}, indent=1),
        },
        parameters={"asked": list(asked)},
        counts={**tally.counts(), "variants": len(found.variants)},
    )
    tally.publish()
    return released


def read_approvals(released: ArtifactRef | None, procedures: ArtifactRef, variants: ArtifactRef) -> Approvals:
    """Who let in what goes into a dataset: as the review counted it, or the rules alone, where nobody was asked."""
    if released:
        return Approvals.model_validate_json(payload(released, APPROVALS).read_bytes())
    kept = sum(row.status is RowStatus.accepted for row in rows_of(procedures, INDEX, IndexedRow))
    paraphrases = json.loads(payload(variants, PARAPHRASE_COUNTS).read_text(encoding="utf-8"))["accepted"]
    return Approvals(records_by_rules=kept, variants_by_rules=paraphrases)


def queue_items(candidates: ArtifactRef, variants: ArtifactRef) -> list[ReviewItem]:
    """Return all that a person can be asked about, paraphrases under the row of their original."""
    items = rows_of(candidates, ITEMS, ReviewItem)
    originals: dict[tuple[str, str], ReviewItem] = {}
    for item in items:
        originals.setdefault((item.intent, item.prompt), item)
    paraphrases = [
        variant_item(row, original.file, original.row)
        for row in read_variants(variants)
        if row.variant_of is not None and (original := originals.get((row.intent, row.variant_of)))
    ]
    return [*items, *paraphrases]


def publish_rulings(queue: ReviewQueue, items: Sequence[ReviewItem], config: PiiConfig, ner: str) -> ArtifactRef:
    """Publish what is decided about these items by now; what reviewers wrote is scrubbed like all that is stored.

    Not a cached step, since it depends on the time; the same decisions make the same artifact.
    """
    by_key = {item.key: item for item in items}
    decided = queue.decisions(by_key)
    written = [key for key, each in sorted(decided.items()) if _edited(by_key[key], each.prompt, each.output)]
    texts = [({"prompt": decided[key].prompt, "output": decided[key].output}, by_key[key].language) for key in written]
    scrubbed = dict(zip(written, record_scrubber(config, ner).scrub_many(texts), strict=True)) if written else {}
    rulings = [
        Ruling(
            key=key,
            verdict=each.verdict,
            prompt=scrubbed[key].fields["prompt"] if key in scrubbed else each.prompt,
            output=scrubbed[key].fields["output"] if key in scrubbed else each.output,
        )
        for key, each in sorted(decided.items())
    ]
    of = STEPS["release"]
    with at_work(of.name, of.version, of.packages):
        counts = dict(Counter(each.verdict.value for each in decided.values()))
        return publish_artifact("rulings", {RULINGS: rulings}, counts=counts)


def _items(records: ArtifactRef, procedures: ArtifactRef, drafts: ArtifactRef | None) -> Iterator[ReviewItem]:
    from langkah.restructuring import Draft

    written = {(row.file, row.row): row.output for row in rows_of(records, RECORDS, FaqRecord)}
    drafted = {(row.file, row.row): row for row in rows_of(drafts, DRAFTS, Draft)} if drafts else {}
    for record in rows_of(procedures, RECORDS, FaqRecord):
        yield _item(Kind.record, record.model_copy(update={"output": written[record.file, record.row]}), record.output)
    for record in rows_of(procedures, FLAGGED, FlaggedRecord):
        draft = drafted.get((record.file, record.row))
        if draft and draft.proposable and draft.output:
            yield _item(Kind.draft, record, draft.output, record.reasons)
        else:
            yield _item(Kind.flagged, record, normalize_answer(record.output), record.reasons)


def _item(kind: Kind, record: FaqRecord, output: str, reasons: Sequence[str] = ()) -> ReviewItem:
    fields = {name: getattr(record, name) for name in FaqRecord.model_fields}
    before = record.output if record.output != output else None
    return ReviewItem.model_validate({**fields, "kind": kind, "output": output, "before": before, "reasons": tuple(reasons)})


def _edited(item: ReviewItem, prompt: str, output: str) -> bool:
    return (prompt, output) != (item.prompt, item.output)
