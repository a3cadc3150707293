"""What scrubbing did, in numbers only: no value, no text, no position."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
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
    @property
    def protected(self) -> tuple[str, ...]: ...


class LanguageCounts(BaseModel):
    """Sums over the records of one language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    records: int = Field(default=0, ge=0, description="records read")
    touched: int = Field(default=0, ge=0, description="records in which something was replaced")
    characters: int = Field(default=0, ge=0, description="characters read")
    altered: int = Field(default=0, ge=0, description="characters that a placeholder replaced")
    by_type: dict[str, int] = Field(default_factory=dict, description="replacements by placeholder type, e.g. NAME")


class PiiCounts(BaseModel):
    """What scrubbing did: sums by language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    languages: dict[str, LanguageCounts] = Field(default_factory=dict)
    protected: dict[str, int] = Field(
        default_factory=dict, description="records in which a term of the allow-list or glossary kept a finding, by term"
    )

    @classmethod
    def of(cls, outcomes: Iterable[tuple[str, _Outcome]]) -> PiiCounts:
        """The sums over records, each given as its language and what scrubbing did to it."""
        sums: defaultdict[str, Counter[str]] = defaultdict(Counter)
        types: defaultdict[str, Counter[str]] = defaultdict(Counter)
        protected: Counter[str] = Counter()
        for language, outcome in outcomes:
            found = sums[language]
            found["records"] += 1
            found["touched"] += outcome.altered > 0
            found["characters"] += outcome.characters
            found["altered"] += outcome.altered
            types[language].update(outcome.counts)
            protected.update(outcome.protected)
        return cls(
            languages={code: LanguageCounts(**sums[code], by_type=dict(sorted(types[code].items()))) for code in sorted(sums)},
            protected=dict(sorted(protected.items())),
        )

    @property
    def total(self) -> LanguageCounts:
        """Sums over all languages."""
        total = LanguageCounts()
        for counts in self.languages.values():
            total = _sum(total, counts)
        return total

    def rows(self) -> list[dict[str, str | int]]:
        """A table: of each language all types together, with records and characters, then its replacements by type."""
        return [
            {"language": code, "type": kind, "replaced": count, **more}
            for code, counts in self.languages.items()
            for kind, count, more in (
                ("all", sum(counts.by_type.values()), counts.model_dump(exclude={"by_type"})),
                *((kind, count, {}) for kind, count in counts.by_type.items()),
            )
        ]

    def kept_rows(self) -> list[dict[str, str | int]]:
        """A table: the terms of allow-list and glossary that most often kept a finding, with the number of records."""
        return [
            {"term": term, "records": n} for term, n in sorted(self.protected.items(), key=lambda each: (-each[1], each[0]))
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
