"""Publish, find and verify artifacts in a folder.

An artifact is written into a draft folder and renamed into place when it is whole, so that no reader ever sees a half
of one, and two writers of the same content do not disturb each other.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import shutil
import uuid
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from pathlib import Path

from pydantic import ValidationError

from langkah.artifacts.manifest import MANIFEST_NAME, Manifest, PayloadFile, Provenance, git_revision, package_versions
from langkah.artifacts.ref import ArtifactRef
from langkah.errors import ArtifactError

_CHUNK = 1 << 20


class Draft:
    """An artifact in the making: write the payload into `path`, then set `provenance`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.provenance: Provenance | None = None
        self.ref: ArtifactRef | None = None


class ArtifactStore:
    """A folder of artifacts, `<kind>/<digest>/`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, ref: ArtifactRef) -> Path:
        """Return where the artifact's files are; `verify` says whether they are whole."""
        return self.root / ref.path

    def refs(self, kind: str, beginning: str = "") -> list[ArtifactRef]:
        """Return the artifacts of a kind whose digests begin so, in their order; `verify` says whether they are whole."""
        found = (path.name for path in (self.root / kind).glob("*") if path.is_dir())
        places = sorted(digest for digest in found if digest.startswith(beginning))
        return [ArtifactRef.of(kind, digest) for digest in places]

    @contextmanager
    def draft(self, kind: str) -> Generator[Draft]:
        """Give a draft folder, publish it when the block ends well, remove it when it does not.

        After the block, `draft.ref` names the artifact.

        Raises:
            ArtifactError: the block set no provenance.
        """
        path = self.root / ".drafts" / f"{kind}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        path.mkdir(parents=True)
        draft = Draft(path)
        try:
            yield draft
            if draft.provenance is None:
                raise ArtifactError(f"{kind}: a draft without provenance is not published")
            draft.ref = self._publish(kind, path, draft.provenance)
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def _publish(self, kind: str, draft: Path, provenance: Provenance) -> ArtifactRef:
        files = tuple(
            PayloadFile(name=file.relative_to(draft).as_posix(), sha256=sha256_of(file), size=file.stat().st_size)
            for file in sorted(path for path in draft.rglob("*") if path.is_file())
        )
        digest = payload_digest(files)
        ref = ArtifactRef.of(kind, digest)
        manifest = Manifest(
            kind=kind,
            digest=digest,
            created=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            files=files,
            provenance=provenance,
            langkah=package_versions(["langkah"])["langkah"],
            git_revision=git_revision(),
        )
        (draft / MANIFEST_NAME).write_text(manifest.model_dump_json(indent=1), encoding="utf-8")
        target = self.folder(ref)
        target.parent.mkdir(parents=True, exist_ok=True)
        for _attempt in range(3):
            try:
                draft.rename(target)
            except OSError:  # the place is taken: by the same content, or by a damaged copy of it
                with suppress(ArtifactError):
                    self.verify(ref)
                    return ref
                broken = self.root / ".drafts" / f"damaged-{uuid.uuid4().hex[:8]}"
                with suppress(OSError):
                    target.rename(broken)
                shutil.rmtree(broken, ignore_errors=True)
            else:
                return ref
        raise ArtifactError(f"{ref}: {target} cannot be replaced; check who owns it and whether it can be written")

    def manifest(self, ref: ArtifactRef) -> Manifest:
        """Read the manifest beside an artifact's payload.

        Raises:
            ArtifactError: the artifact is missing, or its manifest is damaged.
        """
        path = self.folder(ref) / MANIFEST_NAME
        try:
            return Manifest.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            raise ArtifactError(f"{ref}: missing in {self.root}") from None
        except (ValidationError, ValueError):
            raise ArtifactError(f"{ref}: damaged manifest in {path}") from None

    def touch(self, ref: ArtifactRef) -> None:
        """Note that an artifact is used now, so that garbage collection leaves it: by the time of its manifest."""
        with suppress(OSError):  # gone, or read only: nobody can remove it then either
            os.utime(self.folder(ref) / MANIFEST_NAME)

    def note_made(self, ref: ArtifactRef) -> None:
        """Note that a step came to this artifact now, be it by its work or by what is cached: by the time of its folder."""
        with suppress(OSError):
            os.utime(self.folder(ref))

    def newest(self, refs: Iterable[ArtifactRef]) -> ArtifactRef:
        """Return the one that a step came to last; there must be one."""
        return max(refs, key=lambda ref: self.folder(ref).stat().st_mtime_ns)

    def verify(self, ref: ArtifactRef) -> Manifest:
        """Check that each file of the payload is there and has the hash that the manifest names; that counts as a use.

        Raises:
            ArtifactError: the artifact is missing or damaged.
        """
        self.touch(ref)
        manifest = self.manifest(ref)
        if payload_digest(manifest.files) != ref.digest:
            raise ArtifactError(f"{ref}: the manifest names another digest")
        for file in manifest.files:
            path = self.folder(ref) / file.name
            try:
                whole = path.stat().st_size == file.size and sha256_of(path) == file.sha256
            except OSError:
                raise ArtifactError(f"{ref}: {file.name} is missing") from None
            if not whole:
                raise ArtifactError(f"{ref}: {file.name} is damaged")
        return manifest


def payload_digest(files: tuple[PayloadFile, ...]) -> str:
    """Return the sha256 over names and hashes of the payload's files, in order of their names."""
    lines = "".join(f"{file.sha256}  {file.name}\n" for file in sorted(files, key=lambda file: file.name))
    return hashlib.sha256(lines.encode()).hexdigest()


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file, read in chunks."""
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
