"""Makes the variants of each intent: frames, filters, and what collides over the whole corpus."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from langkah.config import ParaphraseConfig
from langkah.paraphrase import english, indonesian
from langkah.paraphrase.filters import MAX_CHARS, RejectReason, kept_content, language_flipped, normalize, too_close
from langkah.paraphrase.frames import Side, ordered_templates, side_counts
from langkah.paraphrase.parts import Parts, Tongue, render, take_apart
from langkah.records import FaqRecord, PromptVariant


@dataclass(frozen=True)
class RejectedVariant:
    """A paraphrase that was not admitted; without its text."""

    intent: str
    frame: str
    reason: RejectReason


@dataclass(frozen=True)
class ParaphraseResult:
    """All variants, sorted by intent, each intent's original first."""

    variants: tuple[PromptVariant, ...]
    rejected: tuple[RejectedVariant, ...]
    short_intents: tuple[str, ...]
    """Intents with fewer paraphrases than asked for."""


@dataclass(frozen=True)
class _Pick:
    frame: str
    side: Side
    text: str


@dataclass(frozen=True)
class _Draft:
    picks: tuple[_Pick, ...]
    rejected: tuple[tuple[str, RejectReason], ...]


def make_variants(records: Sequence[FaqRecord], config: ParaphraseConfig) -> ParaphraseResult:
    """Phrase each record's prompt in `config.variants` other ways, without a model.

    Of the paraphrases of an intent, `side_counts` says how many families of the side `eval` phrase; families are tried in
    an order by hash of the intent until enough candidates pass the filters. A text that two records come to, or that
    equals another record's original, is dropped from both and replaced by the next candidate; originals always stay.

    Args:
        records: in any order; the result does not depend on it.
        config: how many variants, and how far apart.

    Returns:
        Variants sorted by intent. An intent's variants depend on the other records only through collisions.
    """
    ordered = sorted(records, key=lambda record: (record.intent, record.file, record.row, record.prompt))
    parts = [take_apart(record.prompt, _tongue(record)) for record in ordered]
    banned = {normalize(record.prompt) for record in ordered}
    drafts = [_draft(record, part, config, banned) for record, part in zip(ordered, parts, strict=True)]
    # Each round bans what collided for everyone at once, so no record has a right of way over another.
    while collisions := _collisions(drafts):
        banned |= collisions.keys()
        for index in {owner for owners in collisions.values() for owner in owners}:
            drafts[index] = _draft(ordered[index], parts[index], config, banned)
    return _result(ordered, drafts, config)


def _tongue(record: FaqRecord) -> Tongue:
    """Which language's frames a record takes: its own; a mixed row's opening decides, and else what its prompt is."""
    if record.language == "en" or record.language == "id":
        return record.language
    if indonesian.matches_lead(record.prompt):
        return "id"
    if english.matches_lead(record.prompt):
        return "en"
    from langkah.language import detect

    return "id" if detect(record.prompt) == "id" else "en"


def _draft(record: FaqRecord, parts: Parts, config: ParaphraseConfig, banned: AbstractSet[str]) -> _Draft:
    """Pick the first candidates of each side that pass; texts in `banned` (normalized) collide."""
    picks: list[_Pick] = []
    rejected: list[tuple[str, RejectReason]] = []
    # What is kept verbatim around the asking sentence says nothing about how differently it is asked.
    asked = [parts.asking]
    for side, wanted in side_counts(config.variants).items():
        found = 0
        for family, templates in ordered_templates(record.intent, parts.language, side, parts.kind):
            if found == wanted:
                break
            if family.opens and not parts.opens:
                continue
            for template in templates:
                rendered = render(parts, template)
                if rendered is None:
                    continue
                text, asking = rendered
                reason = _reject(record.prompt, text, asking, asked, config, banned)
                if reason is None:
                    picks.append(_Pick(family.name, side, text))
                    asked.append(asking)
                    found += 1
                    break
                rejected.append((family.name, reason))
    return _Draft(tuple(picks), tuple(rejected))


def _reject(
    original: str, text: str, asking: str, asked: Sequence[str], config: ParaphraseConfig, banned: AbstractSet[str]
) -> RejectReason | None:
    if len(text) > MAX_CHARS:
        return RejectReason.too_long
    if kept_content(original) != kept_content(text):
        return RejectReason.lost_content
    if too_close(asking, asked, config.min_distance):
        return RejectReason.too_close
    if normalize(text) in banned:
        return RejectReason.collision
    return RejectReason.changed_language if language_flipped(original, text) else None


def _collisions(drafts: Sequence[_Draft]) -> dict[str, list[int]]:
    """Normalized texts that several records came to, with those records."""
    owners: dict[str, list[int]] = defaultdict(list)
    for index, draft in enumerate(drafts):
        for pick in draft.picks:
            owners[normalize(pick.text)].append(index)
    return {text: indices for text, indices in owners.items() if len(indices) > 1}


def _result(records: Sequence[FaqRecord], drafts: Sequence[_Draft], config: ParaphraseConfig) -> ParaphraseResult:
    variants: list[PromptVariant] = []
    rejected: list[RejectedVariant] = []
    short: list[str] = []
    for record, draft in zip(records, drafts, strict=True):
        base = PromptVariant(
            intent=record.intent,
            prompt=record.prompt,
            output=record.output,
            language=record.language,
            source=record.source,
        )
        variants.append(base)
        variants.extend(
            base.model_copy(update={"prompt": pick.text, "variant_of": record.prompt, "frame": pick.frame, "side": pick.side})
            for pick in draft.picks
        )
        rejected.extend(RejectedVariant(record.intent, frame, reason) for frame, reason in draft.rejected)
        if len(draft.picks) < config.variants:
            short.append(record.intent)
    return ParaphraseResult(tuple(variants), tuple(rejected), tuple(short))
