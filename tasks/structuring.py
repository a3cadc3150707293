"""From scrubbed records to procedures: answers as explicit steps, and which of them are nearly the same."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from typing import Final

from langkah.artifacts import ArtifactRef, current_workspace
from langkah.config import StructureConfig
from langkah.evaluation.report_data import ProceduralScores
from langkah.procedure import PROCEDURAL, AssessedRecord
from langkah.records import FaqRecord, FlaggedRecord
from langkah.row_files import RowFile
from tasks.artifacts import making, payload, stream_of
from tasks.caching import STEPS, step, step_key
from tasks.policies import DATA
from tasks.publish import publish_image, publish_table
from tasks.row_index import INDEX, IndexTally, carried_on
from tasks.scrubbing import FLAGGED, RECORDS

PAIRS = "pairs.json"
ASSESSMENT = "assessment.jsonl"
_MOST_PAIRS: Final = 200
_BINS: Final = 10
"""Of the histogram of scores."""


@step(version=4, rooms=("langkah.procedure", "langkah.splitting.sorting"), policy=DATA)
def structure(records: ArtifactRef, index: ArtifactRef, config: StructureConfig) -> ArtifactRef:
    """Write every answer as explicit numbered steps, in one form, and set aside what needs a person or repeats another.

    Publishes `records.jsonl`, `flagged.jsonl` (those of ingest too, the most procedural first), `assessment.jsonl` (of every
    record, without text), and the index with what is set aside now.
    """
    from langkah.evaluation.plots import procedural_histogram_png
    from langkah.splitting import Sorting

    work = step_key("judged-record", STEPS["structure"].version, {"config": config})
    with (
        making("procedures") as made,
        current_workspace().record_cache("judged", work).named() as kept,
        closing(RowFile(payload(records, RECORDS), FaqRecord)) as accepted,
        closing(RowFile(payload(records, FLAGGED), FlaggedRecord)) as flagged,
    ):
        found = Sorting(accepted, flagged, config, made.scratch(), kept)
        tally = IndexTally()
        rows = tally.passing(carried_on(index, found.set_aside))
        made.write_all({RECORDS: found.kept(), FLAGGED: found.flagged(), ASSESSMENT: found.assessed(), INDEX: rows})
        made.told.update(parameters={"config": config}, counts={**tally.counts(), "rewritten": found.rewritten})
    procedures = made.published
    if found.set_aside:
        tally.publish()
    picture = procedural_histogram_png(procedural_scores(procedures))
    publish_image("procedural-scores", picture, "How procedural the answers are, set aside or not")
    return procedures


def procedural_scores(procedures: ArtifactRef) -> ProceduralScores:
    """Count the answers of a `procedures` artifact by how procedural they are."""
    scores = (row.score for row in stream_of(procedures, ASSESSMENT, AssessedRecord))
    counts = Counter(min(int(_BINS * score + 1e-9), _BINS - 1) for score in scores)
    bins = tuple((place / _BINS, (place + 1) / _BINS, counts[place]) for place in range(_BINS)) if counts else ()
    return ProceduralScores(bins=bins, threshold=PROCEDURAL)


@step(version=3, rooms=("langkah.splitting",), policy=DATA)
def compare(procedures: ArtifactRef, threshold: float) -> ArtifactRef:
    """Find records that ask or answer nearly the same, within and across files, for a person to look at; none is merged."""
    from langkah.splitting import near_pairs

    places: list[tuple[str, int]] = []

    def asked() -> Iterator[tuple[str, str]]:
        for record in stream_of(procedures, RECORDS, FaqRecord):
            places.append((record.file, record.row))
            yield record.prompt, record.output

    with making("comparison") as made:
        pairs = near_pairs(asked(), threshold, made.scratch())
        found = [
            {
                "kind": pair.kind,
                "first": "{}:{}".format(*places[pair.first]),
                "second": "{}:{}".format(*places[pair.second]),
                "prompts": round(pair.prompts, 3),
                "answers": round(pair.answers, 3),
            }
            for pair in pairs
        ]
        made.write_all({PAIRS: json.dumps(found, indent=1, ensure_ascii=False)})
        made.told.update(parameters={"threshold": threshold}, counts=dict(sorted(Counter(pair.kind for pair in pairs).items())))
    publish_table("near-duplicates", found[:_MOST_PAIRS], "Records that ask or answer nearly the same; none was merged")
    return made.published
