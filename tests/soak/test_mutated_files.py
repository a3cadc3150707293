"""Thousands of damaged FAQ files: an error in words or counted rows, never a traceback, and no row lost."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from langkah.config import IngestConfig
from langkah.errors import SourceError
from langkah.records import RowStatus
from langkah.sources import build_index, describe_files, read_accepted

FILES = ("shop-faq-en.jsonl", "shop-faq-id.csv", "shop-faq-broken.jsonl")


def mutated(content: bytes, draw: random.Random) -> bytes:
    data = bytearray(content)
    for _ in range(draw.randint(1, 20)):
        place = draw.randrange(len(data))
        match draw.randrange(5):
            case 0:
                data[place] = draw.randrange(256)
            case 1:
                del data[place : place + draw.randint(1, 200)]
            case 2:
                data[place:place] = data[draw.randrange(len(data)) :][:200]
            case 3:
                data[place:place] = draw.choice([b'"', b"\n", b",", b"\x00", b"\xff", b"{", b"\xe2\x80\x8b", b"\r"])
            case _:
                data = data[: max(1, place)]
    return bytes(data)


@pytest.mark.soak
@pytest.mark.parametrize("name", FILES)
def test_damaged_files_never_surprise(name: str, examples: Path, tmp_path: Path) -> None:
    content = (examples / name).read_bytes()
    accepted = refused = 0
    for seed in range(1_000):
        path = tmp_path / f"{seed}-{name}"
        path.write_bytes(mutated(content, random.Random(seed)))
        try:
            files = describe_files([path])
            index = build_index(files, IngestConfig())
        except SourceError as error:
            assert all("\n" not in problem for problem in error.problems)
            refused += 1
            continue
        rows = list(read_accepted(files, index))
        assert len(rows) == sum(row.status == RowStatus.accepted for row in index)
        accepted += 1
        path.unlink()
    assert accepted > 300
    assert accepted + refused == 1_000
