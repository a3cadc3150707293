"""Check the sources of a run before anything starts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from langkah.config import ColumnsConfig, SourcesConfig
from langkah.errors import SourceError
from langkah.sources import database
from langkah.sources.files import SourceFile, fetch, parse_rows, reading, sha256_of, unpack, wrong_ending
from langkah.sources.formats import ENDINGS, FORMATS, ending_of, format_of
from langkah.sources.local import plain_file
from langkah.sources.locations import Location, locate, names_of, source_name
from langkah.sources.remote import list_urls

_PLAIN: Final = SourcesConfig()
_MARKUP: Final = b"<"
_SNIFFED: Final = 1 << 16
"""Bytes in which the first mark of a page is looked for."""


def describe_sources(data: Sequence[str], config: SourcesConfig = _PLAIN, *, bounded: bool = False) -> tuple[SourceFile, ...]:
    """Name and hash the sources of a run, in the order of their names.

    Args:
        data: paths, globs (`docs/**/*.md`), URLs (`s3://bucket/faq.csv`), `sql:NAME` for a query of `config.databases`.
        config: how they are read.
        bounded: whether a redirect must stay below the roots of a deployed run, as `check_allowed` makes sure of the sources.

    Raises:
        SourceError: one line for each problem of each source: missing, a folder, empty, unreadable, too large, of an unknown
            kind, given twice, invalid JSON as a whole (with line and column), a table without a column for prompt or output,
            a glob that matches nothing, a missing driver, a query that fails, a variable that is not set.
    """
    if not data:
        raise SourceError(f"no file given: expected at least one {', '.join(ENDINGS)}")
    locations, problems = locate(data, list_urls)
    described: list[SourceFile] = []
    for location, name in zip(locations, names_of(locations), strict=True):
        try:
            described.append(_describe(location.model_copy(update={"bounded": bounded}), name, config))
        except SourceError as error:
            problems.extend(error.problems)
        except OSError as error:  # a network that does not answer
            problems.append(error.strerror or f"{location.given}: cannot be read: {type(error).__name__}")
    if problems:
        raise SourceError(*dict.fromkeys(problems))
    return tuple(sorted(described, key=lambda file: file.name))


def _describe(location: Location, name: str, config: SourcesConfig) -> SourceFile:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        raise SourceError(f"{location.given!r}: expected a file name in UTF-8") from None
    kind, packed = (database.FORMAT, False) if location.place == "query" else format_of(source_name(location))
    if kind is None and location.place == "path":
        plain_file(location, config)  # missing and folders are told first
        raise SourceError(f"{location.given}: {wrong_ending(ending_of(source_name(location)))}")
    with fetch(location, config) as stream:
        if kind is None and not packed and stream.read(_SNIFFED).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(_MARKUP):
            kind = "html"  # a page of a web site has no ending
        if kind is None:
            raise SourceError(f"{location.given}: {wrong_ending(ending_of(source_name(location)))}")
        try:
            sha256 = sha256_of(stream)
        except OSError as error:
            raise SourceError(f"{location.given}: cannot be read: {error.strerror}") from None
        file = SourceFile(
            name=name,
            source=source_name(location),
            location=location,
            format=kind,
            packed=packed,
            columns=ColumnsConfig() if FORMATS[kind].page else config.columns,
            sha256=sha256,
        )
        parse_rows(unpack(stream, packed, location.given, config), kind, reading(file, config))
    return file
