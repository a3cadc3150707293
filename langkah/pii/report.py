"""What scrubbing did, in numbers only: no value, no text, no position."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field


class _Outcome(Protocol):
    """What is counted of one scrubbed record."""

    @property
    def counts(self) -> Mapping[str, int]: ...
    @property
    def characters(self) -> int: ...
    @property
    def altered(self) -> int: ...


class LanguageCounts(BaseModel):
    """Sums over the records of one language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    records: int = Field(default=0, ge=0, description="records read")
    touched: int = Field(default=0, ge=0, description="records in which something was replaced")
    characters: int = Field(default=0, ge=0, description="characters read")
    altered: int = Field(default=0, ge=0, description="characters that a placeholder replaced")
    by_type: dict[str, int] = Field(default_factory=dict, description="replacements by placeholder type, e.g. NAME")


class PiiCounts(BaseModel):
    """The audit of a scrubbing: sums by language. `add` and `merge` give new sums; nothing is changed in place."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    languages: dict[str, LanguageCounts] = Field(default_factory=dict)

    def add(self, language: str, scrubbed: _Outcome) -> PiiCounts:
        """These sums and one more record."""
        one = LanguageCounts(
            records=1,
            touched=int(scrubbed.altered > 0),
            characters=scrubbed.characters,
            altered=scrubbed.altered,
            by_type=dict(scrubbed.counts),
        )
        return self.merge(PiiCounts(languages={language: one}))

    def merge(self, other: PiiCounts) -> PiiCounts:
        """The sums of both, languages and types in alphabetical order."""
        codes = sorted({*self.languages, *other.languages})
        return PiiCounts(
            languages={
                code: _sum(self.languages.get(code, LanguageCounts()), other.languages.get(code, LanguageCounts()))
                for code in codes
            }
        )

    @property
    def total(self) -> LanguageCounts:
        """Sums over all languages."""
        total = LanguageCounts()
        for counts in self.languages.values():
            total = _sum(total, counts)
        return total

    def rows(self) -> list[dict[str, str | int]]:
        """A table: one row a language and placeholder type, with its replacements."""
        return [
            {"language": code, "type": kind, "replaced": count}
            for code, counts in self.languages.items()
            for kind, count in counts.by_type.items()
        ]


def _sum(one: LanguageCounts, other: LanguageCounts) -> LanguageCounts:
    by_type = Counter(one.by_type) + Counter(other.by_type)
    return LanguageCounts(
        records=one.records + other.records,
        touched=one.touched + other.touched,
        characters=one.characters + other.characters,
        altered=one.altered + other.altered,
        by_type=dict(sorted(by_type.items())),
    )
