"""The sources of a run, pinned to their bytes, and those bytes: fetched, checked against their hash, unpacked."""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from gzip import GzipFile
from io import BytesIO
from types import MappingProxyType
from typing import BinaryIO, Final

from pydantic import Field

from langkah.config import ColumnsConfig, SourcesConfig
from langkah.errors import SourceError
from langkah.records import Record
from langkah.sources.database import query_bytes
from langkah.sources.formats import ENDINGS, FORMATS, GZIP
from langkah.sources.local import open_file
from langkah.sources.locations import Location, Place
from langkah.sources.remote import url_bytes
from langkah.sources.rows import BOM, Reading, SourceRow, limit_of, too_large
from langkah.sources.snapshots import held, hold, release

_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_GZIP_MAGIC: Final = b"\x1f\x8b"
_CHUNK: Final = 1 << 20
FETCHERS: Final = MappingProxyType[Place, Callable[[Location, SourcesConfig], bytes]]({"url": url_bytes, "query": query_bytes})
"""How the bytes of a live source are got; each raises a `SourceError` of one line, or an `OSError` that may pass."""


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


def sha256_of(stream: BinaryIO) -> str:
    """The hexadecimal SHA-256 of what is in a stream, which stands at its start then."""
    stream.seek(0)
    digest = hashlib.sha256()
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
    stream.seek(0)
    return digest.hexdigest()


def fetch(location: Location, config: SourcesConfig) -> BinaryIO:
    """What is in a source, as it is stored: a file opened; of a live one, a URL or a query, what `read_rows` will read too.

    Raises:
        SourceError: one line: it is missing, a folder, unreadable, too large.
        OSError: a network that may answer the next time.
    """
    if location.place == "path":
        return open_file(location, config)
    data = FETCHERS[location.place](location, config)
    hold(hashlib.sha256(data).hexdigest(), data, limit_of(config))
    return BytesIO(data)


def release_sources(files: Iterable[SourceFile]) -> None:
    """Let go of what is held in memory of live sources, once they are read for the last time."""
    release(file.sha256 for file in files)


def read_rows(file: SourceFile, config: SourcesConfig) -> Iterator[SourceRow]:
    """All rows of a described source; of a live one as it was when this process described it.

    Raises:
        SourceError: at the call: it cannot be read any more, or is not what was described.
        OSError: as `fetch`.
    """
    kept = held(file.sha256)
    with ExitStack() as stack:
        stream = stack.enter_context(BytesIO(kept) if kept is not None else fetch(file.location, config))
        before = _stamp(stream)
        try:
            same = sha256_of(stream) == file.sha256
        except OSError as error:
            raise SourceError(f"{file.location.given}: cannot be read: {error.strerror}") from None
        if not same:
            raise _changed(file)
        rows = parse_rows(unpack(stream, file.packed, file.location.given, config), file.format, reading(file, config))
        return _closing(rows, stack.pop_all(), lambda: _stamp(stream) == before, file)


def _closing(
    rows: Iterator[SourceRow], stack: ExitStack, unchanged: Callable[[], bool], file: SourceFile
) -> Iterator[SourceRow]:
    """The rows of an open source, which must not change while it is read."""
    with stack:
        yield from rows
        if not unchanged():
            raise _changed(file)


def _changed(file: SourceFile) -> SourceError:
    return SourceError(f"{file.location.given}: changed while it was being processed; run again")


def _stamp(stream: BinaryIO) -> tuple[int, int]:
    """Size and time of an open file; of bytes in memory always the same."""
    if isinstance(stream, BytesIO):
        return 0, 0
    found = os.fstat(stream.fileno())
    return found.st_size, found.st_mtime_ns


def reading(file: SourceFile, config: SourcesConfig) -> Reading:
    """What the reader of a source is told."""
    return Reading(file.location.given, file.columns, limit_of(config))


def parse_rows(stream: BinaryIO, format_name: str, how: Reading) -> Iterator[SourceRow]:
    """Read all rows of unpacked bytes.

    Raises:
        SourceError: at the call: an empty table, UTF-16, or wrong as a whole, see the format.
    """
    chosen = FORMATS[format_name]
    stream.seek(0)
    begins = stream.read(len(BOM))
    if not chosen.page and (not begins if chosen.binary else _blank(stream)):
        raise SourceError(f"{how.where}: empty file")
    if not chosen.binary and begins.startswith(_UTF16):
        raise SourceError(f"{how.where}: expected UTF-8 text, got UTF-16")
    stream.seek(0)
    return chosen.rows(stream, how)


def _blank(stream: BinaryIO) -> bool:
    """Whether a text has nothing but space; mostly the beginning tells."""
    stream.seek(0)
    chunk = stream.read(_CHUNK).removeprefix(BOM)
    while not chunk.strip():
        chunk = stream.read(_CHUNK)
        if not chunk:
            return True
    return False


def unpack(stream: BinaryIO, packed: bool, where: str, config: SourcesConfig) -> BinaryIO:
    """What is in a source without gzip; what was packed is unpacked into memory.

    Raises:
        SourceError: it is packed and its name does not say so, or the other way round; it is damaged; it unpacks to too much.
    """
    stream.seek(0)
    magic = stream.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
    stream.seek(0)
    if magic != packed:
        if packed:
            raise SourceError(f"{where}: expected gzip data under the ending {GZIP}, got something else")
        raise SourceError(f"{where}: packed with gzip; expected an ending that says so, such as .csv{GZIP}")
    if not packed:
        return stream
    limit = limit_of(config)
    whole = BytesIO()
    try:
        with GzipFile(fileobj=stream) as content:
            while chunk := content.read(_CHUNK):  # counted as it grows: a bomb is not unpacked whole
                whole.write(chunk)
                if whole.tell() > limit:
                    raise too_large(where, limit)
    except (OSError, EOFError, zlib.error):
        raise SourceError(f"{where}: damaged gzip data") from None
    whole.seek(0)
    return whole


def wrong_ending(ending: str) -> str:
    """What to say of a file of an unknown kind."""
    return f"expected {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]} (and {GZIP} behind it), got {ending or 'no suffix'}"
