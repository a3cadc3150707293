"""Which scrubbed records may train, and why the others may not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from langkah.config import StructureConfig
from langkah.procedure import AssessedRecord, judge, normalize_answer
from langkah.records import FaqRecord, FlaggedRecord, RowStatus
from langkah.splitting.repeats import Place, find_conflicts, find_repeats


class SortedRecords(NamedTuple):
    """Records by what became of them."""

    kept: list[FaqRecord]
    """With answers in explicit steps."""
    flagged: list[FlaggedRecord]
    """The most procedural first, with the answers that people wrote."""
    assessed: list[AssessedRecord]
    """All of them, without text."""
    set_aside: dict[Place, tuple[RowStatus, str]]
    """Those that were accepted before, with status and reason."""
    rewritten: int
    """How many of the kept have another answer now."""


def sort_records(accepted: Sequence[FaqRecord], flagged: Sequence[FlaggedRecord], config: StructureConfig) -> SortedRecords:
    """Judge each record by itself, then beside the others that ask the same, flagged ones too."""
    raw: dict[Place, FaqRecord] = {(record.file, record.row): record for record in (*accepted, *flagged)}
    normal = {place: row.model_copy(update={"output": normalize_answer(row.output)}) for place, row in raw.items()}
    judged = {place: judge(row.prompt, row.output, row.language, config) for place, row in raw.items()}
    conflicts = find_conflicts(normal.values())
    reasons = {(record.file, record.row): record.reasons for record in flagged}
    set_aside: dict[Place, tuple[RowStatus, str]] = {}
    for record in accepted:
        place = record.file, record.row
        found = [*(str(flag) for flag in judged[place].flags), *([conflicts[place]] if place in conflicts else [])]
        if found:
            reasons[place] = tuple(found)
            set_aside[place] = (RowStatus.flagged, "; ".join(found))
    repeats = find_repeats(row for place, row in normal.items() if place not in reasons)
    set_aside |= {place: (RowStatus.duplicate, reason) for place, reason in repeats.items()}
    kept = [place for place in raw if place not in reasons and place not in repeats]
    told = reasons | {place: (reason,) for place, reason in repeats.items()}
    return SortedRecords(
        kept=[normal[place] for place in kept],
        flagged=[
            FlaggedRecord.model_validate({**dict(raw[place]), "reasons": reasons[place]})
            for place in sorted(reasons, key=lambda place: (-judged[place].assessment.score, place))
        ],
        assessed=[AssessedRecord.of(raw[place], judged[place].assessment, told.get(place, ())) for place in sorted(raw)],
        set_aside=set_aside,
        rewritten=sum(normal[place].output != raw[place].output for place in kept),
    )
