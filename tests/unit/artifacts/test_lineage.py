"""What an artifact was made of, found by its manifests."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from langkah.artifacts import ArtifactRef, ArtifactStore, Provenance, source_of, sources_of, trace


def made(store: ArtifactStore, kind: str, *parents: ArtifactRef, **parameters: object) -> ArtifactRef:
    with store.draft(kind) as draft:
        (draft.path / "told.txt").write_text(f"{kind} of {parents} by {parameters}")
        draft.provenance = Provenance(
            step=kind, version=1, parents=tuple(ref.digest for ref in parents), parameters=parameters
        )  # fmt: skip
    assert draft.ref
    return draft.ref


def test_it_goes_back_to_the_sources_and_not_into_an_earlier_dataset_version(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path)
    earlier = made(store, "dataset", made(store, "index", files=[f"old.csv:{'a' * 64}:csv:{{}}"]))
    index = made(store, "index", files=[f"sql:faqs:{'b' * 64}:query:{{}}", f"x.csv:{'c' * 64}:csv:{{}}"])
    variants = made(store, "variants", index)
    dataset = made(store, "dataset", made(store, "slices", variants, earlier), index)
    adapter = made(store, "adapter", dataset)
    found = trace(store, adapter)
    kinds = [manifest.kind for manifest in found]
    assert kinds[-1] == "adapter" and sorted(kinds) == ["adapter", "dataset", "index", "slices", "variants"]
    assert sources_of(found) == {"sql:faqs": "b" * 64, "x.csv": "c" * 64}
    assert trace(store, dataset) == found[:-1]


def test_what_is_gone_or_damaged_is_left_out_with_what_lies_behind(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path)
    index = made(store, "index", files=[f"x.csv:{'c' * 64}:csv:{{}}"])
    dataset = made(store, "dataset", made(store, "slices", index))
    adapter = made(store, "adapter", dataset)
    assert sources_of(trace(store, adapter)) == {"x.csv": "c" * 64}
    (store.folder(dataset) / "manifest.json").write_text("{")
    assert [manifest.kind for manifest in trace(store, adapter)] == ["adapter"]
    shutil.rmtree(store.folder(adapter))
    assert trace(store, adapter) == ()


@pytest.mark.parametrize("name", ["faq.csv", "sql:faqs", "a:b c:d.jsonl", "s3://bucket/faq.csv"])
def test_a_source_is_read_by_its_identity(name: str) -> None:
    assert source_of(f'{name}:{"d" * 64}:csv:{{"prompt": "x:y"}}') == (name, "d" * 64)
