"""The sources of a run, pinned to their bytes, and those bytes: fetched, checked against their hash, unpacked."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator
from gzip import GzipFile
from io import BytesIO
from types import MappingProxyType
from typing import Final

from pydantic import Field

from langkah.config import ColumnsConfig, SourcesConfig
from langkah.errors import SourceError
from langkah.records import Record
from langkah.sources.database import query_bytes
from langkah.sources.formats import ENDINGS, FORMATS, GZIP
from langkah.sources.local import file_bytes
from langkah.sources.locations import Location, Place
from langkah.sources.remote import url_bytes
from langkah.sources.rows import BOM, Reading, SourceRow, limit_of, too_large
from langkah.sources.snapshots import held, hold, release

_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_GZIP_MAGIC: Final = b"\x1f\x8b"
_CHUNK: Final = 1 << 20
FETCHERS: Final = MappingProxyType[Place, Callable[[Location, SourcesConfig], bytes]](
    {"path": file_bytes, "url": url_bytes, "query": query_bytes}
)
"""How the bytes of each kind of location are got; each raises a `SourceError` of one line, or an `OSError` that may pass."""


class SourceFile(Record):
    """One source of a run, pinned to its bytes: small, hashable, without text and without a password."""

    name: str = Field(description="the same on every machine: a path below the folder that all files share, a URL, sql:NAME")
    source: str = Field(description="bare name: what a row without a source of its own has")
    location: Location = Field(description="where it is read from")
    format: str = Field(description="a key of `FORMATS`")
    packed: bool = Field(default=False, description="whether the bytes are packed with gzip")
    columns: ColumnsConfig = Field(default=ColumnsConfig(), description="the user's own names of its columns")
    sha256: str = Field(description="of the bytes as they are stored, hexadecimal; of a query, of its rows as JSONL")

    @property
    def identity(self) -> str:
        """What a cache key holds of it: name, content and how it is read, not where it lies."""
        return f"{self.name}:{self.sha256}:{self.format}:{self.columns.model_dump_json(exclude_none=True)}"


def sha256_of(data: bytes) -> str:
    """The hexadecimal SHA-256 of some bytes."""
    return hashlib.sha256(data).hexdigest()


def fetch(location: Location, config: SourcesConfig) -> bytes:
    """The bytes of a source, as they are stored; those of a live one, a URL or a query, are held for `read_rows`.

    Raises:
        SourceError: one line: it is missing, a folder, unreadable, too large.
        OSError: a network that may answer the next time.
    """
    data = FETCHERS[location.place](location, config)
    if location.place != "path":
        hold(sha256_of(data), data, limit_of(config))
    return data


def release_sources(files: Iterable[SourceFile]) -> None:
    """Let go of what is held in memory of live sources, once they are read for the last time."""
    release(file.sha256 for file in files)


def read_rows(file: SourceFile, config: SourcesConfig) -> Iterator[SourceRow]:
    """All rows of a described source; of a live one as it was when this process described it.

    Raises:
        SourceError: at the call: it cannot be read any more, or is not what was described.
        OSError: as `fetch`.
    """
    data = held(file.sha256) or fetch(file.location, config)
    if sha256_of(data) != file.sha256:
        raise SourceError(f"{file.location.given}: changed while it was being processed; run again")
    return parse_rows(unpack(data, file.packed, file.location.given, config), file.format, reading(file, config))


def reading(file: SourceFile, config: SourcesConfig) -> Reading:
    """What the reader of a source is told."""
    return Reading(file.location.given, file.columns, limit_of(config))


def parse_rows(data: bytes, format_name: str, how: Reading) -> Iterator[SourceRow]:
    """Read all rows from unpacked bytes.

    Raises:
        SourceError: at the call: an empty table, UTF-16, or wrong as a whole, see the format.
    """
    chosen = FORMATS[format_name]
    if not chosen.page and (not data if chosen.binary else _blank(data)):
        raise SourceError(f"{how.where}: empty file")
    if not chosen.binary and data.startswith(_UTF16):
        raise SourceError(f"{how.where}: expected UTF-8 text, got UTF-16")
    return chosen.rows(data, how)


def _blank(data: bytes) -> bool:
    """Whether a text has nothing but space; mostly the beginning tells."""
    return not data[:_CHUNK].removeprefix(BOM).strip() and not data.removeprefix(BOM).strip()


def unpack(data: bytes, packed: bool, where: str, config: SourcesConfig) -> bytes:
    """The bytes of a source without gzip.

    Raises:
        SourceError: it is packed and its name does not say so, or the other way round; it is damaged; it unpacks to too much.
    """
    if data.startswith(_GZIP_MAGIC) != packed:
        if packed:
            raise SourceError(f"{where}: expected gzip data under the ending {GZIP}, got something else")
        raise SourceError(f"{where}: packed with gzip; expected an ending that says so, such as .csv{GZIP}")
    if not packed:
        return data
    limit = limit_of(config)
    whole = bytearray()
    try:
        with GzipFile(fileobj=BytesIO(data)) as content:
            while chunk := content.read(_CHUNK):  # counted as it grows: a bomb is not unpacked whole
                whole += chunk
                if len(whole) > limit:
                    raise too_large(where, limit)
    except (OSError, EOFError, zlib.error):
        raise SourceError(f"{where}: damaged gzip data") from None
    return bytes(whole)


def wrong_ending(ending: str) -> str:
    """What to say of a file of an unknown kind."""
    return f"expected {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]} (and {GZIP} behind it), got {ending or 'no suffix'}"
