"""What an artifact was made of, back to the sources, as the manifests tell it."""

from __future__ import annotations

import re
from typing import Final

from langkah.artifacts.manifest import Manifest
from langkah.artifacts.ref import ArtifactRef
from langkah.artifacts.store import ArtifactStore
from langkah.errors import ArtifactError

_SOURCE: Final = re.compile(r"(?P<name>.+?):(?P<sha256>[0-9a-f]{64}):", re.DOTALL)


def trace(store: ArtifactStore, *made: ArtifactRef) -> tuple[Manifest, ...]:
    """Return the manifests of artifacts and of all that they were made of, the oldest first, each once.

    What is gone or damaged is left out, and so is what lies behind it. An earlier dataset version, whose sides a split kept,
    has a lineage of its own and is not followed.

    Args:
        store: where they are.
        made: where to begin.
    """
    kinds = {ref.digest: ref.kind for kind in store.kinds() for ref in store.refs(kind)}
    wanted, seen, found = [ref.digest for ref in made], set[str](), list[Manifest]()
    while wanted:
        digest = wanted.pop(0)
        if digest in seen or digest not in kinds:
            continue
        seen.add(digest)
        try:
            manifest = store.manifest(ArtifactRef.of(kinds[digest], digest))
        except ArtifactError:
            continue
        found.append(manifest)
        wanted.extend(made_of(manifest))
    return tuple(reversed(found))


def made_of(manifest: Manifest) -> tuple[str, ...]:
    """Return the digests of what an artifact was made of; of slices, without the dataset version whose sides they keep."""
    return manifest.provenance.parents[:1] if manifest.kind == "slices" else manifest.provenance.parents


def sources_of(manifests: tuple[Manifest, ...]) -> dict[str, str]:
    """Return name -> sha256 of the sources that the indexes in a lineage were made of."""
    files = (file for manifest in manifests if manifest.kind == "index" for file in manifest.provenance.parameters["files"])
    return dict(source_of(file) for file in files)


def source_of(identity: str) -> tuple[str, str]:
    """Return name and sha256 of a source by its identity, `name:sha256:format:columns`; a name may hold colons."""
    found = _SOURCE.match(identity)
    return (found["name"], found["sha256"]) if found else (identity, "")
