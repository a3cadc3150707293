"""What a workspace holds already, for the parts of the pipeline that start from it."""

from __future__ import annotations

from pathlib import Path

from flows.summary import PreparedDataset
from langkah.artifacts import ArtifactRef, current_workspace, trace
from langkah.errors import ArtifactError, ConfigError, InputError
from langkah.models import ModelRef

_BESIDE = {"audit": "records", "comparison": "procedures"}
"""Kinds that a dataset version was not made of, and what tells which of them belong to it."""


def find_artifact(kind: str, which: str) -> ArtifactRef:
    """Return the artifact of a kind that is meant.

    Args:
        kind: of it.
        which: the beginning of its digest, or its folder; empty: the one that a run came to last.

    Raises:
        InputError: none or several begin so, or there is none.
    """
    store = current_workspace().store
    beginning = Path(which).name or which  # `/` has no name, and does not mean the last one
    found = store.refs(kind, beginning)
    if not found:
        wanted = f"that begins with {beginning}" if beginning else "yet"
        raise InputError(f"{kind}: there is none {wanted} in {store.root}")
    if beginning and len(found) > 1:
        raise InputError(f"{kind}: several begin with {beginning}; expected more of the digest")
    meant = store.newest(found)
    store.touch(meant)
    return meant


def prepared_of(dataset: ArtifactRef) -> PreparedDataset:
    """Return a dataset version with all that it was made of, as the manifests tell it.

    Raises:
        ArtifactError: something that the report tells of is gone.
    """
    store = current_workspace().store
    made = {manifest.kind: ArtifactRef.of(manifest.kind, manifest.digest) for manifest in trace(store, dataset)}
    for kind, of in _BESIDE.items():
        beside = [ref for ref in store.refs(kind) if of in made and made[of].digest in store.manifest(ref).provenance.parents]
        if beside:
            made[kind] = store.newest(beside)
    needed = [name for name, field in PreparedDataset.model_fields.items() if field.is_required()]
    if gone := [name for name in needed if name not in made]:
        raise ArtifactError(f"{dataset}: of what it was made of, {', '.join(gone)} is gone; prepare it again")
    return PreparedDataset.model_validate({name: ref for name, ref in made.items() if name in PreparedDataset.model_fields})


def require_own_format(dataset: ArtifactRef, model: ModelRef) -> None:
    """Check that a dataset version was formatted for a base model: its template and tokens are in it.

    Raises:
        ConfigError: it was formatted for another one.
    """
    own = current_workspace().store.manifest(dataset).provenance.parameters["base_model"]
    if own != model.identity:
        raise ConfigError(f"train.base_model: {dataset} was formatted for {own.partition(':')[0]}, not for {model.name}")
