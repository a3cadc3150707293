"""Makes the variants of each intent: a backend proposes, filters judge, a shortfall is asked for again.

Each round judges all candidates by themselves, compares the meaning of those that are left with all prompts at once, and
admits of each intent the first that differ enough. What depends on other records (nearest intent, equal texts) treats all
alike, so the result does not depend on their order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from langkah.config import ParaphraseConfig
from langkah.paraphrase.backends import Ask, Backend, Candidate, FrameBackend, Progress, tongue_of
from langkah.paraphrase.balance import TopicShare, distribution, targets, topics_of
from langkah.paraphrase.filters import (
    EmbeddingMeasure,
    Judgement,
    Measure,
    Pair,
    Reading,
    RejectedVariant,
    RejectReason,
    Scores,
    WordMeasure,
    check,
    check_distance,
    words,
)
from langkah.paraphrase.filters.meaning import Embed
from langkah.paraphrase.lexicon import Tongue
from langkah.records import FaqRecord, PromptVariant
from langkah.same_text import same_text_key


@dataclass(frozen=True)
class ParaphraseResult:
    """All variants, sorted by intent, each intent's original first."""

    variants: tuple[PromptVariant, ...]
    scores: tuple[Scores, ...]
    """Of each paraphrase, in the order of `variants` without the originals."""
    rejected: tuple[RejectedVariant, ...]
    short_intents: tuple[str, ...]
    """Intents with fewer paraphrases than they were due."""
    topics: tuple[TopicShare, ...]
    """The distribution before and after balancing."""

    @property
    def accepted(self) -> int:
        """How many paraphrases were admitted."""
        return len(self.scores)


@dataclass
class _Intent:
    """One record on its way to its variants."""

    place: int
    """Of its prompt in the measure of its language."""
    record: FaqRecord
    original: Reading
    asking: list[str]
    target: int
    accepted: list[tuple[Candidate, Scores]] = field(default_factory=list[tuple[Candidate, Scores]])
    spare: list[tuple[Candidate, Scores]] = field(default_factory=list[tuple[Candidate, Scores]])
    """Passed all but diversity; taken in order while more are wanted."""
    rejected: list[tuple[Candidate, Judgement]] = field(default_factory=list[tuple[Candidate, Judgement]])
    rounds: list[int] = field(default_factory=list[int])
    """In which each of `rejected` was."""
    more: bool = True
    """Whether the backend may have more."""

    @property
    def wants(self) -> bool:
        return len(self.accepted) < self.target

    def ask(self) -> Ask:
        return Ask(self.record, self.target, [candidate for candidate, _ in self.accepted], self.rejected)

    def reject(self, candidate: Candidate, reason: RejectReason, scores: Scores, number: int) -> None:
        self.rejected.append((candidate, Judgement(reason, scores)))
        self.rounds.append(number)

    def fill(self, config: ParaphraseConfig, banned: AbstractSet[str], number: int) -> None:
        """Admit of the spare candidates the first that differ enough; those that do not are rejected for good."""
        while self.spare and self.wants:
            candidate, scores = self.spare.pop(0)
            others = [self.asking, *(words(each.asking) for each, _ in self.accepted)]
            reason, scores = check_distance(candidate.asking, others, scores, config)
            if reason is None and candidate.key in banned:
                reason = RejectReason.collision
            if reason is None:
                self.accepted.append((candidate, scores))
            else:
                self.reject(candidate, reason, scores, number)

    def drop(self, banned: AbstractSet[str], number: int) -> None:
        """Take back what turned out to be another intent's text too."""
        for candidate, scores in [each for each in self.accepted if each[0].key in banned]:
            self.accepted.remove((candidate, scores))
            self.reject(candidate, RejectReason.collision, scores, number)


def make_variants(
    records: Sequence[FaqRecord],
    config: ParaphraseConfig,
    *,
    backend: Backend | None = None,
    embed: Embed | None = None,
    on_done: Progress | None = None,
) -> ParaphraseResult:
    """Phrase each record's prompt in other ways, as many as it is due.

    Args:
        records: in any order; the result does not depend on it.
        config: how many variants, how far apart, how near in meaning.
        backend: what proposes them; frames by default.
        embed: the sentence encoder, where `config.meaning` and the backend need one.
        on_done: called with (conversations done, in all) by a backend that asks a model.

    Returns:
        Variants sorted by intent. A text that two records come to, or that is another record's original, is dropped from
        both; originals always stay. An intent's variants depend on other records only through that, through the nearest
        intent, the weights of words, and balancing.
    """
    backend = backend or FrameBackend()
    ordered = sorted(records, key=lambda record: (record.intent, record.file, record.row, record.prompt))
    topics = topics_of(ordered)
    intents, measures = _begin(ordered, targets(topics, config), config, backend, embed)
    banned = {same_text_key(record.prompt) for record in ordered}
    number = 0
    while asked := [intent for intent in intents if intent.more and intent.wants]:
        number += 1
        proposals = backend.propose([intent.ask() for intent in asked], on_done)
        for intent, proposal in zip(asked, proposals, strict=True):
            intent.more = backend.rounds is not None or bool(proposal)
        _judge(asked, proposals, measures, config, backend, number)
        _admit(intents, config, banned, number)
        if number == backend.rounds:
            break
    return _result(ordered, topics, intents, config)


def _begin(
    records: Sequence[FaqRecord], due: Sequence[int], config: ParaphraseConfig, backend: Backend, embed: Embed | None
) -> tuple[list[_Intent], dict[Tongue, Measure]]:
    """Each record with its place among the prompts of its language, and a measure of meaning for each language."""
    prompts: dict[Tongue, list[str]] = {}
    intents: list[_Intent] = []
    for record, target in zip(records, due, strict=True):
        tongue = tongue_of(record)
        those = prompts.setdefault(tongue, [])
        reading = Reading(record.prompt, tongue, backend.glossary)
        intents.append(_Intent(len(those), record, reading, words(backend.asking(record)), target))
        those.append(record.prompt)
    measures: dict[Tongue, Measure] = {}
    for tongue, those in prompts.items() if any(due) else ():
        kind = backend.meaning[tongue] if config.meaning == "auto" else config.meaning
        if kind == "embedding" and embed is None:
            raise ValueError("embeddings are asked for, and no encoder is given")
        measures[tongue] = EmbeddingMeasure(those, embed) if kind == "embedding" and embed else WordMeasure(those, tongue)
    return intents, measures


def _judge(
    asked: Sequence[_Intent],
    proposals: Sequence[Sequence[Candidate]],
    measures: Mapping[Tongue, Measure],
    config: ParaphraseConfig,
    backend: Backend,
    number: int,
) -> None:
    """Reject candidates by themselves and by meaning; the others become spare ones of their intents."""
    passed: dict[Tongue, list[tuple[_Intent, Candidate]]] = defaultdict(list)
    for intent, proposal in zip(asked, proposals, strict=True):
        tongue = intent.original.tongue
        for candidate in proposal:
            variant = Reading(candidate.text, tongue, backend.glossary)
            if reason := check(Pair(intent.original, variant), backend.checks):
                intent.reject(candidate, reason, Scores(chars=len(candidate.text)), number)
            else:
                passed[tongue].append((intent, candidate))
    for tongue, those in passed.items():
        measure = measures[tongue]
        least = {"words": config.min_retention, "embedding": config.min_similarity}[measure.name]
        found = measure.compare([(intent.place, candidate.text) for intent, candidate in those])
        for (intent, candidate), meaning in zip(those, found, strict=True):
            kept, margin = round(meaning.kept, 4), round(meaning.margin, 4)
            scores = Scores(chars=len(candidate.text), meaning=kept, margin=margin, measure=measure.name)
            if kept < least or margin < 0:
                reason = RejectReason.other_meaning if kept < least else RejectReason.nearer_other
                intent.reject(candidate, reason, scores, number)
            else:
                intent.spare.append((candidate, scores))


def _admit(intents: Sequence[_Intent], config: ParaphraseConfig, banned: set[str], number: int) -> None:
    """Fill each intent; ban what collided for everyone at once, so that no record has a right of way over another."""
    for intent in intents:
        intent.fill(config, banned, number)
    while collisions := _collisions(intents):
        banned |= collisions.keys()
        for intent in (intents[place] for places in collisions.values() for place in places):
            intent.drop(banned, number)
            intent.fill(config, banned, number)


def _collisions(intents: Sequence[_Intent]) -> dict[str, list[int]]:
    """Normalized texts that several intents came to, with those."""
    owners: dict[str, list[int]] = defaultdict(list)
    for place, intent in enumerate(intents):
        for candidate, _ in intent.accepted:
            owners[candidate.key].append(place)
    return {text: places for text, places in owners.items() if len(places) > 1}


def _result(
    records: Sequence[FaqRecord], topics: Sequence[str], intents: Sequence[_Intent], config: ParaphraseConfig
) -> ParaphraseResult:
    variants: list[PromptVariant] = []
    for intent in intents:
        record = intent.record
        same = {name: getattr(record, name) for name in ("intent", "output", "language", "source")}
        variants.append(PromptVariant(prompt=record.prompt, **same))
        variants.extend(
            PromptVariant(prompt=each.text, variant_of=record.prompt, frame=each.frame, side=each.side, **same)
            for each, _ in intent.accepted
        )
    return ParaphraseResult(
        variants=tuple(variants),
        scores=tuple(scores for intent in intents for _, scores in intent.accepted),
        rejected=tuple(
            RejectedVariant(
                intent=intent.record.intent, frame=each.frame, reason=judged.reason, round=number, scores=judged.scores
            )
            for intent in intents
            for (each, judged), number in zip(intent.rejected, intent.rounds, strict=True)
            if judged.reason
        ),
        short_intents=tuple(intent.record.intent for intent in intents if intent.wants),
        topics=distribution(
            topics,
            [intent.target for intent in intents],
            [len(intent.accepted) for intent in intents],
            config.variants,
        ),
    )
