"""What a review lets into a dataset: the items that were approved, as they were edited, less what conflicts or repeats.

Rules decide for the kinds of items that no person is asked about: what they kept stays, unless a person rejected it when he
was asked, and what they set aside stays out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from langkah.procedure import parse_procedure, render
from langkah.records import Approvals, FaqRecord, PromptVariant, Record, RowStatus
from langkah.review.items import Kind, ReviewItem, Verdict
from langkah.same_text import same_text_key
from langkah.splitting import Asked, answer_key, find_conflicts, find_repeats

REJECTED: Final = "rejected in review"
UNDECIDED: Final = "not decided in review"
OTHER_ANSWER: Final = "same prompt, other answer"
NO_STEPS: Final = "no numbered steps after review"

Place = tuple[str, int]
"""File and row."""


class Ruling(Record):
    """What was decided about one item: neither who nor why, which stay in the queue."""

    key: str
    verdict: Verdict
    prompt: str
    output: str


class Admitted(NamedTuple):
    """What may train, and what became of the rows behind it."""

    records: list[FaqRecord]
    """One a row, sorted by file and row; answers as numbered steps."""
    variants: list[PromptVariant]
    """Sorted by intent, each intent's original first."""
    rows: dict[Place, tuple[RowStatus, str | None]]
    """The status, and its reason, of each row that an item came from."""
    approvals: Approvals
    """How much of it a person approved; the rules let the rest in."""


def admit(
    items: Sequence[ReviewItem], variants: Iterable[PromptVariant], rulings: Mapping[str, Ruling], asked: Collection[Kind]
) -> Admitted:
    """Apply what was decided to the items of a run.

    Args:
        items: records, flagged records and drafts, one a row.
        variants: the paraphrases of their prompts; originals among them are passed over.
        rulings: by the key of the item; an item without one is not decided.
        asked: the kinds that a person decides on.
    """
    rows: dict[Place, tuple[RowStatus, str | None]] = {}
    found: dict[Place, tuple[FaqRecord, ReviewItem]] = {}
    for item in items:
        record, status, reason = _ruled(item, rulings.get(item.key), item.kind in asked)
        rows[item.file, item.row] = status, reason
        if record:
            found[item.file, item.row] = record, item
    conflicts = find_conflicts((Asked.of(record) for record, _ in found.values()), OTHER_ANSWER)
    rows |= {place: (RowStatus.flagged, reason) for place, reason in conflicts.items()}
    repeats = find_repeats(Asked.of(record) for place, (record, _) in found.items() if place not in conflicts)
    rows |= {place: (RowStatus.duplicate, reason) for place, reason in repeats.items()}
    kept = [found[place] for place in sorted(found) if place not in conflicts and place not in repeats]
    made = _apart(_with_variants(kept, variants, rulings, asked))
    return Admitted([record for record, _ in kept], made, rows, _approvals(kept, made, asked))


def variant_item(variant: PromptVariant, file: str, row: int) -> ReviewItem:
    """Return the item that puts a paraphrase to review, under the row of its original; the answer is reviewed there."""
    return ReviewItem(
        kind=Kind.variant,
        intent=variant.intent,
        language=variant.language,
        source=variant.source,
        prompt=variant.prompt,
        output="",
        variant_of=variant.variant_of,
        file=file,
        row=row,
    )


def _ruled(item: ReviewItem, ruling: Ruling | None, asked: bool) -> tuple[FaqRecord | None, RowStatus, str | None]:
    """The record of an item that is let in, else None, and what that makes of its row."""
    if ruling and ruling.verdict is Verdict.rejected:
        return None, RowStatus.rejected, REJECTED
    if asked and (ruling is None or ruling.verdict is not Verdict.approved):
        return None, RowStatus.flagged, "; ".join((*item.reasons, UNDECIDED))
    if not asked and item.kind is not Kind.record:
        return None, RowStatus.flagged, "; ".join(item.reasons) or None
    prompt, output = (ruling.prompt, ruling.output) if asked and ruling else (item.prompt, item.output)
    procedure = parse_procedure(output)
    if procedure is None or not prompt.strip():
        return None, RowStatus.flagged, NO_STEPS
    record = FaqRecord(
        intent=item.intent,
        prompt=prompt.strip(),
        output=render(procedure),
        language=item.language,
        source=item.source,
        file=item.file,
        row=item.row,
    )
    return record, RowStatus.accepted, None


def _approvals(
    kept: Sequence[tuple[FaqRecord, ReviewItem]], made: Sequence[PromptVariant], asked: Collection[Kind]
) -> Approvals:  # fmt: skip
    seen = sum(item.kind in asked for _, item in kept)
    paraphrases = sum(each.variant_of is not None for each in made)
    by_person = paraphrases if Kind.variant in asked else 0
    return Approvals(
        records_by_rules=len(kept) - seen,
        variants_by_rules=paraphrases - by_person,
        records_by_person=seen,
        variants_by_person=by_person,
    )


def _with_variants(
    kept: Sequence[tuple[FaqRecord, ReviewItem]],
    variants: Iterable[PromptVariant],
    rulings: Mapping[str, Ruling],
    asked: Collection[Kind],
) -> list[PromptVariant]:
    """The originals, each followed by its approved paraphrases, all with the answer that was approved."""
    paraphrases: defaultdict[tuple[str, str], list[PromptVariant]] = defaultdict(list)
    for variant in variants:
        if variant.variant_of is not None:
            paraphrases[variant.intent, variant.variant_of].append(variant)
    made: list[PromptVariant] = []
    for record, item in sorted(kept, key=lambda each: (each[0].intent, each[0].file, each[0].row)):
        fields = {name: getattr(record, name) for name in ("intent", "prompt", "output", "language", "source")}
        original = PromptVariant.model_validate(fields)
        made.append(original)
        # Of a question that says something else now, nobody has seen the paraphrases.
        same = same_text_key(record.prompt) == same_text_key(item.prompt)
        for variant in paraphrases.pop((item.intent, item.prompt), ()) if same else ():
            text = _wording(variant, item, rulings, Kind.variant in asked)
            if text:
                # A wording of a person's own is no frame's any more.
                phrased = {"frame": variant.frame, "side": variant.side} if text == variant.prompt else {}
                made.append(original.model_copy(update={"prompt": text, "variant_of": record.prompt, **phrased}))
    return made


def _apart(variants: Sequence[PromptVariant]) -> list[PromptVariant]:
    """Leave out the paraphrases that ask what another intent answers otherwise: a reviewer may have written one."""
    answers: defaultdict[str, set[str]] = defaultdict(set)
    for variant in variants:
        answers[same_text_key(variant.prompt)].add(answer_key(variant.output))
    return [each for each in variants if each.variant_of is None or len(answers[same_text_key(each.prompt)]) == 1]


def _wording(variant: PromptVariant, item: ReviewItem, rulings: Mapping[str, Ruling], asked: bool) -> str | None:
    ruling = rulings.get(variant_item(variant, item.file, item.row).key)
    if not asked:
        return None if ruling and ruling.verdict is Verdict.rejected else variant.prompt
    return ruling.prompt.strip() if ruling and ruling.verdict is Verdict.approved else None
