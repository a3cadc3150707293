"""What waits for a person, what the person decided, and how far the work is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Final, NamedTuple

from pydantic import Field

from langkah.records import Record


class Kind(StrEnum):
    """What an item is."""

    record = "record"
    flagged = "flagged"
    draft = "draft"
    variant = "variant"


class Queue(StrEnum):
    """A list that a reviewer works through."""

    new = "new"
    flagged = "flagged"
    variants = "variants"

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What stands in it."""
        return _KINDS[self]


_KINDS: Final = {
    Queue.new: (Kind.record, Kind.draft),
    Queue.flagged: (Kind.flagged,),
    Queue.variants: (Kind.variant,),
}


class Verdict(StrEnum):
    """What was decided of an item; skipped ones are still to be decided."""

    approved = "approved"
    rejected = "rejected"
    pending = "pending"
    skipped = "skipped"

    @property
    def decided(self) -> bool:
        """Whether nobody needs to look at it again."""
        return self in DECIDED


DECIDED: Final = (Verdict.approved, Verdict.rejected)
UNDECIDED: Final = (Verdict.pending, Verdict.skipped)


class ReviewItem(Record):
    """One thing to decide: a record, a flagged record, a model's draft or a paraphrase; all of its text is scrubbed."""

    kind: Kind
    intent: str
    language: str
    source: str
    prompt: str
    output: str = Field(description="the answer as it would enter the dataset; of a draft, the proposed steps")
    before: str | None = Field(default=None, description="the answer before it was put into steps, where it differs")
    variant_of: str | None = Field(default=None, description="of a variant, the original prompt")
    reasons: tuple[str, ...] = Field(default=(), description="why a flagged record needs a person")
    file: str
    row: int

    @cached_property
    def key(self) -> str:
        """sha256 of what the reviewer decides on: an approval belongs to the content, wherever it came from."""
        parts = [self.kind.value, self.language, self.prompt, self.output, self.before, self.variant_of]
        return hashlib.sha256(json.dumps(parts, separators=(",", ":")).encode()).hexdigest()


class Decision(Record):
    """What a reviewer decided of the item `key`, with its text as he left it."""

    key: str
    verdict: Verdict
    prompt: str
    output: str
    reason: str | None = None
    reviewer: str
    at: datetime = Field(description="UTC")
    version: int = Field(description="of the item, from 1; 0 is an item that nobody touched")
    restores: int | None = Field(default=None, description="of an undo, the version that stands again; 0: none does")


class Look(Record):
    """That somebody was shown the original of the item `key`: which row of which sealed file it was, never what it said."""

    key: str
    vault: str
    file: str
    row: int
    reviewer: str
    at: datetime = Field(description="UTC")


class Edit(NamedTuple):
    """Texts as a reviewer left them; None leaves one as the item has it."""

    prompt: str | None = None
    output: str | None = None


class Progress(Record):
    """How many items of each kind stand at each verdict."""

    counts: Mapping[Kind, Mapping[Verdict, int]]
    seconds_left: float | None = Field(default=None, description="at the pace of the last decisions; None: no pace known yet")

    @property
    def total(self) -> int:
        """All items."""
        return self.count()

    @property
    def approved(self) -> int:
        """Approved items."""
        return self.count(verdicts=(Verdict.approved,))

    @property
    def rejected(self) -> int:
        """Rejected items."""
        return self.count(verdicts=(Verdict.rejected,))

    @property
    def pending(self) -> int:
        """Items to decide, skipped ones too."""
        return self.count(verdicts=UNDECIDED)

    @property
    def decided(self) -> int:
        """Approved and rejected items."""
        return self.total - self.pending

    @property
    def done(self) -> bool:
        """Whether nothing is left to decide."""
        return self.pending == 0

    def count(self, kinds: Iterable[Kind] = tuple(Kind), verdicts: Iterable[Verdict] = tuple(Verdict)) -> int:
        """How many items are of these kinds and at these verdicts."""
        wanted = tuple(verdicts)
        return sum(self.counts.get(kind, {}).get(verdict, 0) for kind in kinds for verdict in wanted)


class Entry(Record):
    """An item as it stands in a queue."""

    key: str
    item: ReviewItem
    verdict: Verdict
    version: int
    position: int = Field(description="its place in the queue")
    decision: Decision | None = Field(default=None, description="the one that stands")
    vault: str | None = Field(default=None, description="names the sealed file with its originals, where the run kept them")

    @property
    def prompt(self) -> str:
        """The question as it was left by the last reviewer, else as it came."""
        return self.decision.prompt if self.decision else self.item.prompt

    @property
    def output(self) -> str:
        """The answer as it was left by the last reviewer, else as it came."""
        return self.decision.output if self.decision else self.item.output


class Choice(NamedTuple):
    """What a reviewer chose for one item."""

    entry: Entry
    """As the reviewer saw it."""
    verdict: Verdict
    edit: Edit = Edit()
    reason: str | None = None
    """Why it is rejected."""


class Filters(Record):
    """Which items of a queue are shown; None shows all."""

    source: str | None = Field(default=None, description="a source, or what several begin with before a `/`")
    language: str | None = None
    reason: str | None = Field(default=None, description="what a reason says before its first colon")
    verdict: Verdict | None = Field(default=None, description="pending takes skipped items in too")

    def shows(self, verdict: Verdict) -> bool:
        """Whether items at a verdict are shown, as far as that goes."""
        return verdict in self.verdicts

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """At which items are shown."""
        if self.verdict is Verdict.pending:
            return UNDECIDED
        return tuple(Verdict) if self.verdict is None else (self.verdict,)


class Page(Record):
    """Some items of a queue in their order."""

    entries: tuple[Entry, ...]
    total: int = Field(description="items that pass the filters")
    after: int | None = Field(description="the position to go on from; None: these were the last")


class Neighbours(Record):
    """The items before and behind one, among those that pass the filters; `number` counts from 1, 0 where it does not pass."""

    previous: str | None
    next: str | None
    number: int
    total: int


class Facets(Record):
    """What a queue can be filtered by; a list that would be too long to choose from is empty."""

    sources: tuple[str, ...] = Field(description="where there are many, what they begin with before a `/`")
    many_sources: bool = Field(default=False, description="whether there are more than the list could hold")
    languages: tuple[str, ...]
    reasons: tuple[str, ...]
