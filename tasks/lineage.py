"""What an adapter was made of, as its manifest tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from langkah.artifacts import ArtifactRef, current_workspace
from langkah.config import SplitConfig
from langkah.records import DatasetRow
from langkah.registry import ChampionRegistry
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


def recorded_sides(rows: ArtifactRef, config: SplitConfig) -> ArtifactRef | None:
    """Return the dataset version whose intents stay on their sides: that of today's champion, where `config` wants it.

    Of the very rows that the champion was made of it is what was recorded then, so that a run done again is the same run.

    Args:
        rows: what is to be split.
        config: how.

    Raises:
        ArtifactError: the champion's dataset version is gone or damaged.
    """
    champion = ChampionRegistry(current_workspace().champions).champion() if config.sides == "champion" else None
    if champion is None:
        return None
    store = current_workspace().store
    dataset = ArtifactRef.of("dataset", champion.dataset)
    store.verify(dataset)
    slices = ArtifactRef.of("slices", store.manifest(dataset).provenance.parents[0])
    made = store.manifest(slices).provenance if store.folder(slices).is_dir() else None
    if made and made.parents[0] == rows.digest and made.parameters["config"] == config.model_dump(mode="json"):
        return ArtifactRef.of("dataset", made.parents[1]) if made.parents[1:] else None
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
