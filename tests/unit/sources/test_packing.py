from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from langkah.config import SourcesConfig
from langkah.errors import SourceError
from langkah.sources import describe_sources, read_rows

CSV = b"prompt,output\nHow?,1. Open\n"
JSONL = b'{"prompt": "How?", "output": "1. Open"}\n'


def problem_of(path: Path, data: bytes, config: SourcesConfig | None = None) -> str:
    path.write_bytes(data)
    with pytest.raises(SourceError) as caught:
        describe_sources([str(path)], config or SourcesConfig())
    (problem,) = caught.value.problems
    return problem.removeprefix(f"{path}: ")


@pytest.mark.parametrize(
    ("name", "data"), [("a.csv.gz", CSV), ("a.JSONL.GZ", JSONL), ("a.md.gz", b"# Go\n\n1. Open it\n2. Shut it\n")]
)
def test_a_packed_file_is_read(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(gzip.compress(data))
    (source,) = describe_sources([str(tmp_path / name)])
    assert (source.packed, source.source) == (True, name)
    assert len(list(read_rows(source, SourcesConfig()))) == 1


def test_several_members_are_one_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(CSV) + gzip.compress(b"Why?,1. So\n"))
    (source,) = describe_sources([str(tmp_path / "a.csv.gz")])
    assert len(list(read_rows(source, SourcesConfig()))) == 2


def test_an_ending_that_does_not_fit_the_content_is_one_line(tmp_path: Path) -> None:
    assert "packed with gzip; expected an ending that says so" in problem_of(tmp_path / "a.csv", gzip.compress(CSV))
    assert "packed with gzip" in problem_of(tmp_path / "a.xlsx", gzip.compress(CSV))
    assert "expected gzip data under the ending .gz" in problem_of(tmp_path / "a.csv.gz", CSV)
    assert problem_of(tmp_path / "a.gz", gzip.compress(CSV)).endswith("(and .gz behind it), got .gz")
    assert problem_of(tmp_path / "a.txt.gz", gzip.compress(CSV)).endswith("got .txt.gz")


def test_damage_is_one_line(tmp_path: Path) -> None:
    packed = gzip.compress(CSV * 1000)
    for data in (packed[:-4], packed[:40], packed[:30] + b"\xff\xff" + packed[32:], packed + b"rest", b"\x1f\x8b"):
        assert problem_of(tmp_path / "a.csv.gz", data) == "damaged gzip data"
    assert problem_of(tmp_path / "a.csv.gz", gzip.compress(b"")) == "empty file"


def test_a_bomb_is_left_at_the_limit(tmp_path: Path) -> None:
    bomb = gzip.compress(CSV + b"a,b\n" * 20_000_000, compresslevel=1)
    assert len(bomb) < 1_000_000
    said = problem_of(tmp_path / "a.csv.gz", bomb, SourcesConfig(max_megabytes=2))
    assert said == "larger than sources.max_megabytes (2 MB, unpacked too)"
