"""The small value that names an artifact: what tasks exchange."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class ArtifactRef(BaseModel):
    """Names one artifact of a store, wherever the store is mounted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str = Field(pattern=r"^[a-z][a-z0-9_-]*$", description="what it is: index, records, dataset, adapter, ...")
    path: str = Field(description="folder, relative to the store")
    digest: str = Field(pattern=r"^[0-9a-f]{64}$", description="sha256 over the payload's file names and hashes")

    @classmethod
    def of(cls, kind: str, digest: str) -> ArtifactRef:
        """Name the artifact of this kind and content."""
        return cls(kind=kind, path=f"{kind}/{digest}", digest=digest)

    @property
    def identity(self) -> str:
        """What a cache key holds of it: the content, not the place."""
        return f"{self.kind}:{self.digest}"

    def __str__(self) -> str:
        return f"{self.kind}/{self.digest[:12]}"
