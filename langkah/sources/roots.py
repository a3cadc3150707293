"""What a deployed run may read: only what lies below its roots (`langkah.sources.bounds`)."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from typing import Final

from langkah.addresses import VARIABLE, parted
from langkah.config import SourcesConfig
from langkah.errors import SourceError
from langkah.sources.bounds import Roots, bounds
from langkah.sources.database import database_of, parsed_address
from langkah.sources.locations import Location, list_paths, locate, shown_url
from langkah.sources.remote import list_urls

_HARMLESS: Final = ("application_name", "charset", "client_encoding", "connect_timeout", "driver", "sslmode", "timeout")
"""Parameters of a database's address that do not say where the database is."""
_PLAIN: Final = re.compile(r"[\w .+-]*")


def check_allowed(data: Sequence[str], config: SourcesConfig) -> None:
    """Make sure that every source lies below an allowed root: a folder, or the beginning of a URL.

    Links and `..` are followed before they are compared. With no root at all, files below the working folder are
    allowed, and nothing else. A database is allowed by its URL without user and password
    (`postgresql+psycopg://host/name`), an SQLite file as a file.

    Raises:
        SourceError: one line for each source outside, or that `describe_sources` would refuse for its name.
    """
    roots = bounds(config)

    def listed(url: str) -> list[str]:
        return list_urls(url) if all(each.allow_url(shown_url(url)) for each in roots) else [url]

    def found(path: str) -> list[str]:
        if os.path.lexists(path) or not glob.has_magic(path):
            return [path]
        if outside := [each for each in roots if not each.allow_path(_folder_of(path))]:
            raise SourceError(*(_outside(path, each) for each in outside))
        return list_paths(path)

    locations, problems = locate(data, listed, found)
    for location in locations:
        try:
            problems.extend(_outside(location.given, each) for each in roots if not _allowed(location, config, each))
        except SourceError as error:
            problems.extend(error.problems)
    if problems:
        raise SourceError(*dict.fromkeys(problems))


def _outside(given: str, roots: Roots) -> str:
    return f"{given}: outside of {roots.told}; put it below, or have its place added there"


def _folder_of(path: str) -> Path:
    """What a glob searches, and is not to tell of from outside of a root: what stands before its first sign."""
    parts = Path(path).parts
    fixed = tuple(takewhile(lambda part: not glob.has_magic(part), parts))
    if ".." in parts[len(fixed) :]:  # behind a link it leads anywhere
        raise SourceError(f"{path}: expected no `..` behind a glob")
    return Path(*fixed)


def _allowed(location: Location, config: SourcesConfig, roots: Roots) -> bool:
    if location.place == "path":
        return roots.allow_path(Path(location.target))
    if location.place == "url":
        return roots.allow_url(location.given)
    return _database_allowed(database_of(location, config).url, location.given, roots)


def _database_allowed(address: str, where: str, roots: Roots) -> bool:
    scheme, mark, rest = address.partition("://")
    place = parted(rest)[1]
    if VARIABLE.search(scheme + place):  # it may name any place; user and password name none
        return False
    url = parsed_address(scheme + mark + place, where)
    if not all(
        name.lower() in _HARMLESS and all(map(_PLAIN.fullmatch, values)) for name, values in url.normalized_query.items()
    ):
        return False
    if url.get_backend_name() == "sqlite":
        file = url.database or ""
        return not file.startswith("file:") and roots.allow_path(Path(os.path.abspath(file)))  # noqa: PTH100  as the driver
    port = f":{url.port}" if url.port else ""
    return roots.allow_url(f"{url.drivername}://{url.host or ''}{port}/{url.database or ''}")
