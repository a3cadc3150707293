from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from langkah.artifacts import (
    ArtifactRef,
    ArtifactStore,
    Provenance,
    find_garbage,
    oldest_open_run,
    open_run,
    remove_drafts,
    remove_garbage,
)
from langkah.artifacts.manifest import MANIFEST_NAME

LONG_AGO = 1_000_000.0


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(tmp_path / "artifacts")


def make(store: ArtifactStore, kind: str, text: str, *parents: ArtifactRef) -> ArtifactRef:
    """An artifact that nobody used for years."""
    with store.draft(kind) as draft:
        (draft.path / "payload.txt").write_text(text)
        draft.provenance = Provenance(step=kind, version=1, parents=tuple(parent.digest for parent in parents))
    assert draft.ref
    os.utime(store.folder(draft.ref) / MANIFEST_NAME, (LONG_AGO, LONG_AGO))
    return draft.ref


def found(store: ArtifactStore, *kept: ArtifactRef, before: float | None = None) -> set[ArtifactRef]:
    return {each.ref for each in find_garbage(store, kept, time.time() - 60 if before is None else before)}


def test_what_is_kept_stays_with_all_that_it_was_made_of_and_what_tells_of_it(store: ArtifactStore) -> None:
    records = make(store, "records", "a")
    audit = make(store, "audit", "b", records)
    dataset = make(store, "dataset", "c", records)
    adapter = make(store, "adapter", "d", dataset)
    scores = make(store, "scores", "e", adapter)
    report = make(store, "report", "f", scores, dataset)
    other = make(store, "adapter", "g", dataset)
    others = make(store, "scores", "h", other)
    refused = make(store, "report", "i", others, dataset)
    assert found(store, scores) == {other, others, refused}
    assert found(store) == {records, audit, dataset, adapter, scores, report, other, others, refused}
    assert found(store, report, refused) == set()


def test_what_was_used_lately_stays(store: ArtifactStore) -> None:
    records = make(store, "records", "a")
    dataset, older = make(store, "dataset", "b", records), make(store, "dataset", "c", records)
    store.touch(dataset)
    assert found(store) == {older}
    again = make(store, "dataset", "c", records)
    assert again == older and found(store) == {older}


def test_the_same_content_made_again_counts_as_used(store: ArtifactStore) -> None:
    dataset = make(store, "dataset", "a")
    with store.draft("dataset") as draft:
        (draft.path / "payload.txt").write_text("a")
        draft.provenance = Provenance(step="dataset", version=1)
    assert draft.ref == dataset and found(store) == set()


def test_a_damaged_artifact_is_garbage_and_hinders_nothing(store: ArtifactStore) -> None:
    dataset, broken = make(store, "dataset", "a"), make(store, "dataset", "b")
    manifest = store.folder(broken) / MANIFEST_NAME
    manifest.write_text("{")
    os.utime(manifest, (LONG_AGO, LONG_AGO))
    assert found(store, dataset) == {broken}
    assert {each.ref for each in remove_garbage(store, find_garbage(store, [dataset], time.time()))} == {broken}
    assert not store.folder(broken).exists() and store.verify(dataset)


def test_what_was_used_since_it_was_found_is_not_removed(store: ArtifactStore) -> None:
    first, second = make(store, "dataset", "a"), make(store, "dataset", "b")
    garbage = find_garbage(store, [], time.time())
    assert [each.size for each in garbage] == [
        sum(f.stat().st_size for f in store.folder(each.ref).iterdir()) for each in garbage
    ]
    store.touch(first)
    assert {each.ref for each in remove_garbage(store, garbage)} == {second}
    assert store.verify(first) and remove_garbage(store, garbage) == ()


def test_a_run_at_work_keeps_what_it_used_and_a_killed_one_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    began = time.time()
    with open_run(folder):
        for _ in range(2):  # asking does not change it
            assert began - 1 <= oldest_open_run(folder) <= began, "never later than the run"
    assert not list(folder.iterdir()) and oldest_open_run(folder) >= began

    at_work = f"with open_run(Path({str(folder)!r})): os.kill(os.getpid(), signal.SIGKILL)"
    code = f"import os, signal; from pathlib import Path; from langkah.artifacts import open_run\n{at_work}"
    subprocess.run([sys.executable, "-c", code], check=False)
    (mark,) = folder.iterdir()
    mark.rename(folder / f"1000-{mark.name.partition('-')[2]}")
    assert oldest_open_run(folder) >= began and not list(folder.iterdir())


def test_drafts_of_killed_writers_go(store: ArtifactStore) -> None:
    left = store.root / ".drafts" / "dataset-1-x"
    left.mkdir(parents=True)
    assert remove_drafts(store, time.time() - 60) == 0
    os.utime(left, (LONG_AGO, LONG_AGO))
    assert remove_drafts(store, time.time() - 60) == 1 and not left.exists()
