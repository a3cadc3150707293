"""The questions that are no more, for which a later model may still have the old answer."""

from __future__ import annotations

from langkah.artifacts import ArtifactRef, current_workspace
from langkah.records import DatasetRow
from tasks.artifacts import payload, publish_artifact, rows_of
from tasks.caching import step
from tasks.judging import RETIRED
from tasks.policies import DATA
from tasks.releasing import LENGTHS, SLICES


@step(version=1, rooms=("langkah.evaluation.retired",), policy=DATA)
def retire(dataset: ArtifactRef, known: ArtifactRef) -> ArtifactRef:
    """Publish the questions of the champion's dataset version that this one has no more, to be asked once again.

    Args:
        dataset: the later dataset version.
        known: the one that the champion was trained on.
    """
    from langkah.evaluation.retired import retired_rows

    now = [row for name in SLICES for row in rows_of(dataset, f"{name}.jsonl", DatasetRow)]
    rows = retired_rows(rows_of(known, "train.jsonl", DatasetRow), now)
    # As many new tokens as for the other prompts: `generate` reads the lengths of the answers.
    files = {f"{RETIRED}.jsonl": rows, LENGTHS: payload(dataset, LENGTHS).read_bytes()}
    return publish_artifact("retired", files, counts={RETIRED: len(rows)})


def retired_count(retired: ArtifactRef) -> int:
    """Return how many questions are no more."""
    return int(current_workspace().store.manifest(retired).provenance.counts[RETIRED])
