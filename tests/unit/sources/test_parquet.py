from __future__ import annotations

import datetime
import decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from langkah.config import ColumnsConfig, SourcesConfig
from langkah.errors import SourceError
from langkah.sources import SourceRow, describe_sources, read_rows

PLAIN = SourcesConfig()


def rows_of(path: Path, table: Any, config: SourcesConfig = PLAIN, **options: Any) -> list[SourceRow]:
    pq.write_table(table, path, **options)
    (source,) = describe_sources([str(path)], config)
    return list(read_rows(source, config))


def problem_of(path: Path, config: SourcesConfig = PLAIN) -> str:
    with pytest.raises(SourceError) as caught:
        describe_sources([str(path)], config)
    (problem,) = caught.value.problems
    assert "\n" not in problem
    return problem.removeprefix(f"{path}: ")


def test_values_are_kept_and_typed_ones_become_what_json_has(tmp_path: Path) -> None:
    table = pa.table(
        {
            "question": ["How?", None],
            "answer": ["1. Open", "1. Shut"],
            "tags": [["a", "b"], None],
            "meta": [{"n": 1, "when": datetime.date(2024, 5, 3)}, None],
            "price": [decimal.Decimal("2.50"), decimal.Decimal("3.00")],
            "rate": [1.5, float("nan")],
            "at": pa.array([datetime.datetime(2024, 5, 3, 14, 30), None], pa.timestamp("us", tz="UTC")),
            "raw": pa.array([b"text", None], pa.binary()),
            "pairs": pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int64())),
            "kind": pa.array(["x", "y"]).dictionary_encode(),
        }
    )
    first, second = rows_of(tmp_path / "a.parquet", table)
    assert dict(first.fields or {}) == {
        "question": "How?",
        "answer": "1. Open",
        "tags": ["a", "b"],
        "meta": {"n": 1, "when": "2024-05-03"},
        "price": 2.5,
        "rate": 1.5,
        "at": "2024-05-03T14:30:00+00:00",
        "raw": "text",
        "pairs": [["k", 1]],
        "kind": "x",
    }
    assert (second.row, [value for value in (second.fields or {}).values() if value is not None]) == (2, ["1. Shut", 3, "y"])


def test_bytes_that_are_no_text_set_their_row_aside(tmp_path: Path) -> None:
    table = pa.table({"prompt": [b"a", b"\xff", b"c"], "output": ["1. x"] * 3})
    assert [row.problem for row in rows_of(tmp_path / "a.parquet", table)] == [None, "not valid UTF-8", None]
    lying = table.set_column(0, "prompt", pa.array([b"a", b"\xff", b"c"], pa.binary()).view(pa.string()))
    assert [row.problem for row in rows_of(tmp_path / "b.parquet", lying)] == [None, "not valid UTF-8", None]


@pytest.mark.parametrize("compression", ["none", "snappy", "gzip", "zstd"])
def test_row_groups_and_compressions(tmp_path: Path, compression: str) -> None:
    table = pa.table({"prompt": [f"How {n}?" for n in range(1000)], "output": ["1. Open"] * 1000})
    found = rows_of(tmp_path / "a.parquet", table, row_group_size=300, compression=compression)
    assert [row.row for row in found] == list(range(1, 1001))
    assert (found[-1].fields or {})["prompt"] == "How 999?"


def test_a_table_without_the_columns_and_one_with_a_mapping(tmp_path: Path) -> None:
    table = pa.table({"title": ["How?"], "Wir": ["1. Open"]})
    path = tmp_path / "a.parquet"
    pq.write_table(table, path)
    assert "expected a column prompt" in problem_of(path)
    config = SourcesConfig(columns=ColumnsConfig(prompt="title", output="Wir"))
    assert len(rows_of(path, table, config)) == 1


def test_what_is_no_parquet_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"prompt": ["How?"] * 500, "output": ["1. Open"] * 500}), path)
    good = path.read_bytes()
    for data in (b"prompt,output\n", good[:-8], good[:4] + good[40:], b"PAR1" + b"\xff" * 200 + b"PAR1", b"PAR1PAR1"):
        path.write_bytes(data)
        assert "Parquet" in problem_of(path)
    path.write_bytes(b"")
    assert problem_of(path) == "empty file"


def test_a_bomb_is_left_at_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    long = "1. " + "x" * 100_000
    pq.write_table(pa.table({"prompt": ["How?"] * 2000, "output": [long] * 2000}), path)
    assert path.stat().st_size < 1_000_000
    assert "larger than sources.max_megabytes" in problem_of(path, SourcesConfig(max_megabytes=50))
    pq.write_table(pa.table({"prompt": ["How?"] * 2000, "output": pa.array([long] * 2000).dictionary_encode()}), path)
    assert path.stat().st_size < 200_000
    assert "larger than sources.max_megabytes" in problem_of(path, SourcesConfig(max_megabytes=50))
