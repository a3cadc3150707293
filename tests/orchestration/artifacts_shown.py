"""What Prefect's UI shows of runs: the artifacts of one key, since the tests' server holds more than a page of all."""

from __future__ import annotations

from uuid import UUID

from prefect import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId, ArtifactFilterKey
from prefect.client.schemas.objects import Artifact


def shown(key: str, run: UUID | None = None) -> list[Artifact]:
    """The artifacts of a key, newest first: of a run, or of all."""
    wanted = ArtifactFilter(key=ArtifactFilterKey(any_=[key]), flow_run_id=ArtifactFilterFlowRunId(any_=[run]) if run else None)
    with get_client(sync_client=True) as client:
        return client.read_artifacts(artifact_filter=wanted, limit=200)
