from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from langkah.artifacts import RecordCache, Workspace, record_cache


def test_what_was_put_is_found_by_another_process_under_the_same_work(tmp_path: Path) -> None:
    cache = Workspace.open(tmp_path).record_cache("scrub", "version 1")
    key = cache.key("en", "prompt", "How?")
    cache.put({key: "scrubbed"})
    code = (
        "import sys; from langkah.artifacts import Workspace\n"
        f"cache = Workspace.open({str(tmp_path)!r}).record_cache('scrub', sys.argv[1])\n"
        "print(cache.get([cache.key('en', 'prompt', 'How?')]))"
    )
    told = [subprocess.run([sys.executable, "-c", code, work], capture_output=True, text=True, check=True).stdout
            for work in ("version 1", "version 2")]  # fmt: skip
    assert "scrubbed" in told[0]
    assert told[1].strip() == "{}"


def test_parts_do_not_run_into_each_other_and_another_workspace_has_other_keys(tmp_path: Path) -> None:
    cache = Workspace.open(tmp_path / "a").record_cache("scrub", "work")
    assert len({cache.key("ab", "c"), cache.key("a", "bc"), cache.key("abc"), cache.key("abc", "")}) == 4
    assert Workspace.open(tmp_path / "b").record_cache("scrub", "work").key("abc") != cache.key("abc")


def test_the_file_holds_neither_the_text_nor_a_plain_hash_of_it(tmp_path: Path) -> None:
    import hashlib

    text = "My name is Zebulon Quill"
    cache = Workspace.open(tmp_path).record_cache("scrub", "work")
    cache.put({cache.key(text): "My name is [NAME]"})
    data = b"".join(path.read_bytes() for path in (tmp_path / "cache").iterdir())
    assert b"Zebulon" not in data
    assert hashlib.sha256(text.encode()).digest() not in data


def test_a_damaged_file_is_begun_anew(tmp_path: Path) -> None:
    cache = Workspace.open(tmp_path).record_cache("scrub", "work")
    cache.put({cache.key("a"): "1"})
    (tmp_path / "cache" / "scrub.sqlite").write_bytes(b"no database" * 100)
    assert cache.get([cache.key("a")]) == {}
    cache.put({cache.key("a"): "2"})
    assert cache.get([cache.key("a")]) == {cache.key("a"): "2"}


def test_damage_in_the_middle_is_mended_too(tmp_path: Path) -> None:
    cache = Workspace.open(tmp_path).record_cache("scrub", "work")
    keys = [cache.key(str(n)) for n in range(2000)]
    cache.put((key, "x" * 200) for key in keys)
    path = tmp_path / "cache" / "scrub.sqlite"
    data = bytearray(path.read_bytes())
    data[8192:-8192] = b"\xa5" * (len(data) - 16384)
    path.write_bytes(data)
    assert cache.get(keys) == {}
    cache.put({keys[0]: "1"})
    assert cache.get(keys) == {keys[0]: "1"}


def test_any_byte_may_change_and_no_wrong_result_comes_out(tmp_path: Path) -> None:
    cache = RecordCache(tmp_path / "records.sqlite", b"secret", "work")
    keys = [cache.key(str(n)) for n in range(60)]
    written = {key: f"result of {n} with some text" for n, key in enumerate(keys)}
    draw = random.Random(5)
    for _ in range(120):
        cache.put(written)
        with sqlite3.connect(tmp_path / "records.sqlite") as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        data = bytearray((tmp_path / "records.sqlite").read_bytes())
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        (tmp_path / "records.sqlite").write_bytes(data)
        assert cache.get(keys).items() <= written.items()


def test_a_file_system_without_hard_links_has_a_key_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    assert Workspace.open(tmp_path).secret() == Workspace.open(tmp_path).secret()
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]


def test_a_key_cut_short_is_made_anew_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path)
    first = workspace.secret()
    assert (tmp_path / "secret.key").stat().st_mode & 0o077 == 0
    (tmp_path / "secret.key").write_bytes(first[:7])
    assert len(workspace.secret()) == 32
    assert workspace.secret() == workspace.secret()
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]


def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    code = (
        "import sys; from langkah.artifacts import Workspace\n"
        f"cache = Workspace.open({str(tmp_path)!r}).record_cache('scrub', 'work')\n"
        "for n in range(50): cache.put({cache.key(sys.argv[1], str(n)): 'x'})"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, name]) for name in "abcd"]
    assert [process.wait(60) for process in running] == [0, 0, 0, 0]
    cache = Workspace.open(tmp_path).record_cache("scrub", "work")
    keys = [cache.key(name, str(n)) for name in "abcd" for n in range(50)]
    assert len(cache.get(keys)) == 200


def test_more_keys_than_a_query_takes(tmp_path: Path) -> None:
    cache = RecordCache(tmp_path / "records.sqlite", b"secret", "work")
    keys = [cache.key(str(n)) for n in range(40_000)]
    cache.put((key, "x") for key in keys)
    assert len(cache.get(keys)) == 40_000
    with sqlite3.connect(tmp_path / "records.sqlite") as connection:
        assert connection.execute("SELECT count(*) FROM records").fetchone() == (40_000,)


def test_named_results_are_read_and_written_over_one_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [str(number) for number in range(1200)]
    opened: list[object] = []
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *args, **kwargs: opened.append(args) or connect(*args, **kwargs))
    with RecordCache(tmp_path / "records.sqlite", b"secret", "work").named() as named:
        named.put({name: f"result {name}" for name in names})
        assert named.get_many([*names, "none"]) == {name: f"result {name}" for name in names}
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda name: named.put({name: "another"}), names[:50]))
        assert named.get_many(names[49:51]) == {"49": "another", "50": "result 50"}
    assert len(opened) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["records.sqlite"]  # closed: no write-ahead log is left


def test_a_file_that_is_damaged_under_an_open_connection_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    with RecordCache(path, b"secret", "work").named() as named:
        named.put({"a": "1"})
        path.write_bytes(b"no database" * 1000)
        (tmp_path / "records.sqlite-wal").write_bytes(b"no log" * 1000)
        for _ in range(2):  # pages that are in memory may still be read
            named.put({str(number): "x" * 50 for number in range(2000)})
        assert len(named.get_many([str(number) for number in range(2000)])) == 2000


@pytest.mark.parametrize(("kind", "journal"), [("ext4", "wal"), ("nfs4", "delete"), ("fuse.sshfs", "delete"), ("tmpfs", "wal")])
def test_where_several_machines_may_open_it_no_log_is_shared_by_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, journal: str
) -> None:
    mounts = f"disk / ext4 rw 0 0\nserver:/x {tmp_path} {kind} rw 0 0\nother {tmp_path}/elsewhere nfs rw 0 0\n"
    monkeypatch.setattr(record_cache, "_MOUNTS", tmp_path / "mounts")
    (tmp_path / "mounts").write_text(mounts)
    cache = RecordCache(tmp_path / "cache" / "records.sqlite", b"secret", "work")
    cache.put({cache.key("a"): "b"})
    assert cache.get([cache.key("a")]) == {cache.key("a"): "b"}
    with closing(sqlite3.connect(tmp_path / "cache" / "records.sqlite")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == (journal,)
