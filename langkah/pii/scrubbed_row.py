"""What scrubbing made of one row of a source, as it may be written down."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from langkah.pii.scrubber import Original, Scrubbed
from langkah.records import Language, Record


class ScrubbedRow(Record):
    """Row `row` of `file` after scrubbing."""

    file: str
    row: int
    language: Language
    fields: Mapping[str, str]
    counts: Mapping[str, int] = Field(description="replacements by placeholder type")
    characters: int = Field(description="of the original texts")
    altered: int = Field(description="characters of the original texts that a placeholder replaced")
    protected: tuple[str, ...] = Field(description="what of the allow-list and glossary kept a finding from being replaced")
    originals: tuple[Original, ...] = Field(default=(), exclude=True, repr=False, description="in memory alone: for the vault")

    @classmethod
    def of(cls, file: str, row: int, language: Language, found: Scrubbed) -> ScrubbedRow:
        """Name the row that an outcome is of."""
        return cls(
            file=file,
            row=row,
            language=language,
            fields=found.fields,
            counts=found.counts,
            characters=found.characters,
            altered=found.altered,
            protected=found.protected,
            originals=found.originals,
        )
