from __future__ import annotations

from pathlib import Path
from typing import Any

from langkah.config import SourcesConfig
from langkah.sources import describe_sources, read_rows
from langkah.sources.pages import Found, procedures_in_html

STEPS = "<ol><li>Open it.</li><li>Shut it.</li></ol>"
RENDERED = "1. Open it.\n2. Shut it."
PLAIN = SourcesConfig()


def found_in(path: Path) -> list[dict[str, Any]]:
    (source,) = describe_sources([str(path)])
    return [dict(row.fields) for row in read_rows(source, PLAIN) if row.fields is not None]


def one(found: list[Found]) -> Found:
    (only,) = found
    return only


def output_of(body: str) -> str:
    return one(procedures_in_html(body)).output
