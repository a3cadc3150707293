from __future__ import annotations

import threading
from pathlib import Path

import pytest

from langkah.artifacts import ArtifactRef, ArtifactStore, Provenance
from langkah.errors import ArtifactError


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(tmp_path / "artifacts")


def publish(store: ArtifactStore, **files: str) -> ArtifactRef:
    with store.draft("records") as draft:
        for name, text in files.items():
            (draft.path / name).write_text(text, encoding="utf-8")
        draft.provenance = Provenance(step="test", version=1)
    assert draft.ref
    return draft.ref


def test_same_payload_has_same_digest_whatever_the_manifest_says(store: ArtifactStore) -> None:
    first = publish(store, a="1", b="2")
    with store.draft("records") as draft:
        (draft.path / "b").write_text("2")
        (draft.path / "a").write_text("1")
        draft.provenance = Provenance(step="other", version=7, seconds=3.5)
    assert draft.ref == first
    assert publish(store, a="1", b="3").digest != first.digest
    assert publish(store, a="1", c="2").digest != first.digest


def test_published_artifact_verifies_and_leaves_no_draft(store: ArtifactStore) -> None:
    ref = publish(store, a="1")
    assert store.verify(ref).files[0].name == "a"
    assert list((store.root / ".drafts").iterdir()) == []


@pytest.mark.parametrize("damage", ["flip", "append", "delete", "manifest", "all"])
def test_damage_is_found(store: ArtifactStore, damage: str) -> None:
    ref = publish(store, a="some text", b="more")
    folder = store.folder(ref)
    match damage:
        case "flip":
            (folder / "a").write_text("some teXt")
        case "append":
            (folder / "a").write_text("some text.")
        case "delete":
            (folder / "b").unlink()
        case "manifest":
            (folder / "manifest.json").write_text("{")
        case _:
            for path in folder.iterdir():
                path.unlink()
    with pytest.raises(ArtifactError):
        store.verify(ref)


def test_a_damaged_copy_is_replaced_by_a_new_one(store: ArtifactStore) -> None:
    ref = publish(store, a="text")
    (store.folder(ref) / "a").write_text("texT")
    assert publish(store, a="text") == ref
    store.verify(ref)


def test_nothing_is_published_when_the_step_fails(store: ArtifactStore) -> None:
    with pytest.raises(ZeroDivisionError), store.draft("records") as draft:
        (draft.path / "a").write_text("half")
        raise ZeroDivisionError
    assert [path for path in store.root.rglob("*") if path.is_file()] == []


def test_a_draft_without_provenance_is_refused(store: ArtifactStore) -> None:
    with pytest.raises(ArtifactError, match="provenance"), store.draft("records") as draft:
        (draft.path / "a").write_text("x")


def test_writers_of_the_same_content_do_not_disturb_each_other(store: ArtifactStore) -> None:
    refs: list[ArtifactRef] = []
    threads = [threading.Thread(target=lambda: refs.append(publish(store, a="same", b="same"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refs) == 8
    assert len(set(refs)) == 1
    store.verify(refs[0])


def test_missing_artifact_is_an_error_that_names_it(store: ArtifactStore) -> None:
    with pytest.raises(ArtifactError, match="dataset/abababababab: missing"):
        store.verify(ArtifactRef(kind="dataset", path="dataset/ab", digest="ab" * 32))
