"""Artifacts that nobody needs any more: found by what is kept and when each was last used, and removed.

An artifact stays when something that is kept was made of it, or when it was used since a moment; each use of a cached result
moves the time of its manifest. A running pipeline says when it began (`open_run`): what it used since then stays.
"""

from __future__ import annotations

import shutil
import time
import uuid
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from filelock import FileLock, Timeout

from langkah.artifacts.manifest import Manifest
from langkah.artifacts.ref import ArtifactRef
from langkah.artifacts.store import ArtifactStore, last_change
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


class Shelf(Protocol):
    """Where artifacts are: the folder of a workspace, or a bucket."""

    def kinds(self) -> list[str]:
        """Return the kinds of artifacts that there are, sorted."""
        ...

    def refs(self, kind: str) -> list[ArtifactRef]:
        """Return the artifacts of a kind."""
        ...

    def manifest(self, ref: ArtifactRef) -> Manifest:
        """Return what is told of an artifact."""
        ...

    def used(self, ref: ArtifactRef) -> float:
        """Return when it was made or used last, in seconds since the epoch."""
        ...

    def size(self, ref: ArtifactRef) -> int:
        """Return its bytes."""
        ...

    def remove(self, ref: ArtifactRef) -> None:
        """Remove it: a reader finds the whole of it, or nothing and makes it anew."""
        ...


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


def find_garbage(shelf: Shelf, kept: Iterable[ArtifactRef], before: float) -> tuple[Garbage, ...]:
    """Return the artifacts that nothing kept was made of, and that were not used since `before`; in the order of their kinds.

    Args:
        shelf: where they are.
        kept: artifacts that stay, with all that they were made of, and what tells of them.
        before: seconds since the epoch.
    """
    used = {ref: shelf.used(ref) for kind in shelf.kinds() for ref in shelf.refs(kind)}
    by_digest = {ref.digest: ref for ref in used}
    made_of = {ref: [by_digest[digest] for digest in _parents(shelf, ref) if digest in by_digest] for ref in used}
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
    return tuple(Garbage(ref, used[ref], shelf.size(ref)) for ref in gone)


def remove_garbage(shelf: Shelf, garbage: Iterable[Garbage]) -> tuple[Garbage, ...]:
    """Remove artifacts, except those that were used since they were found; return what went."""
    removed: list[Garbage] = []
    for each in garbage:
        if shelf.used(each.ref) > each.used:
            continue
        with suppress(FileNotFoundError):  # another collection was faster
            shelf.remove(each.ref)
            removed.append(each)
    return tuple(removed)


def remove_drafts(store: ArtifactStore, before: float) -> int:
    """Remove drafts that writers left behind when they were killed before a moment; return how many."""
    left = [path for path in (store.root / ".drafts").glob("*") if last_change(path) < before]
    for path in left:
        shutil.rmtree(path, ignore_errors=True)
    return len(left)


def _parents(shelf: Shelf, ref: ArtifactRef) -> tuple[str, ...]:
    try:
        return shelf.manifest(ref).provenance.parents
    except ArtifactError:  # damaged: what it was made of is not known
        return ()
