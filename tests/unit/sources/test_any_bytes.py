"""Whatever the bytes under whatever ending: rows that add up, or an error in a line; never anything else."""

from __future__ import annotations

import gzip
import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from langkah.config import IngestConfig, SourcesConfig
from langkah.errors import SourceError
from langkah.records import RowStatus
from langkah.sources import build_index, describe_sources, read_accepted, read_rows
from langkah.sources.formats import ENDINGS

CONFIG = SourcesConfig(max_megabytes=5)


def workbook() -> bytes:
    book = Workbook()
    for row in (["prompt", "output"], ["How?", "1. Open"], ["Why?", "=A1"]):
        book.active.append(row)
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def parquet() -> bytes:
    saved = io.BytesIO()
    pq.write_table(pa.table({"prompt": ["How?", "Why?"], "output": ["1. Open", None]}), saved)
    return saved.getvalue()


SEEDS = {
    ".xlsx": workbook(),
    ".parquet": parquet(),
    ".csv": b"prompt,output\nHow?,1. Open\nWhy?,\n",
    ".tsv": b"prompt\toutput\nHow?\t1. Open\n",
    ".jsonl": b'{"prompt": "How?", "output": "1. Open"}\n{"prompt": 1}\n',
    ".json": b'[{"prompt": "How?", "output": "1. Open"}, null]',
    ".html": b"<h2>Pay</h2><ol><li>Open it<ul><li>x</ul><li>Shut it</ol><details><summary>Q<table><tr><td>1<td><ol><li>Go",
    ".md": b"---\ntitle: x\n---\n# Pay\n\n1. Open it\n   - x\n2. Go\n\n| a | b |\n|---|---|\n| 1 | Go |\n\n!!! note\n    x\n",
}
_PIECE = st.sampled_from(
    [b"<ol>", b"<li>", b"</li>", b"<table><tr><td>", b"<dl><dt>", b"<details><summary>", b"</", b"<b>", b"<pre>", b"\n1. Open ",
     b"\n# ", b"\n> ", b"\n    ", b"```", b"\n| ", b"\n!!! ", b"---\n", b"\xff", b"\0", b"\xef\xbb\xbf", b'"', b"{", b"["]
)  # fmt: skip
_ANY = st.binary(max_size=300) | st.lists(_PIECE | st.binary(max_size=6), max_size=40).map(b"".join)


@st.composite
def damaged(draw: st.DrawFn) -> tuple[bytes, str]:
    """A good file with some of its bytes changed, cut or doubled, and its ending."""
    ending = draw(st.sampled_from(sorted(SEEDS)))
    data = bytearray(SEEDS[ending])
    for _ in range(draw(st.integers(0, 6))):
        place = draw(st.integers(0, max(0, len(data) - 1)))
        kind = draw(st.integers(0, 3))
        if kind == 0 and data:
            data[place] = draw(st.integers(0, 255))
        elif kind == 1:
            del data[place : place + draw(st.integers(1, 40))]
        elif kind == 2:
            data[place:place] = draw(_ANY)
        else:
            data = data[: max(1, place)]
    return bytes(data), ending


@settings(max_examples=500, deadline=None, derandomize=True, database=None)
@given(damaged() | st.tuples(_ANY, st.sampled_from(ENDINGS)), st.booleans(), st.booleans())
def test_rows_add_up_or_one_line_says_why(
    tmp_path_factory: pytest.TempPathFactory, file: tuple[bytes, str], packed: bool, told: bool
) -> None:
    data, ending = file
    path = tmp_path_factory.getbasetemp() / f"any{ending}{'.gz' if told and packed else ''}"
    path.write_bytes(gzip.compress(data, mtime=0) if packed else data)
    try:
        (source,) = describe_sources([str(path)], CONFIG)
    except SourceError as error:
        assert all(line.startswith(str(path)) and "\n" not in line for line in error.problems)
        return
    rows = list(read_rows(source, CONFIG))
    index = build_index([source], IngestConfig(max_chars=100), CONFIG)
    assert [row.row for row in index] == [row.row for row in rows]
    assert all((row.fields is None) != (row.problem is None) for row in rows)
    accepted = sum(row.status is RowStatus.accepted for row in index)
    assert len(list(read_accepted([source], index, CONFIG))) == accepted
