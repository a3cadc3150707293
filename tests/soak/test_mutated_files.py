"""Ten thousand damaged sources of all formats: an error in words or counted rows, never a traceback, and no row lost."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from langkah.config import IngestConfig, SourcesConfig
from langkah.errors import SourceError
from langkah.records import RowStatus
from langkah.sources import build_index, describe_sources, read_accepted

PAGES = Path(__file__).parents[1] / "pages"
EACH = 1_000
CONFIG = SourcesConfig(max_megabytes=20)
Rows = list[dict[str, str]]


def faq(examples: Path) -> Rows:
    """Some rows of the sample FAQ."""
    lines = (examples / "shop-faq-en.jsonl").read_text(encoding="utf-8").splitlines()[:15]
    return [{name: str(value) for name, value in json.loads(line).items()} for line in lines]


def delimited(rows: Rows, delimiter: str) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def workbook(rows: Rows) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.create_sheet("FAQ")
    for row in (list(rows[0]), *(list(row.values()) for row in rows)):
        sheet.append(row)
    sheet.merge_cells("A2:A3")
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def parquet(rows: Rows) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    saved = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), saved)
    return saved.getvalue()


SOURCES: dict[str, Callable[[Path], bytes]] = {
    "a.jsonl": lambda examples: (examples / "shop-faq-en.jsonl").read_bytes(),
    "broken.jsonl": lambda examples: (examples / "shop-faq-broken.jsonl").read_bytes(),
    "a.csv": lambda examples: (examples / "shop-faq-id.csv").read_bytes(),
    "a.tsv": lambda examples: delimited(faq(examples), "\t"),
    "a.json": lambda examples: json.dumps(faq(examples)).encode(),
    "a.xlsx": lambda examples: workbook(faq(examples)),
    "a.parquet": lambda examples: parquet(faq(examples)),
    "a.html": lambda _: b"".join(
        (PAGES / f"h{name}").read_bytes() for name in ("03-faq-accordion.html", "06-broken-nesting.html")
    ),
    "a.md": lambda _: b"".join((PAGES / f"m{name}").read_bytes() for name in ("05-printer.md", "15-html-dalam.md")),
    "a.csv.gz": lambda examples: gzip.compress((examples / "shop-faq-id.csv").read_bytes(), mtime=0),
}
READABLE = {"a.xlsx": 100, "a.parquet": 1, "a.json": 1, "a.csv.gz": 100}
"""At least so many of a thousand are still readable; where not said, 250: fewer where one byte breaks the whole."""
_PIECES = [
    b'"',
    b"\n",
    b",",
    b"\x00",
    b"\xff",
    b"{",
    b"\xe2\x80\x8b",
    b"\r",
    b"<",
    b"</ol>",
    b"<li>",
    b"<table>",
    b"1. ",
    b"# ",
    b"> ",
]


def mutated(content: bytes, draw: random.Random) -> bytes:
    data = bytearray(content)
    for _ in range(draw.randint(1, 20)):
        place = draw.randrange(max(1, len(data)))
        match draw.randrange(5):
            case 0 if data:
                data[place] = draw.randrange(256)
            case 1:
                del data[place : place + draw.randint(1, 200)]
            case 2 if data:
                data[place:place] = data[draw.randrange(len(data)) :][:200]
            case 3:
                data[place:place] = draw.choice(_PIECES)
            case _ if draw.random() < 0.3:
                data = data[: max(1, place)]
            case _:
                pass
    return bytes(data) or b"x"


def mutated_part(content: bytes, draw: random.Random) -> bytes:
    """A workbook that is a sound archive, with one of its parts damaged a little."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        chosen = draw.choice([*old.namelist(), *["xl/worksheets/sheet2.xml"] * 8])
        for name in old.namelist():
            part = bytearray(old.read(name))
            for _ in range(draw.randint(1, 3) if name == chosen else 0):
                place = draw.randrange(len(part))
                part[place : place + draw.choice([0, 1, 1, 5])] = draw.choice([b"9", b"A", b"", b"-", b"1048577", b"s"])
            new.writestr(name, bytes(part))
    return made.getvalue()


def mutated_content(content: bytes, draw: random.Random) -> bytes:
    """A sound gzip file of damaged content."""
    return gzip.compress(mutated(gzip.decompress(content), draw), mtime=0)


INSIDE = {"a.xlsx": mutated_part, "a.csv.gz": mutated_content}
"""Packed formats, of which every other file is damaged inside of a sound packing."""


def lines_of(data: bytes) -> int:
    """The rows that a damaged JSONL must give: its lines that are not empty, in whatever state."""
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    return sum(bool(line.strip()) for line in text.split("\n"))


def records_of(data: bytes) -> int | None:
    """The rows that a damaged CSV must give; None where the damage is in its header."""
    csv.field_size_limit(2**31 - 1)
    header, *records = csv.reader(io.StringIO(data.decode("utf-8", "surrogateescape"), newline=""))
    if header != ["id", "prompt", "output", "source"]:
        return None
    return sum(len(record) > 1 or bool("".join(record).strip()) for record in records)


COUNTED: dict[str, Callable[[bytes], int | None]] = {"a.jsonl": lines_of, "broken.jsonl": lines_of, "a.csv": records_of}
"""How many rows there are, counted without the reader, where damage leaves that countable."""


@pytest.mark.soak
@pytest.mark.parametrize("name", SOURCES)
def test_damaged_sources_never_surprise(name: str, examples: Path, tmp_path: Path) -> None:
    content = SOURCES[name](examples)
    readable = refused = 0
    for seed in range(EACH):
        draw = random.Random(f"{name} {seed}")
        path = tmp_path / f"{seed}-{name}"
        path.write_bytes((INSIDE.get(name, mutated) if seed % 2 else mutated)(content, draw))
        try:
            sources = describe_sources([str(path)], CONFIG)
            index = build_index(sources, IngestConfig(), CONFIG)
        except SourceError as error:
            assert all("\n" not in problem and str(path) in problem for problem in error.problems)
            refused += 1
        else:
            rows = list(read_accepted(sources, index, CONFIG))
            assert len(rows) == sum(row.status is RowStatus.accepted for row in index)
            counted = COUNTED[name](path.read_bytes()) if name in COUNTED else None
            assert counted in (None, len(index))
            readable += 1
        path.unlink()
    assert readable >= READABLE.get(name, 250) * EACH / 1_000
    assert readable + refused == EACH
