"""What a deployed run may read: only what lies below `sources.allowed_roots`."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote

from langkah.config import SourcesConfig
from langkah.errors import SourceError
from langkah.sources.database import database_of, parsed_address
from langkah.sources.locations import Location, locate, shown_url
from langkah.sources.remote import list_urls


def check_allowed(data: Sequence[str], config: SourcesConfig) -> None:
    """Make sure that every source lies below an allowed root: a folder, or the beginning of a URL.

    Links and `..` are followed before they are compared. With no root in `config`, files below the working folder are
    allowed, and nothing else. A database is allowed by its URL without user and password (`postgresql+psycopg://host/name`),
    an SQLite file as a file.

    Raises:
        SourceError: one line for each source outside, or that `describe_sources` would refuse for its name.
    """
    locations, problems = locate(data, lambda url: list_urls(url) if _url_allowed(shown_url(url), config) else [url])
    for location in locations:
        try:
            if not _allowed(location, config):
                roots = ", ".join(config.allowed_roots) or "the working folder"
                problems.append(f"{location.given}: outside of sources.allowed_roots ({roots})")
        except SourceError as error:
            problems.extend(error.problems)
    if problems:
        raise SourceError(*dict.fromkeys(problems))


def _allowed(location: Location, config: SourcesConfig) -> bool:
    if location.place == "path":
        return _path_allowed(Path(location.target), config)
    if location.place == "url":
        return _url_allowed(location.given, config)
    address = database_of(location, config).url
    url = parsed_address(re.sub(r":\$\{\w+\}@", "@", address), location.given)
    if url.get_backend_name() == "sqlite":
        return _path_allowed(Path(url.database or ""), config)
    return _url_allowed(f"{url.drivername}://{url.host or ''}/{url.database or ''}", config)


def _path_allowed(path: Path, config: SourcesConfig) -> bool:
    roots = [Path(root) for root in config.allowed_roots if "://" not in root] if config.allowed_roots else [Path()]
    try:
        real = path.resolve()
        return any(real.is_relative_to(root.resolve()) for root in roots)
    except (OSError, ValueError, RuntimeError):  # no path, or links in a circle
        return False


def _url_allowed(url: str, config: SourcesConfig) -> bool:
    if "::" in url or "${" in url:  # a chain reads several places; a variable may name any
        return False
    wanted = _normal(url)
    roots = [_normal(root) for root in config.allowed_roots if "://" in root]
    return any(wanted == root or wanted.startswith(root.rstrip("/") + "/") for root in roots)


def _normal(url: str) -> str:
    """A URL with its path resolved; `%2e%2e` is `..` to a server."""
    scheme, _, rest = shown_url(url).partition("://")
    host, _, path = rest.partition("/")
    while (plain := unquote(path)) != path:
        path = plain
    return f"{scheme}://{host.lower()}{posixpath.normpath('/' + path.replace(chr(92), '/'))}"
