"""What proposes paraphrases: frames that need no model, or a language model. One interface; filters judge what comes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Final, Protocol

from langkah.paraphrase import english, indonesian
from langkah.paraphrase.filters import FRAME_CHECKS, Check, Judgement
from langkah.paraphrase.filters.meaning import MeasureName
from langkah.paraphrase.frames import Side, ordered_templates, side_counts
from langkah.paraphrase.lexicon import Tongue
from langkah.paraphrase.parts import Parts, render, take_apart
from langkah.records import FaqRecord
from langkah.same_text import same_text_key, text_hash

Progress = Callable[[int, int], None]
"""Called with (done, in all)."""
_KEPT: Final = 4096
"""Prompts that stay taken apart: a record is asked about several times in a row."""


@dataclass(frozen=True)
class Candidate:
    """A text that may become a variant."""

    text: str
    asking: str
    """The part that diversity is judged by: what is kept verbatim around it says nothing about how differently it asks."""
    frame: str | None = None
    side: Side | None = None

    @cached_property
    def key(self) -> int:
        """What it shares with every text that counts as the same."""
        return text_hash(same_text_key(self.text))


@dataclass(frozen=True)
class Ask:
    """A request for more candidates of one record."""

    record: FaqRecord
    target: int
    """Paraphrases wanted in all."""
    accepted: Sequence[Candidate] = ()
    rejected: Sequence[tuple[Candidate, Judgement]] = ()

    @property
    def missing(self) -> int:
        """How many more are wanted."""
        return self.target - len(self.accepted)


class Backend(Protocol):
    """A source of candidates."""

    rounds: int | None
    """How often it is asked about a record; None: until it proposes nothing."""
    checks: Sequence[Check]
    """What its candidates must pass, before meaning and collisions."""
    meaning: Mapping[Tongue, MeasureName]
    """How meaning is compared where the settings leave it to the backend."""
    glossary: Sequence[str]
    """Names to keep that no rule would take for some."""

    def asking(self, record: FaqRecord) -> str:
        """The part of a record's prompt that candidates are compared with."""
        ...

    def propose(self, asks: Sequence[Ask], on_done: Progress | None = None) -> list[list[Candidate]]:
        """Propose candidates for each ask, in order of preference; none where there are no more."""
        ...


class FrameBackend:
    """Phrases a prompt by the frames of `frames.yaml`, one candidate at a time: the train side's first."""

    rounds: int | None = None
    checks: Sequence[Check] = FRAME_CHECKS
    meaning: Mapping[Tongue, MeasureName] = MappingProxyType({"en": "words", "id": "words"})
    glossary: Sequence[str] = ()

    def __init__(self) -> None:
        self._take_apart = lru_cache(_KEPT)(take_apart)

    def asking(self, record: FaqRecord) -> str:
        """The sentence of the prompt that asks."""
        return self._taken_apart(record).asking

    def propose(self, asks: Sequence[Ask], on_done: Progress | None = None) -> list[list[Candidate]]:
        """Propose the next wording of each record that was not tried yet."""
        return [[found] if (found := self._next(ask)) else [] for ask in asks]

    def _next(self, ask: Ask) -> Candidate | None:
        parts = self._taken_apart(ask.record)
        tried = {each.text for each, _ in ask.rejected}
        used = {each.frame for each in ask.accepted}
        for side, wanted in side_counts(ask.target).items():
            if sum(each.side == side for each in ask.accepted) >= wanted:
                continue
            for family, templates in ordered_templates(ask.record.intent, parts.language, side, parts.kind):
                if family.name in used or (family.opens and not parts.opens):
                    continue
                for template in templates:
                    rendered = render(parts, template)
                    if rendered and rendered[0] not in tried:
                        return Candidate(*rendered, family.name, side)
        return None

    def _taken_apart(self, record: FaqRecord) -> Parts:
        return self._take_apart(record.prompt, tongue_of(record))


def tongue_of(record: FaqRecord) -> Tongue:
    """Which language a record is asked in: its own; a mixed row's opening decides, and else what its prompt is."""
    if record.language == "en" or record.language == "id":
        return record.language
    if indonesian.matches_lead(record.prompt):
        return "id"
    if english.matches_lead(record.prompt):
        return "en"
    from langkah.language import detect

    return "id" if detect(record.prompt) == "id" else "en"
