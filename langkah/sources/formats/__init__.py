"""The formats that sources come in: each a function from a stream of bytes to rows, in a module of its own, listed here once.

A newcomer writes `NAME_rows(stream, reading) -> Iterator[SourceRow]` that raises `SourceError` at the call for what is wrong
with the whole, sets a single bad row aside in its `problem`, and adds a line to `FORMATS`. Libraries are imported inside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import BinaryIO, Final, NamedTuple

from langkah.sources.formats.csv_rows import csv_rows, tsv_rows
from langkah.sources.formats.json_rows import json_rows, jsonl_rows
from langkah.sources.formats.page_rows import html_rows, markdown_rows
from langkah.sources.formats.parquet_rows import parquet_rows
from langkah.sources.formats.xlsx_rows import xlsx_rows
from langkah.sources.rows import Reading, SourceRow


class Format(NamedTuple):
    """One format.

    Attributes:
        endings: of its files, lower case.
        rows: from the bytes, which may be read again from the start, to the rows.
        binary: whether the bytes are no UTF-8 text.
        page: whether the rows are found in running text, so that there are no columns to map.
    """

    endings: tuple[str, ...]
    rows: Callable[[BinaryIO, Reading], Iterator[SourceRow]]
    binary: bool = False
    page: bool = False


FORMATS: Final = MappingProxyType(
    {
        "json": Format((".json",), json_rows),
        "jsonl": Format((".jsonl", ".ndjson"), jsonl_rows),
        "csv": Format((".csv",), csv_rows),
        "tsv": Format((".tsv",), tsv_rows),
        "parquet": Format((".parquet",), parquet_rows, binary=True),
        "xlsx": Format((".xlsx", ".xlsm"), xlsx_rows, binary=True),
        "html": Format((".html", ".htm", ".xhtml"), html_rows, page=True),
        "markdown": Format((".md", ".markdown"), markdown_rows, page=True),
    }
)
GZIP: Final = ".gz"
ENDINGS: Final = tuple(ending for each in FORMATS.values() for ending in each.endings)


def ending_of(name: str) -> str:
    """The ending of a file's name that says its format, with that of the packing behind it."""
    path = PurePosixPath(name)
    return path.with_suffix("").suffix + path.suffix if path.suffix.lower() == GZIP else path.suffix


def format_of(name: str) -> tuple[str | None, bool]:
    """The format that a file's name says, None where it says none, and whether the file is packed with gzip."""
    path = PurePosixPath(name)
    packed = path.suffix.lower() == GZIP
    ending = (path.with_suffix("") if packed else path).suffix.lower()
    return next((name for name, each in FORMATS.items() if ending in each.endings), None), packed
