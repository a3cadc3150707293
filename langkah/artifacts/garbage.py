"""Artifacts that nobody needs any more: found by what is kept and when each was last used, and removed.

An artifact stays when something that is kept was made of it, or when it was used since a moment; each use of a cached result
moves the time of its manifest. A running pipeline says when it began (`open_run`): what it used since then stays.
"""

from __future__ import annotations

import os
import shutil
import time
import uuid
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from langkah.artifacts.manifest import MANIFEST_NAME
from langkah.artifacts.ref import ArtifactRef
from langkah.artifacts.store import ArtifactStore
from langkah.errors import ArtifactError

_TELLS_OF: Final = {"report": "scores", "ratings": "scores", "audit": "records", "comparison": "procedures"}
"""Kinds that stay with what they tell of."""


@dataclass(frozen=True)
class Garbage:
    """An artifact that can go."""

    ref: ArtifactRef
    used: float
    """When it was last made or used, seconds since the epoch."""
    size: int
    """Bytes."""


@contextmanager
def hold(path: Path) -> Generator[None]:
    """Have a locked file stand for the length of the block; who wants it too waits. The system lifts the lock when the process
    dies."""
    with FileLock(path):
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


@contextmanager
def open_run(folder: Path) -> Generator[None]:
    """Say that a run is at work for the length of the block."""
    folder.mkdir(parents=True, exist_ok=True)
    with hold(folder / f"{int(time.time())}-{uuid.uuid4().hex}.run"):
        yield


def oldest_open_run(folder: Path) -> float:
    """Return when the oldest run that is at work began, in seconds since the epoch; now where none is.

    Marks of runs that were killed are removed.
    """
    began = time.time()
    for path in folder.glob("*.run"):
        try:
            with FileLock(path, timeout=0):
                path.unlink(missing_ok=True)
        except Timeout:
            began = min(began, float(path.name.partition("-")[0]))
    return began


def find_garbage(store: ArtifactStore, kept: Iterable[ArtifactRef], before: float) -> tuple[Garbage, ...]:
    """Return the artifacts that nothing kept was made of, and that were not used since `before`; in the order of their kinds.

    Args:
        store: where they are.
        kept: artifacts that stay, with all that they were made of, and what tells of them.
        before: seconds since the epoch.
    """
    used = {ref: _used(store, ref) for kind in _kinds(store) for ref in store.refs(kind)}
    by_digest = {ref.digest: ref for ref in used}
    made_of = {ref: [by_digest[digest] for digest in _parents(store, ref) if digest in by_digest] for ref in used}
    telling: dict[ArtifactRef, list[ArtifactRef]] = {}
    for ref, parents in made_of.items():
        for parent in parents:
            if _TELLS_OF.get(ref.kind) == parent.kind:
                telling.setdefault(parent, []).append(ref)
    wanted = [*kept, *(ref for ref, when in used.items() if when >= before)]
    stays: set[ArtifactRef] = set()
    while wanted:
        ref = wanted.pop()
        if ref in used and ref not in stays:
            stays.add(ref)
            wanted += made_of[ref] + telling.get(ref, [])
    gone = sorted((ref for ref in used if ref not in stays), key=lambda ref: ref.path)
    return tuple(Garbage(ref, used[ref], _size(store.folder(ref))) for ref in gone)


def remove_garbage(store: ArtifactStore, garbage: Iterable[Garbage]) -> tuple[Garbage, ...]:
    """Remove artifacts, except those that were used since they were found; return what went.

    Each is moved away before it is deleted: a reader finds the whole of it, or nothing and makes it anew.
    """
    removed: list[Garbage] = []
    for each in garbage:
        if _used(store, each.ref) > each.used:
            continue
        away = store.root / ".drafts" / f"garbage-{uuid.uuid4().hex[:8]}"
        away.parent.mkdir(parents=True, exist_ok=True)
        try:
            store.folder(each.ref).rename(away)
        except FileNotFoundError:  # another collection was faster
            continue
        shutil.rmtree(away, ignore_errors=True)
        removed.append(each)
    return tuple(removed)


def remove_drafts(store: ArtifactStore, before: float) -> int:
    """Remove drafts that writers left behind when they were killed before a moment; return how many."""
    left = [path for path in (store.root / ".drafts").glob("*") if last_change(path) < before]
    for path in left:
        shutil.rmtree(path, ignore_errors=True)
    return len(left)


def _parents(store: ArtifactStore, ref: ArtifactRef) -> tuple[str, ...]:
    try:
        return store.manifest(ref).provenance.parents
    except ArtifactError:  # damaged: what it was made of is not known
        return ()


def _kinds(store: ArtifactStore) -> list[str]:
    return sorted(path.name for path in store.root.glob("[a-z]*") if path.is_dir())


def _used(store: ArtifactStore, ref: ArtifactRef) -> float:
    manifest = store.folder(ref) / MANIFEST_NAME
    return last_change(manifest if manifest.exists() else store.folder(ref))


def last_change(path: Path) -> float:
    """Return when a file, or a folder with all in it, was changed, in seconds since the epoch; now where it goes meanwhile."""
    try:
        return max(each.stat().st_mtime for each in (path, *_files(path)))
    except FileNotFoundError:
        return time.time()


def _files(folder: Path) -> Generator[Path]:
    """Every file beneath a folder; `os.walk` passes over folders that go while it reads them, where `Path.rglob` raises."""
    for place, _folders, names in os.walk(folder):
        yield from (Path(place, name) for name in names)


def _size(folder: Path) -> int:
    total = 0
    for path in _files(folder):
        with suppress(FileNotFoundError):  # another collection was faster
            total += path.stat().st_size
    return total
