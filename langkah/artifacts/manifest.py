"""What is written beside an artifact's payload: where it comes from. Not part of its digest."""

from __future__ import annotations

import importlib.metadata
import platform
import subprocess
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

MANIFEST_NAME = "manifest.json"


class PayloadFile(BaseModel):
    """One file of a payload."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    sha256: str
    size: int = Field(description="bytes")


class Provenance(BaseModel):
    """How an artifact came to be; given by the step that makes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    step: str
    version: int = Field(description="of the step: raised when the step's work changes")
    parents: tuple[str, ...] = Field(default=(), description="digests of the artifacts it was made from")
    parameters: Mapping[str, Any] = Field(default_factory=dict)
    counts: Mapping[str, Any] = Field(default_factory=dict)
    packages: Mapping[str, str] = Field(default_factory=dict, description="versions of the packages that did the work")
    seconds: float = 0.0
    notes: Mapping[str, Any] = Field(default_factory=dict, description="figures that differ from run to run (speed, device)")


class Manifest(BaseModel):
    """Provenance with the payload's files, written as `manifest.json` in the artifact's folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    digest: str
    created: str = Field(description="UTC, ISO 8601")
    files: tuple[PayloadFile, ...]
    provenance: Provenance
    langkah: str
    git_revision: str | None
    python: str = Field(default_factory=platform.python_version)


def package_versions(names: Iterable[str]) -> dict[str, str]:
    """Return the installed version of each package, `absent` where it is not installed."""
    versions: dict[str, str] = {}
    for name in names:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "absent"
    return versions


@lru_cache(maxsize=1)
def git_revision() -> str | None:
    """Return the commit of the checkout that this code runs from, None outside of one."""
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None
