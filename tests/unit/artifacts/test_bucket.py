"""Artifacts in a bucket, by the protocol of S3: whole or not there, shared, collected, and told of without a key."""

from __future__ import annotations

import errno
import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from object_store import KEYS, object_store
from s3fs import S3FileSystem

from langkah.artifacts import ArtifactRef, ArtifactStore, Provenance, Workspace, find_garbage, open_bucket, remove_garbage
from langkah.artifacts.bucket import Bucket
from langkah.errors import ArtifactError, ConfigError

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")

Machine = Callable[[str], ArtifactStore]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with object_store() as url:
        yield url


@pytest.fixture
def client(server: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client of the server beside Langkah's, with an empty bucket."""
    for name, value in {**KEYS, "AWS_ENDPOINT_URL": server}.items():
        monkeypatch.setenv(name, value)
    S3FileSystem.clear_instance_cache()  # it keeps the address and the keys that it began with
    made = boto3.client("s3")
    made.create_bucket(Bucket="models")
    yield made
    for page in made.get_paginator("list_objects_v2").paginate(Bucket="models"):
        for each in page.get("Contents", ()):
            made.delete_object(Bucket="models", Key=each["Key"])


@pytest.fixture
def bucket(client: Any) -> Bucket:
    return Bucket("s3://models/langkah")


@pytest.fixture
def machine(bucket: Bucket, tmp_path: Path) -> Machine:
    """A machine that shares the bucket."""
    return lambda name: ArtifactStore(tmp_path / name, bucket)


def publish(
    store: ArtifactStore, text: str = "a procedure", parents: tuple[str, ...] = (), kind: str = "records"
) -> ArtifactRef:
    with store.draft(kind) as draft:
        (draft.path / "deep").mkdir()
        (draft.path / "rows.jsonl").write_text(text)
        (draft.path / "deep" / "more.bin").write_bytes(b"\0" * 10)
        draft.provenance = Provenance(step="test", version=1, parents=parents)
    assert draft.ref
    return draft.ref


def keys(client: Any) -> list[str]:
    return [each["Key"] for each in client.list_objects_v2(Bucket="models").get("Contents", ())]


def test_what_one_machine_makes_another_has(machine: Machine, client: Any) -> None:
    ref = publish(machine("one"))
    assert sorted(keys(client)) == [f"langkah/{ref.path}/{name}" for name in ("deep/more.bin", "manifest.json", "rows.jsonl")]
    two = machine("two")
    assert two.refs("records") == [ref] and two.kinds() == ["records"]
    assert two.manifest(ref) == machine("one").manifest(ref)
    assert not (two.root / ref.path).exists(), "a manifest is no reason to bring the whole"
    assert (two.folder(ref) / "rows.jsonl").read_text() == "a procedure"
    assert two.verify(ref).files == machine("one").verify(ref).files
    assert list((two.root / ".drafts").iterdir()) == []


def test_the_manifest_goes_up_last(machine: Machine, monkeypatch: pytest.MonkeyPatch, client: Any) -> None:
    one, sent = machine("one"), []
    assert one.bucket
    put = one.bucket._system.put_file

    def broken(local: str, place: str, **settings: Any) -> None:
        sent.append(place)
        if place.endswith("manifest.json"):
            raise ConnectionResetError
        put(local, place, **settings)

    monkeypatch.setattr(one.bucket._system, "put_file", broken)
    with pytest.raises(OSError, match="s3://models/langkah: could not write"):
        publish(one)
    (ref,) = one.here.refs("records")
    assert len(keys(client)) == 2, "what was sent is there"
    two = machine("two")
    with pytest.raises(ArtifactError, match="missing"):
        two.verify(ref)
    assert not two.folder(ref).exists()
    monkeypatch.undo()
    assert publish(one) == ref, "a retry sends what lacks"
    assert two.verify(ref)


def test_what_is_older_than_the_bucket_gets_there_when_it_is_used(machine: Machine, client: Any) -> None:
    """Also what a collection of the bucket took."""
    store = machine("one")
    ref = publish(store.here)
    assert keys(client) == []
    assert store.verify(ref) and machine("two").verify(ref)
    assert store.bucket
    store.bucket.remove(ref)
    assert publish(store) == ref and machine("three").verify(ref)


def test_to_make_it_again_is_a_use(machine: Machine, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = publish(machine("one"))
    first, now = bucket.used(ref), time.time()
    time.sleep(1.1)  # S3 tells whole seconds
    monkeypatch.setattr(time, "time", lambda: now + 2 * 86_400)
    publish(machine("two"))
    assert bucket.used(ref) > first


def test_a_use_does_not_bring_back_what_was_collected(machine: Machine, bucket: Bucket, client: Any) -> None:
    ref = publish(machine("one"))
    bucket.remove(ref)
    client.put_object(Bucket="models", Key=f"langkah/{ref.path}/.used", Body=b"")  # of one who was slower
    assert publish(machine("two")) == ref and machine("three").verify(ref)


def test_a_digest_is_no_error_code(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """403 is in one digest of sixty."""
    store = machine("one")
    with pytest.raises(ArtifactError, match="missing"):
        store.verify(ArtifactRef.of("records", "403" * 21 + "4"))
    assert store.bucket
    monkeypatch.setattr(store.bucket._system, "put", _broken)
    with pytest.raises(ConnectionError, match="could not write: RuntimeError"):
        publish(store)


def _broken(*_: Any, **__: Any) -> None:
    raise RuntimeError("at https://models/40340340/x")


def test_a_full_disk_here_is_told_as_one(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    ref, two = publish(machine("one")), machine("two")
    assert two.bucket

    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(two.bucket._system, "get", full)
    with pytest.raises(OSError, match="No space left on device") as caught:
        two.folder(ref)
    assert caught.value.errno == errno.ENOSPC


def test_what_others_keep_there_is_no_artifact(bucket: Bucket, machine: Machine, client: Any) -> None:
    ref = publish(machine("one"))
    for key in ("langkah/exports/2024/rows.csv", "langkah/Other Things/x", "langkah/records/notes.txt", "langkah/readme"):
        client.put_object(Bucket="models", Key=key, Body=b"x")
    assert machine("one").refs("records") == [ref] and bucket.refs("exports") == []
    assert [each.ref for each in find_garbage(bucket, [], time.time() + 60)] == [ref]


def test_what_is_damaged_there_is_not_brought_here(machine: Machine, client: Any) -> None:
    ref = publish(machine("one"))
    client.put_object(Bucket="models", Key=f"langkah/{ref.path}/rows.jsonl", Body=b"another")
    with pytest.raises(ArtifactError):
        machine("two").verify(ref)
    client.delete_object(Bucket="models", Key=f"langkah/{ref.path}/rows.jsonl")
    with pytest.raises(ArtifactError):
        machine("two").verify(ref)
    assert not (machine("two").root / ref.path).exists()


def test_many_write_the_same_at_once(machine: Machine, client: Any) -> None:
    refs: list[ArtifactRef] = []
    threads = [threading.Thread(target=lambda at=at: refs.append(publish(machine(f"m{at}")))) for at in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refs) == 8 and len(set(map(str, refs))) == 1
    assert len(keys(client)) == 3
    assert machine("last").verify(refs[0])


def test_a_bucket_that_is_not_there_or_denies_is_named(client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="LANGKAH_ARTIFACTS: s3://none/x: there is no such bucket"):
        publish(ArtifactStore(tmp_path, Bucket("s3://none/x")))
    (ref,) = ArtifactStore(tmp_path).refs("records")
    assert ArtifactStore(tmp_path).verify(ref), "what was made is kept"
    with pytest.raises(ConfigError, match="no such bucket"):
        Bucket("s3://none/x").check()
    denying = Bucket("s3://models/langkah")
    monkeypatch.setattr(denying._system, "put", _denied)
    with pytest.raises(ConfigError, match=r"s3://models/langkah: no permission to write there$"):
        publish(ArtifactStore(tmp_path / "two", denying))


def _denied(*_: Any, **__: Any) -> None:
    raise PermissionError("Access Denied for AKIAPLANTEDFORTESTS0")


def test_a_store_that_does_not_answer_is_told_without_a_key(
    client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    S3FileSystem.clear_instance_cache()
    away = Bucket("s3://models/elsewhere")
    with pytest.raises(OSError, match="could not write") as caught:
        publish(ArtifactStore(tmp_path, away))
    assert not any(value in repr(caught.value) for value in KEYS.values() if len(value) > 9)


def test_without_keys_it_says_so(server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", server)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    S3FileSystem.clear_instance_cache()
    with pytest.raises(ConfigError, match="the driver finds no keys"):
        Bucket("s3://models/nokeys").check()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("s3://AKIA:secret@models/x", "expected no key in it"),
        ("gs://models/x", "gcsfs"),
        ("quark://models/x", "no driver for quark://"),
    ],
)
def test_a_url_that_cannot_be_is_refused(url: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        Bucket(url)
    assert "secret" not in str(caught.value)


def test_garbage_goes_and_what_is_kept_stays(machine: Machine, bucket: Bucket, client: Any) -> None:
    store = machine("one")
    parent = publish(store, "a")
    kept = publish(store, "b", parents=(parent.digest,), kind="adapter")
    loose = publish(store, "c")
    client.put_object(Bucket="models", Key=f"langkah/records/{'0' * 64}/rows.jsonl", Body=b"an upload that broke off")
    found = find_garbage(bucket, [kept], time.time() + 60)
    # What is used "since then" stays: so nothing but what is kept, where then is to come.
    assert [each.ref.digest for each in found] == sorted(["0" * 64, loose.digest])
    assert all(each.size > 0 for each in found)
    assert len(remove_garbage(bucket, found)) == 2
    assert remove_garbage(bucket, found) == ()
    assert bucket.refs("records") == [parent] and bucket.refs("adapter") == [kept]
    assert find_garbage(bucket, [kept], time.time() - 60) == ()


def test_a_use_is_noted_once_a_day(bucket: Bucket, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = publish(machine("one"))
    first = bucket.used(ref)
    time.sleep(1.1)  # S3 tells whole seconds
    bucket.touch(ref)
    assert bucket.used(ref) == first
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 2 * 86_400)
    bucket.touch(ref)
    assert bucket.used(ref) > first


def test_the_workspace_takes_it_from_the_environment(client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGKAH_ARTIFACTS", "s3://models/team/")
    one, two = Workspace(tmp_path / "one"), Workspace(tmp_path / "two")
    ref = publish(one.store)
    assert two.store.verify(ref) and one.store.bucket is open_bucket("s3://models/team/")
    assert keys(client)[0].startswith("team/records/")


@pytest.mark.soak
def test_a_hundred_thousand_objects_are_listed(bucket: Bucket, server: str, client: Any) -> None:
    """Pages of a thousand: 25,000 artifacts of four objects each."""
    digests = [f"{number:064x}" for number in range(25_000)]
    threads = [threading.Thread(target=_fill, args=(server, digests[at::8])) for at in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    started = time.monotonic()
    assert [ref.digest for ref in bucket.refs("records")] == digests
    assert time.monotonic() - started < 120


def _fill(server: str, digests: list[str]) -> None:
    mine = boto3.session.Session().client("s3", endpoint_url=server)
    for digest in digests:
        for name in ("a", "b", "c", "manifest.json"):
            mine.put_object(Bucket="models", Key=f"langkah/records/{digest}/{name}", Body=b"x")


def test_what_is_lost_here_is_brought_back(machine: Machine) -> None:
    ref = publish(machine("one"))
    two = machine("two")
    assert two.verify(ref)
    shutil.rmtree(two.root / ref.path)
    assert json.loads((two.folder(ref) / "manifest.json").read_text())["digest"] == ref.digest
    assert [path.name for path in (two.root / ref.kind).iterdir()] == [ref.digest]
