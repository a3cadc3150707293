"""A base model as the steps know it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from langkah.models import bundled


class ModelRef(BaseModel):
    """A base model as the steps know it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(description="as the user named it, `auto` resolved")
    location: str = Field(description="local folder or hub id, what from_pretrained takes")
    fingerprint: str = Field(description="hash of a local model's files, or the hub commit: part of cache keys")
    parameters: int = Field(description="how many, 0 where unknown")
    reason: str = Field(default="", description="why it was chosen")

    @property
    def pinned(self) -> str:
        """The name that leads to these very weights again, wherever the hub's main branch goes."""
        if self.fingerprint.startswith("hub:"):
            return f"{self.location}@{self.fingerprint.rpartition(':')[2]}"
        return bundled.NAME if self.fingerprint == bundled.bundled_fingerprint() else self.location

    @property
    def identity(self) -> str:
        """What a cache key holds of it: the weights, not the folder."""
        return f"{self.name}:{self.fingerprint}"
