"""Makes the variants of each intent: a backend proposes, filters judge, a shortfall is asked for again.

What a record's variants depend on beside itself is taken in first, in one pass over all prompts (`Corpus`). Then some records
at a time are phrased; a text that two of them come to is banned for everyone at once, so that none has a right of way over
another, and those that had it are phrased again. The result depends neither on the records' order nor on how many are phrased
together, and memory holds some numbers of each.
"""

from __future__ import annotations

import tempfile
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from langkah.config import ParaphraseConfig
from langkah.paraphrase.backends import Ask, Backend, Candidate, FrameBackend, Progress, tongue_of
from langkah.paraphrase.balance import TopicShare, distribution
from langkah.paraphrase.corpus import Corpus
from langkah.paraphrase.filters import (
    Judgement,
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
from langkah.paraphrase.outcomes import KeptOutcomes, Paraphrase, Paraphrases
from langkah.records import FaqRecord, PromptVariant
from langkah.row_files import RowWriter, read_jsonl

_TOGETHER: Final = 2000
"""Records that are phrased together."""


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

    number: int
    """Among all records."""
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
    alone: bool = True
    """Whether it came to what it would come to with no other record: no other prompt, and no other's text, stood in its way."""

    @property
    def wants(self) -> bool:
        return len(self.accepted) < self.target

    def ask(self) -> Ask:
        return Ask(self.record, self.target, [candidate for candidate, _ in self.accepted], self.rejected)

    def reject(self, candidate: Candidate, reason: RejectReason, scores: Scores, number: int) -> None:
        self.rejected.append((candidate, Judgement(reason, scores)))
        self.rounds.append(number)

    def fill(self, config: ParaphraseConfig, banned: AbstractSet[int], number: int) -> None:
        """Admit of the spare candidates the first that differ enough; those that do not are rejected for good."""
        while self.spare and self.wants:
            candidate, scores = self.spare.pop(0)
            others = [self.asking, *(words(each.asking) for each, _ in self.accepted)]
            reason, scores = check_distance(candidate.asking, others, scores, config)
            if reason is None and candidate.key in banned:
                reason = RejectReason.collision
                self.alone = False
            if reason is None:
                self.accepted.append((candidate, scores))
            else:
                self.reject(candidate, reason, scores, number)

    def outcome(self) -> Paraphrases:
        return Paraphrases(
            accepted=tuple(
                Paraphrase(text=each.text, frame=each.frame, side=each.side, scores=scores) for each, scores in self.accepted
            ),
            rejected=tuple(
                RejectedVariant(
                    intent=self.record.intent, frame=each.frame, reason=judged.reason, round=number, scores=judged.scores
                )
                for (each, judged), number in zip(self.rejected, self.rounds, strict=True)
                if judged.reason
            ),
            short=self.wants,
        )


class Paraphrased:
    """The variants of many records, written to a file as they are made; iterate for each record's, in order.

    Args:
        records: sorted (`record_order`), from a file where they are many.
        config: how many variants, how far apart, how near in meaning.
        folder: where what was made waits; it may be removed once this is no longer needed.
        backend: what proposes them; frames by default.
        embed: the sentence encoder, where `config.meaning` and the backend need one.
        kept: outcomes of records that were phrased before, by the same backend with the same settings.
        on_done: called with (records done, in all).
    """

    def __init__(
        self,
        records: Sequence[FaqRecord],
        config: ParaphraseConfig,
        folder: Path,
        *,
        backend: Backend | None = None,
        embed: Embed | None = None,
        kept: KeptOutcomes | None = None,
        on_done: Progress | None = None,
    ) -> None:
        self._records = records
        self._config = config
        self._path = folder / "paraphrases.jsonl"
        self._backend = backend or FrameBackend()
        self._kept = kept
        self._on_done = on_done
        self.corpus = Corpus.of(records, config, self._backend, embed)
        self._again: dict[int, Paraphrases] = {}
        self._got = np.zeros(len(records), dtype=np.int64)
        self._make()

    def __iter__(self) -> Iterator[tuple[FaqRecord, Paraphrases]]:
        for number, (record, found) in enumerate(zip(self._records, read_jsonl(self._path, Paraphrases), strict=True)):
            yield record, self._again.get(number, found)

    def shares(self) -> tuple[TopicShare, ...]:
        """The distribution over topics before and after balancing."""
        return distribution(self.corpus.topics, self.corpus.due, self._got, self._config.variants)

    def _make(self) -> None:
        banned = set(self.corpus.originals)
        texts, owners = array("Q"), array("q")
        with RowWriter(self._path) as writer:
            for start in range(0, len(self._records), _TOGETHER):
                numbers = range(start, min(start + _TOGETHER, len(self._records)))
                for number, found in zip(numbers, self._phrase(numbers, banned, start), strict=True):
                    writer.write(found)
                    self._note(number, found, texts, owners)
        while len(collisions := _collisions(texts, owners)):
            banned |= set(np.unique(np.frombuffer(texts, dtype=np.uint64)[collisions]).tolist())
            held = np.frombuffer(owners, dtype=np.int64)
            again = np.unique(held[collisions])
            others = ~np.isin(held, again)
            texts = array("Q", np.frombuffer(texts, dtype=np.uint64)[others].tobytes())
            owners = array("q", held[others].tobytes())
            for start in range(0, len(again), _TOGETHER):
                numbers = again[start : start + _TOGETHER].tolist()
                for number, found in zip(numbers, self._phrase(numbers, banned, None), strict=True):
                    self._again[number] = found
                    self._note(number, found, texts, owners)

    def _note(self, number: int, found: Paraphrases, texts: array[int], owners: array[int]) -> None:
        self._got[number] = len(found.accepted)
        for each in found.accepted:
            texts.append(each.key)
            owners.append(number)

    def _phrase(self, numbers: Sequence[int], banned: AbstractSet[int], done: int | None) -> list[Paraphrases]:
        """Phrase some records, each as if it were alone with the prompts of all."""
        backend, config, total = self._backend, self._config, len(self._records)
        records = [self._records[number] for number in numbers]
        known = self._known(numbers, records, banned)
        intents = [self._begin(*each) for each in zip(numbers, records, strict=True) if each[0] not in known]

        def tell(some: int, _: int) -> None:
            if self._on_done and done is not None:
                self._on_done(done + min(some, len(numbers)), total)

        asked_before = 0
        while asked := [intent for intent in intents if intent.more and intent.wants]:
            asked_before += 1
            proposals = backend.propose([intent.ask() for intent in asked], tell)
            for intent, proposal in zip(asked, proposals, strict=True):
                intent.more = backend.rounds is not None or bool(proposal)
            self._judge(asked, proposals, asked_before)
            for intent in asked:
                intent.fill(config, banned, asked_before)
            if asked_before == backend.rounds:
                break
        tell(len(numbers), total)
        new = {intent.number: intent.outcome() for intent in intents}
        if self._kept:
            alone = [intent for intent in intents if intent.alone]
            outcomes = [new[intent.number] for intent in alone]
            self._kept.keep([intent.record for intent in alone], [intent.target for intent in alone], outcomes)
        return [known[number] if number in known else new[number] for number in numbers]

    def _known(self, numbers: Sequence[int], records: Sequence[FaqRecord], banned: AbstractSet[int]) -> dict[int, Paraphrases]:
        """The outcomes of records that were phrased before, where they still hold."""
        if self._kept is None:
            return {}
        found = self._kept.find(records, self.corpus.due[list(numbers)].tolist())
        kept: dict[int, Paraphrases] = {}
        for tongue, measure in self.corpus.measures.items():
            of_tongue = [at for at, each in enumerate(found) if each and tongue_of(records[at]) == tongue]
            if not of_tongue or not isinstance(measure, WordMeasure):
                continue
            places = self.corpus.places[[numbers[at] for at in of_tongue]]
            for at, margin in zip(of_tongue, measure.margins_alike(places).tolist(), strict=True):
                outcome, rounded = found[at], round(margin, 4)
                if outcome and rounded >= 0 and not any(each.key in banned for each in outcome.accepted):
                    kept[numbers[at]] = outcome.with_margin(rounded)
        return kept

    def _begin(self, number: int, record: FaqRecord) -> _Intent:
        original = Reading(record.prompt, tongue_of(record), self._backend.glossary)
        return _Intent(number, record, original, words(self._backend.asking(record)), int(self.corpus.due[number]))

    def _judge(self, asked: Sequence[_Intent], proposals: Sequence[Sequence[Candidate]], number: int) -> None:
        """Reject candidates by themselves and by meaning; the others become spare ones of their intents."""
        backend, config, corpus = self._backend, self._config, self.corpus
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
            measure = corpus.measures[tongue]
            least = {"words": config.min_retention, "embedding": config.min_similarity}[measure.name]
            found = measure.compare([(int(corpus.places[intent.number]), candidate.text) for intent, candidate in those])
            for (intent, candidate), meaning in zip(those, found, strict=True):
                kept, margin = round(meaning.kept, 4), round(meaning.margin, 4)
                intent.alone &= meaning.alike and margin >= 0
                scores = Scores(chars=len(candidate.text), meaning=kept, margin=margin, measure=measure.name)
                if kept < least or margin < 0:
                    reason = RejectReason.other_meaning if kept < least else RejectReason.nearer_other
                    intent.reject(candidate, reason, scores, number)
                else:
                    intent.spare.append((candidate, scores))


def record_order(record: FaqRecord) -> tuple[str, str, int]:
    """What records are sorted by."""
    return record.intent, record.file, record.row


def make_variants(
    records: Iterable[FaqRecord],
    config: ParaphraseConfig,
    *,
    backend: Backend | None = None,
    embed: Embed | None = None,
    kept: KeptOutcomes | None = None,
    on_done: Progress | None = None,
) -> ParaphraseResult:
    """Phrase each record's prompt in other ways, as many as it is due; all of it in memory.

    Args:
        records: in any order; the result does not depend on it.
        config: how many variants, how far apart, how near in meaning.
        backend: what proposes them; frames by default.
        embed: the sentence encoder, where `config.meaning` and the backend need one.
        kept: outcomes of records that were phrased before, by the same backend with the same settings.
        on_done: called with (records done, in all).

    Returns:
        Variants sorted by intent. A text that two records come to, or that is another record's original, is dropped from
        both; originals always stay. An intent's variants depend on other records only through that, through the nearest
        intent, the weights of words, and balancing.
    """
    with tempfile.TemporaryDirectory() as folder:
        ordered = sorted(records, key=record_order)
        made = Paraphrased(ordered, config, Path(folder), backend=backend, embed=embed, kept=kept, on_done=on_done)
        found = list(made)
    return ParaphraseResult(
        variants=tuple(variant for record, each in found for variant in each.variants(record)),
        scores=tuple(paraphrase.scores for _, each in found for paraphrase in each.accepted),
        rejected=tuple(row for _, each in found for row in each.rejected),
        short_intents=tuple(record.intent for record, each in found if each.short),
        topics=made.shares(),
    )


def _collisions(texts: array[int], owners: array[int]) -> NDArray[np.int64]:
    """The places of texts that several records came to."""
    if not texts:
        return np.zeros(0, dtype=np.int64)
    held, by = np.frombuffer(texts, dtype=np.uint64), np.frombuffer(owners, dtype=np.int64)
    _, group = np.unique(held, return_inverse=True)
    lowest, highest = np.full(group.max() + 1, by.max() + 1), np.full(group.max() + 1, -1)
    np.minimum.at(lowest, group, by)
    np.maximum.at(highest, group, by)
    return np.flatnonzero((lowest < highest)[group])
