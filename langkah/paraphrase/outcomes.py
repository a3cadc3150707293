"""What became of the candidates of a record, and such outcomes kept for records that come again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from langkah.artifacts.record_cache import NamedResults
from langkah.paraphrase.filters import RejectedVariant, Scores
from langkah.paraphrase.frames import Side
from langkah.records import FaqRecord, PromptVariant, Record
from langkah.same_text import same_text_key, text_hash


class Paraphrase(Record):
    """One way to ask for a record that was admitted."""

    text: str
    frame: str | None
    side: Side | None
    scores: Scores

    @property
    def key(self) -> int:
        """What it shares with every text that counts as the same."""
        return text_hash(same_text_key(self.text))


class Paraphrases(Record):
    """What became of the candidates of one record."""

    accepted: tuple[Paraphrase, ...]
    rejected: tuple[RejectedVariant, ...]
    short: bool
    """Whether there are fewer than it is due."""

    def variants(self, record: FaqRecord) -> Iterator[PromptVariant]:
        """The record's own prompt, and the ways to ask for it."""
        same = {name: getattr(record, name) for name in ("intent", "output", "language", "source")}
        yield PromptVariant(prompt=record.prompt, **same)
        for each in self.accepted:
            yield PromptVariant(prompt=each.text, variant_of=record.prompt, frame=each.frame, side=each.side, **same)

    def with_margin(self, margin: float) -> Paraphrases:
        """The same where the prompts of other intents are at another distance."""

        def measured(scores: Scores) -> Scores:
            return scores if scores.margin is None else scores.model_copy(update={"margin": margin})

        if all(each.scores.margin in (None, margin) for each in (*self.accepted, *self.rejected)):
            return self
        return self.model_copy(
            update={
                "accepted": tuple(each.model_copy(update={"scores": measured(each.scores)}) for each in self.accepted),
                "rejected": tuple(each.model_copy(update={"scores": measured(each.scores)}) for each in self.rejected),
            }
        )


class KeptOutcomes:
    """Outcomes by the content of their records, for a backend that proposes the same for the same record.

    What is kept are those whose candidates have the very stems of their prompt, and that no other text stood in the way of:
    they depend on all other records through the prompt's margin and through the texts that are banned, and on nothing else.

    Args:
        results: of the same backend, settings and code.
    """

    def __init__(self, results: NamedResults) -> None:
        self._results = results

    def find(self, records: Sequence[FaqRecord], due: Sequence[int]) -> list[Paraphrases | None]:
        """The outcomes of records that are due so many paraphrases each, where they are known."""
        names = [_name(record, count) for record, count in zip(records, due, strict=True)]
        known = self._results.get_many(names)
        return [Paraphrases.model_validate_json(known[name]) if name in known else None for name in names]

    def keep(self, records: Sequence[FaqRecord], due: Sequence[int], found: Sequence[Paraphrases]) -> None:
        """Keep outcomes."""
        named = zip(records, due, found, strict=True)
        self._results.put({_name(record, count): each.model_dump_json() for record, count, each in named})


def _name(record: FaqRecord, due: int) -> str:
    return "\0".join((record.intent, record.language, str(due), record.prompt))
