"""Objects behind URLs, through fsspec: s3://, gs://, https:// and what else it has drivers for; no cache on disk."""

from __future__ import annotations

import errno
from typing import Any, Final
from urllib.parse import urljoin

from langkah.config import SourcesConfig
from langkah.errors import SourceError
from langkah.sources.bounds import bounds
from langkah.sources.environment import expand
from langkah.sources.locations import Location, shown_url
from langkah.sources.rows import limit_of, too_large

_WEB: Final = ("http", "https")
_GLOB: Final = "*?["
_CHUNK: Final = 1 << 20
_REDIRECTS: Final = (301, 302, 303, 307, 308)
_MOST_REDIRECTS: Final = 10
_PASSING: Final = (408, 425, 429)
"""HTTP answers that another attempt may better, beside those from 500 on."""


def list_urls(url: str) -> list[str]:
    """The URLs that a URL with a glob matches, sorted; the URL itself where it has none, or is an object's own name.

    Variables before the glob stay variables in what is returned.

    Raises:
        SourceError: one line: nothing matches, the driver is missing, the store cannot be reached.
    """
    scheme = url.partition("://")[0].lower()
    if scheme in _WEB or not any(sign in url.partition("://")[2] for sign in _GLOB):
        return [url]
    where = shown_url(url)
    system, path = _open_system(url, where)
    try:
        if system.exists(path):
            return [url]
        details = system.glob(path, detail=True)
        found = sorted(name for name, info in details.items() if info.get("type") != "directory")
    except Exception as error:
        raise _problem(error, where) from None
    if not found:
        raise SourceError(f"{where}: matches no file")
    first, chained, behind = url.partition("::")
    folder, pattern = _without_glob(first)
    if "${" in pattern or not path.endswith(pattern):
        raise SourceError(f"{where}: expected no ${{NAME}} in or behind a glob")
    known = len(path) - len(pattern)
    return [f"{folder}{name.removeprefix(path[:known])}{chained}{behind}" for name in found]


def _without_glob(url: str) -> tuple[str, str]:
    """A URL up to the folder in which its glob begins, and the glob."""
    start = url.index("://") + 3
    sign = min(place for mark in _GLOB if (place := url.find(mark, start)) >= 0)
    cut = max(start, url.rfind("/", 0, sign) + 1)
    return url[:cut], url[cut:]


def url_bytes(location: Location, config: SourcesConfig) -> bytes:
    """The bytes of an object.

    Raises:
        SourceError: one line: it is missing, forbidden or too large, the driver is missing.
        OSError: the store does not answer, or answers that it is busy.
    """
    where, limit = location.given, limit_of(config)
    whole = bytearray()
    try:
        with _open(location, config) as content:
            while chunk := content.read(_CHUNK):
                whole += chunk
                if len(whole) > limit:
                    raise too_large(where, limit)
    except SourceError:
        raise
    except Exception as error:
        raise _problem(error, where) from None
    return bytes(whole)


def _open(location: Location, config: SourcesConfig) -> Any:
    where = location.given
    system, path = _open_system(location.target, where)
    if not where.startswith(_WEB):
        return system.open(path, "rb")
    # A web server need not know ranges or lengths: read it as a stream. With a size, of whatever value, fsspec does not
    # ask for it first; when that fails, it says "no such file" whatever the answer was.
    options: dict[str, Any] = {"block_size": 0, "size": 1}
    if not location.bounded:
        return system.open(path, "rb", **options)
    for _ in range(_MOST_REDIRECTS):
        content = system.open(path, "rb", **options, allow_redirects=False)
        if content.r.status not in _REDIRECTS:
            return content
        path = urljoin(path, content.r.headers["Location"])
        content.close()
        if not all(roots.allow_url(path) for roots in bounds(config)):
            raise SourceError(f"{where}: is redirected outside of what this run may read, to {shown_url(path)}")
    raise SourceError(f"{where}: is redirected without end")


def _open_system(url: str, where: str) -> tuple[Any, str]:
    from fsspec.core import url_to_fs

    try:
        system, path = url_to_fs(expand(url, where), use_listings_cache=False)
    except SourceError:
        raise
    except ImportError as error:  # fsspec's own words: which package to install
        raise SourceError(f"{where}: {' '.join(str(error).split())}") from None
    except ValueError:
        scheme = where.partition("://")[0]
        raise SourceError(f"{where}: no driver for {scheme}:// (expected a path, or a URL that fsspec reads)") from None
    except Exception as error:
        raise _problem(error, where) from None
    return system, path


def _problem(error: Exception, where: str) -> Exception:
    """What a driver's error means, without its message: that may hold a signed URL, or part of the content."""
    status = getattr(error, "status", None)
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return SourceError(f"{where}: no such file")
    if isinstance(error, IsADirectoryError):
        return SourceError(f"{where}: expected a file, got a folder")
    if isinstance(error, PermissionError):
        return SourceError(f"{where}: cannot be read: no permission")
    if isinstance(status, int):
        if status in _PASSING or status >= 500:
            return ConnectionError(errno.EAGAIN, f"{where}: the server answered {status}")
        return SourceError(f"{where}: cannot be read: the server answered {status}")
    if isinstance(error, (OSError, TimeoutError)):
        return ConnectionError(errno.EIO, f"{where}: cannot be read: {type(error).__name__}")
    return SourceError(f"{where}: cannot be read: {type(error).__name__}")
