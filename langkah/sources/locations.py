"""Where the sources of a run lie: paths, globs, URLs and database queries, one `Location` for each source."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Literal
from urllib.parse import unquote, urlsplit

from langkah.addresses import holds_secret, parted
from langkah.errors import SourceError
from langkah.records import Record

Place = Literal["path", "url", "query"]
_URL: Final = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*::)*[A-Za-z][A-Za-z0-9+.-]+://")
_QUERY: Final = "sql:"
_LOCAL: Final = ("file://", "local://")
_CACHING: Final = ("filecache", "simplecache", "blockcache")
"""Protocols of fsspec that write what they read to disk."""


class Location(Record):
    """One source: a file, an object behind a URL, or the rows of a query.

    `given` is how an error names it, `target` what it is fetched by: an absolute path, a URL (`${NAME}` in it stands for an
    environment variable), or the name of a query in `sources.databases`. Neither holds a secret, nor a variable's value.
    `bounded` says that a redirect must stay below the roots of a deployed run.
    """

    place: Place
    target: str
    given: str
    bounded: bool = False


Listing = Callable[[str], list[str]]
"""What a name means: itself, or what it matches as a glob, sorted."""


def list_paths(given: str) -> list[str]:
    """The files that a glob matches, sorted; the path itself where it has none, or is a file's own name.

    Raises:
        SourceError: one line: nothing matches.
    """
    if not glob.has_magic(given) or os.path.lexists(given):
        return [given]
    found = sorted(path for path in glob.glob(given, recursive=True) if not Path(path).is_dir())  # noqa: PTH207  `..` and roots too
    if not found:
        raise SourceError(f"{given}: matches no file")
    return found


def locate(data: Sequence[str], list_urls: Listing, list_paths: Listing = list_paths) -> tuple[list[Location], list[str]]:
    """Say what each `--data` means; a glob means the files that it matches, in sorted order.

    A file that a glob matches again is taken once; one that is named twice is an error.

    Args:
        data: paths, globs, URLs, `sql:NAME`.
        list_urls: the URLs that a URL with a glob matches.
        list_paths: the same for paths.

    Returns:
        The locations in the order given, and a line for each thing that is wrong.
    """
    found: list[Location] = []
    problems: list[str] = []
    seen: dict[str, bool] = {}
    for given in data:
        try:
            matched, globbed = _matches(given, list_urls, list_paths)
        except SourceError as error:
            problems.extend(error.problems)
            continue
        for location in matched:
            same = _same(location)
            if same not in seen:
                seen[same] = globbed
                found.append(location)
            elif not globbed and not seen[same]:
                problems.append(f"{location.given}: given twice")
    return found, problems


def _matches(given: str, list_urls: Listing, list_paths: Listing) -> tuple[list[Location], bool]:
    """The locations that one `--data` means, and whether a glob named them."""
    if given.startswith(_QUERY):
        return [Location(place="query", target=given.removeprefix(_QUERY), given=given)], False
    if given.lower().startswith(_LOCAL):
        return _paths(unquote(given.partition("://")[2]), list_paths)
    if not _URL.match(given):
        return _paths(given, list_paths)
    shown = shown_url(given)
    if any(part.partition("://")[0].lower() in _CACHING for part in given.split("::")):
        raise SourceError(f"{shown}: expected a URL without a cache: it would write what it reads to disk")
    if holds_secret(given):
        told = "expected no password, token or signature in a URL; write ${NAME} for the environment variable NAME"
        raise SourceError(f"{shown}: {told}")
    urls = list_urls(given)
    return [Location(place="url", target=url, given=shown_url(url)) for url in urls], urls != [given]


def _paths(given: str, list_paths: Listing) -> tuple[list[Location], bool]:
    paths = list_paths(given)
    return [_path(path) for path in paths], paths != [given]


def _path(given: str) -> Location:
    return Location(place="path", target=str(Path(given).absolute()), given=given)


def _same(location: Location) -> str:
    """What two locations of one source have in common."""
    if location.place != "path":
        return f"{location.place} {location.target}"
    try:
        return f"path {Path(location.target).resolve(strict=True)}"
    except (OSError, ValueError, RuntimeError):
        return f"path {location.target}"


def shown_url(url: str) -> str:
    """A URL as it may be told and stored: without user, password, query and fragment, in which secrets travel."""
    return "::".join(_bare(part) for part in url.split("::"))


def _bare(url: str) -> str:
    scheme, mark, rest = url.partition("://")
    if not mark:
        return url
    return f"{scheme.lower()}://{re.split('[?#]', parted(rest)[1], maxsplit=1)[0]}"


def names_of(locations: Sequence[Location]) -> list[str]:
    """A name for each source, the same on every machine: files by their path below the deepest folder that holds them all.

    URLs are named whole, but for what may be secret; two that differ only in that are told apart by their order.
    """
    folder = _common_folder([_normal(location) for location in locations if location.place == "path"])
    names: list[str] = []
    for location in locations:
        if location.place == "path":
            path = Path(_normal(location))
            name = path.relative_to(folder).as_posix() if folder else path.as_posix()
        else:
            name = location.given
        number = 1 + sum(other == name or other.startswith(f"{name}#") for other in names)
        names.append(name if number == 1 else f"{name}#{number}")
    return names


def _normal(location: Location) -> str:
    """A path without `..`; a link keeps the name that the user gave."""
    return os.path.abspath(location.target)  # noqa: PTH100


def source_name(location: Location) -> str:
    """The bare name of a source: a row's source must not depend on what else is read."""
    if location.place == "path":
        return Path(location.target).name
    if location.place == "query":
        return location.given
    path = urlsplit(location.given).path.rstrip("/")
    return path.rpartition("/")[2] or location.given


def _common_folder(paths: Sequence[str]) -> str | None:
    try:
        return os.path.commonpath([str(Path(path).parent) for path in paths]) if paths else None
    except ValueError:  # two drives of Windows
        return None
