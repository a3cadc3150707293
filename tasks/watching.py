"""What is new in FAQ sources since a model was last trained on them; no text is kept."""

from __future__ import annotations

from langkah.artifacts import ArtifactRef, current_workspace
from langkah.config import IngestConfig, SourcesConfig
from langkah.sources import FaqChanges, FaqFingerprint, SourceFile
from tasks.artifacts import publish_artifact, rows_of
from tasks.caching import step
from tasks.policies import DATA
from tasks.scrubbing import READER_PACKAGES

FAQS = "faqs.jsonl"


@step(version=1, rooms=("langkah.sources",), policy=DATA, packages=READER_PACKAGES, runtime_only=("sources",))
def fingerprint(
    files: tuple[SourceFile, ...], config: IngestConfig, sources: SourcesConfig, flagged: bool = False
) -> ArtifactRef:
    """Publish a fingerprint of each FAQ of the sources, by which the next look tells what is new.

    Args:
        files: the sources, each pinned to its bytes and to how they are read.
        config: which rows are taken.
        sources: how to get at them again.
        flagged: whether rows that need a person count too.
    """
    from langkah.sources import fingerprint_faqs

    found = fingerprint_faqs(files, config, sources, current_workspace().secret(), flagged=flagged)
    return publish_artifact("faqs", {FAQS: found}, parameters={"config": config}, counts={"faqs": len(found)})


def changes_between(before: ArtifactRef | None, now: ArtifactRef) -> FaqChanges:
    """Count what differs between two looks at the same sources; all is added where there was none before.

    Raises:
        ArtifactError: one of them is gone.
    """
    from langkah.sources import compare_faqs

    return compare_faqs(*(rows_of(ref, FAQS, FaqFingerprint) if ref else () for ref in (before, now)))
