"""Publish, find and verify artifacts in a folder, which may be the near side of a bucket.

An artifact is written into a draft folder and renamed into place when it is whole, so that no reader ever sees a half
of one, and two writers of the same content do not disturb each other.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import shutil
import time
import uuid
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from pathlib import Path

from pydantic import ValidationError

from langkah.artifacts.bucket import Bucket
from langkah.artifacts.manifest import MANIFEST_NAME, Manifest, PayloadFile, Provenance, git_revision, package_versions
from langkah.artifacts.ref import ArtifactRef
from langkah.errors import ArtifactError, ConfigError

_CHUNK = 1 << 20


class Draft:
    """An artifact in the making: write the payload into `path`, then set `provenance`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.provenance: Provenance | None = None
        self.ref: ArtifactRef | None = None


class ArtifactStore:
    """A folder of artifacts, `<kind>/<digest>/`.

    Args:
        root: the folder.
        bucket: where all of them are, shared with other machines; what is used here is brought into the folder.
    """

    def __init__(self, root: Path, bucket: Bucket | None = None) -> None:
        self.root = root
        self.bucket = bucket

    @property
    def here(self) -> ArtifactStore:
        """What is in the folder alone."""
        return ArtifactStore(self.root)

    def folder(self, ref: ArtifactRef) -> Path:
        """Return where the artifact's files are, brought here if need be; `verify` says whether they are whole."""
        place = self.root / ref.path
        if self.bucket and not place.exists():
            with suppress(ArtifactError):  # missing there too
                self._fetch(ref, self.bucket)
        return place

    def kinds(self) -> list[str]:
        """Return the kinds of artifacts that there are, sorted."""
        found = {path.name for path in self.root.glob("[a-z]*") if path.is_dir()}
        return sorted(found.union(self.bucket.kinds() if self.bucket else ()))

    def refs(self, kind: str, beginning: str = "") -> list[ArtifactRef]:
        """Return the artifacts of a kind whose digests begin so, in their order; `verify` says whether they are whole."""
        found = {path.name for path in (self.root / kind).glob("*") if path.is_dir()}
        found.update(ref.digest for ref in (self.bucket.refs(kind) if self.bucket else ()))
        return [ArtifactRef.of(kind, digest) for digest in sorted(found) if digest.startswith(beginning)]

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
            if self.bucket:
                self.bucket.send(draft.ref, self.root / draft.ref.path)
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def _fetch(self, ref: ArtifactRef, bucket: Bucket) -> None:
        """Bring an artifact here, whole or not at all.

        Raises:
            ArtifactError: it is missing there, or damaged.
        """
        path = self.root / ".drafts" / f"fetched-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        path.mkdir(parents=True)
        try:
            bucket.fetch(ref, path)
            _require_whole(ref, path)
            self._place(ref, path)
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
        self._place(ref, draft)
        return ref

    def _place(self, ref: ArtifactRef, draft: Path) -> None:
        """Move a whole artifact to its place, unless it is there."""
        target = self.root / ref.path
        target.parent.mkdir(parents=True, exist_ok=True)
        for _attempt in range(3):
            try:
                draft.rename(target)
            except OSError:  # the place is taken: by the same content, or by a damaged copy of it
                with suppress(ArtifactError):
                    self.here.verify(ref)
                    return
                broken = self.root / ".drafts" / f"damaged-{uuid.uuid4().hex[:8]}"
                with suppress(OSError):
                    target.rename(broken)
                shutil.rmtree(broken, ignore_errors=True)
            else:
                return
        raise ArtifactError(f"{ref}: {target} cannot be replaced; check who owns it and whether it can be written")

    def manifest(self, ref: ArtifactRef) -> Manifest:
        """Read the manifest beside an artifact's payload.

        Raises:
            ArtifactError: the artifact is missing, or its manifest is damaged.
        """
        if self.bucket and not (self.root / ref.path).exists():
            return self.bucket.manifest(ref)
        return _read_manifest(ref, self.root / ref.path)

    def touch(self, ref: ArtifactRef) -> None:
        """Note that an artifact is used now, so that garbage collection leaves it: by the time of its manifest."""
        with suppress(OSError):  # gone, or read only: nobody can remove it then either
            os.utime(self.root / ref.path / MANIFEST_NAME)
        if self.bucket:
            self.bucket.touch(ref)

    def note_made(self, ref: ArtifactRef) -> None:
        """Note that a step came to this artifact now, be it by its work or by what is cached: by the time of its folder."""
        with suppress(OSError):
            os.utime(self.root / ref.path)

    def used(self, ref: ArtifactRef) -> float:
        """Return when an artifact was made or used last, in seconds since the epoch."""
        folder = self.root / ref.path
        return last_change(manifest if (manifest := folder / MANIFEST_NAME).exists() else folder)

    def size(self, ref: ArtifactRef) -> int:
        """Return the bytes of an artifact in the folder."""
        total = 0
        for path in files_in(self.root / ref.path):
            with suppress(FileNotFoundError):  # another collection was faster
                total += path.stat().st_size
        return total

    def remove(self, ref: ArtifactRef) -> None:
        """Remove an artifact from the folder. It is moved away first: a reader finds the whole of it, or nothing.

        Raises:
            FileNotFoundError: it is gone.
        """
        away = self.root / ".drafts" / f"garbage-{uuid.uuid4().hex[:8]}"
        away.parent.mkdir(parents=True, exist_ok=True)
        (self.root / ref.path).rename(away)
        shutil.rmtree(away, ignore_errors=True)

    def newest(self, refs: Iterable[ArtifactRef]) -> ArtifactRef:
        """Return the one that a step came to last; there must be one."""
        return max(refs, key=lambda ref: self.folder(ref).stat().st_mtime_ns)  # brought here, where it is only there

    def verify(self, ref: ArtifactRef) -> Manifest:
        """Check that each file of the payload is there and has the hash that the manifest names; that counts as a use.

        A bucket that lacks the artifact gets it: it may be older than the bucket, or its upload may have broken off.

        Raises:
            ArtifactError: the artifact is missing or damaged.
        """
        folder = self.folder(ref)
        self.here.touch(ref)
        manifest = _require_whole(ref, folder)
        if self.bucket:
            with suppress(OSError, ConfigError):  # what is here is whole all the same; who makes something is told
                self.bucket.send(ref, folder)
        return manifest


def _read_manifest(ref: ArtifactRef, folder: Path) -> Manifest:
    path = folder / MANIFEST_NAME
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise ArtifactError(f"{ref}: missing in {folder.parent.parent}") from None
    except (ValidationError, ValueError):
        raise ArtifactError(f"{ref}: damaged manifest in {path}") from None


def _require_whole(ref: ArtifactRef, folder: Path) -> Manifest:
    manifest = _read_manifest(ref, folder)
    if payload_digest(manifest.files) != ref.digest:
        raise ArtifactError(f"{ref}: the manifest names another digest")
    for file in manifest.files:
        path = folder / file.name
        try:
            whole = path.stat().st_size == file.size and sha256_of(path) == file.sha256
        except OSError:
            raise ArtifactError(f"{ref}: {file.name} is missing") from None
        if not whole:
            raise ArtifactError(f"{ref}: {file.name} is damaged")
    return manifest


def last_change(path: Path) -> float:
    """Return when a file, or a folder with all in it, was changed, in seconds since the epoch; now where it goes meanwhile."""
    try:
        return max(each.stat().st_mtime for each in (path, *files_in(path)))
    except FileNotFoundError:
        return time.time()


def files_in(folder: Path) -> Generator[Path]:
    """Every file beneath a folder; `os.walk` passes over folders that go while it reads them, where `Path.rglob` raises."""
    for place, _folders, names in os.walk(folder):
        yield from (Path(place, name) for name in names)


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
