"""What an adapter was made of, as its manifest tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from langkah.artifacts import ArtifactRef, current_workspace
from langkah.records import DatasetRow
from tasks.artifacts import rows_of

if TYPE_CHECKING:
    from langkah.evaluation import TrainingSide


class _Asked(NamedTuple):
    """A prompt that a dataset version would have asked."""

    slice: str
    intent: str
    prompt: str


def dataset_of(adapter: ArtifactRef) -> ArtifactRef:
    """Return the dataset version that an adapter was trained on.

    Raises:
        ArtifactError: the adapter's manifest or the dataset version is gone or damaged.
    """
    store = current_workspace().store
    (digest,) = store.manifest(adapter).provenance.parents
    dataset = ArtifactRef.of("dataset", digest)
    store.verify(dataset)
    return dataset


def training_side_of(adapter: ArtifactRef) -> TrainingSide:
    """Return the prompts and intents that an adapter was trained on.

    Raises:
        ArtifactError: as `dataset_of`.
    """
    from langkah.evaluation import training_side

    return training_side(rows_of(dataset_of(adapter), "train.jsonl", DatasetRow))


def require_clean(adapter: ArtifactRef, dataset: ArtifactRef) -> None:
    """Refuse an adapter whose training data hold what this dataset version would judge it by.

    Raises:
        ContaminationError: a prompt of the eval or hold-out slice is among them, or another wording of a hold-out intent.
        ArtifactError: as `dataset_of`.
    """
    from langkah.evaluation import refuse_contaminated

    asked = [
        _Asked(name, row.intent, row.prompt)
        for name in ("eval", "holdout")
        for row in rows_of(dataset, f"{name}.jsonl", DatasetRow)
    ]
    refuse_contaminated(str(adapter), training_side_of(adapter), asked, str(dataset))
