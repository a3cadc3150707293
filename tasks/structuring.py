"""From scrubbed records to procedures: answers as explicit steps, and which of them are nearly the same."""

from __future__ import annotations

import json
from collections import Counter
from typing import Final

from langkah.artifacts import ArtifactRef
from langkah.config import StructureConfig
from langkah.evaluation.report_data import ProceduralScores
from langkah.procedure import PROCEDURAL, AssessedRecord
from langkah.records import FaqRecord, FlaggedRecord
from tasks.artifacts import publish_artifact, rows_of
from tasks.caching import step
from tasks.policies import DATA
from tasks.publish import publish_image, publish_table
from tasks.row_index import INDEX, carried_on, publish_set_aside, status_counts
from tasks.scrubbing import FLAGGED, RECORDS

PAIRS = "pairs.json"
ASSESSMENT = "assessment.jsonl"
_MOST_PAIRS: Final = 200
_BINS: Final = 10
"""Of the histogram of scores."""


@step(version=3, rooms=("langkah.procedure", "langkah.splitting.sorting"), policy=DATA)
def structure(records: ArtifactRef, index: ArtifactRef, config: StructureConfig) -> ArtifactRef:
    """Write every answer as explicit numbered steps, in one form, and set aside what needs a person or repeats another.

    Publishes `records.jsonl`, `flagged.jsonl` (those of ingest too, the most procedural first), `assessment.jsonl` (of every
    record, without text), and the index with what is set aside now.
    """
    from langkah.evaluation.plots import procedural_histogram_png
    from langkah.splitting import sort_records

    found = sort_records(rows_of(records, RECORDS, FaqRecord), rows_of(records, FLAGGED, FlaggedRecord), config)
    rows = carried_on(index, found.set_aside)
    procedures = publish_artifact(
        "procedures",
        {RECORDS: found.kept, FLAGGED: found.flagged, ASSESSMENT: found.assessed, INDEX: rows},
        parameters={"config": config},
        counts={**status_counts(rows), "rewritten": found.rewritten},
    )
    if found.set_aside:
        publish_set_aside(rows)
    picture = procedural_histogram_png(procedural_scores(procedures))
    publish_image("procedural-scores", picture, "How procedural the answers are, set aside or not")
    return procedures


def procedural_scores(procedures: ArtifactRef) -> ProceduralScores:
    """Count the answers of a `procedures` artifact by how procedural they are."""
    scores = [row.score for row in rows_of(procedures, ASSESSMENT, AssessedRecord)]
    counts = Counter(min(int(_BINS * score + 1e-9), _BINS - 1) for score in scores)
    bins = tuple((place / _BINS, (place + 1) / _BINS, counts[place]) for place in range(_BINS)) if scores else ()
    return ProceduralScores(bins=bins, threshold=PROCEDURAL)


@step(version=2, rooms=("langkah.splitting",), policy=DATA)
def compare(procedures: ArtifactRef, threshold: float) -> ArtifactRef:
    """Find records that ask or answer nearly the same, within and across files, for a person to look at; none is merged."""
    from langkah.splitting import near_pairs

    records = rows_of(procedures, RECORDS, FaqRecord)
    pairs = near_pairs([(record.prompt, record.output) for record in records], threshold)
    found = [
        {
            "kind": pair.kind,
            "first": f"{records[pair.first].file}:{records[pair.first].row}",
            "second": f"{records[pair.second].file}:{records[pair.second].row}",
            "prompts": round(pair.prompts, 3),
            "answers": round(pair.answers, 3),
        }
        for pair in pairs
    ]
    comparison = publish_artifact(
        "comparison",
        {PAIRS: json.dumps(found, indent=1, ensure_ascii=False)},
        parameters={"threshold": threshold},
        counts=dict(sorted(Counter(pair.kind for pair in pairs).items())),
    )
    publish_table("near-duplicates", found[:_MOST_PAIRS], "Records that ask or answer nearly the same; none was merged")
    return comparison
