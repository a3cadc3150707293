"""What the registry keeps: one entry for each promotion, roll-back and refusal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from langkah.records import Record

DIGEST = r"^[0-9a-f]{64}$"
Event = Literal["promoted", "rolled back", "refused"]


class Lineage(Record):
    """An adapter, what it was made of, and what it was compared with."""

    adapter: str = Field(pattern=DIGEST)
    dataset: str = Field(pattern=DIGEST, description="the dataset version that it was trained on")
    base_model: str = Field(description="name and fingerprint of the weights that it was trained on")
    judged_against: str | None = Field(
        default=None, pattern=DIGEST, description="the champion that it was compared with; None: the base model"
    )


class Claim(Lineage):
    """What the gate said of an adapter, as it stands beside its scores."""

    passed: bool = Field(description="whether the gate passed it")
    failed_rules: tuple[str, ...] = Field(default=(), description="the rules that it did not pass")


class Judged(Lineage):
    """An adapter with what its judgement rests on, by digest."""

    scores: str = Field(pattern=DIGEST, description="the artifact that holds scores and verdict")
    verdict: str = Field(pattern=DIGEST, description="sha256 of `verdict.json` in it")

    def plain(self) -> Judged:
        """The same without what a subclass adds."""
        return Judged.model_validate(self.model_dump(include=set(Judged.model_fields)))


class Candidate(Judged, Claim):
    """An adapter that wants to be champion."""


class Entry(Judged):
    """One numbered event. Of a roll-back, the adapter that is champion again."""

    number: int = Field(ge=1, description="counted from 1, without gaps")
    event: Event
    previous: str | None = Field(pattern=DIGEST, description="the champion before the event; None: there was none")
    by: str = Field(description="who did it")
    at: str = Field(description="UTC, ISO 8601")
    reason: str = Field(default="", description="why it was refused or rolled back")

    def __str__(self) -> str:
        """A line for whoever asked for it."""
        adapter = f"adapter {self.adapter[:12]}"
        if self.event == "refused":
            return f"{adapter} is not promoted: {self.reason}"
        if self.event == "rolled back":
            return f"rolled back from adapter {(self.previous or '')[:12]}: {adapter} is the champion (entry {self.number})"
        return f"{adapter} is the champion (entry {self.number})"


def line_of_champions(history: Sequence[Entry]) -> list[Entry]:
    """The entries that made the champions of a history, today's last: what was rolled back from is gone from it.

    Args:
        history: all entries, in order.
    """
    line: list[Entry] = []
    for entry in history:
        if entry.event == "promoted":
            line.append(entry)
        elif entry.event == "rolled back":
            back = [place for place, each in enumerate(line) if each.adapter == entry.adapter]
            line = line[: back[-1]] if back else line  # one that was itself rolled back from stands on top of today's
            line.append(entry)
    return line


def withdrawn(history: Sequence[Entry], adapter: str) -> Entry | None:
    """The roll-back that took an adapter out of service, if that is the last thing that a person decided on it."""
    found: Entry | None = None
    for entry in history:
        if entry.event == "rolled back" and entry.previous == adapter:
            found = entry
        elif entry.event != "refused" and entry.adapter == adapter:
            found = None
    return found
