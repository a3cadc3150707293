"""The roots below which a deployed run may read: those of its worker, and those of its settings, which only narrow them."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import unquote

from langkah.config import SourcesConfig
from langkah.sources.locations import shown_url

WORKER_ROOTS: Final = "LANGKAH_ALLOWED_ROOTS"
"""Environment variable of a worker: folders and beginnings of URLs, parted by commas (a URL holds colons)."""


class Roots(NamedTuple):
    """Folders and beginnings of URLs, and who set them. No folder and no URL means the working folder."""

    told: str
    roots: tuple[str, ...]

    def allow_path(self, path: Path) -> bool:
        """Whether a path leads below a folder, links and `..` followed."""
        folders = [Path(root) for root in self.roots if "://" not in root] if self.roots else [Path()]
        try:
            real = path.resolve()
            return any(real.is_relative_to(folder.resolve()) for folder in folders)
        except (OSError, ValueError, RuntimeError):  # no path, or links in a circle
            return False

    def allow_url(self, url: str) -> bool:
        """Whether a URL begins as one of the roots does, to the end of a part of its path."""
        if "::" in url or "${" in url:  # a chain reads several places; a variable may name any
            return False
        # What a web client takes for the host is up to the first slash, whatever stands behind an `@` after it.
        if url.lower().startswith(("http://", "https://")) and "@" in url.partition("://")[2].partition("?")[0]:
            return False
        wanted = _normal(url)
        roots = [_normal(root) for root in self.roots if "://" in root]
        return any(wanted == root or wanted.startswith(root.rstrip("/") + "/") for root in roots)


def bounds(config: SourcesConfig) -> Sequence[Roots]:
    """The roots that apply to a deployed run; what it reads must lie below one of each."""
    worker = tuple(root for each in os.environ.get(WORKER_ROOTS, "").split(",") if (root := each.strip()))
    found = [Roots(f"{WORKER_ROOTS} of this worker ({', '.join(worker)})", worker)] if worker else []
    if config.allowed_roots or not worker:
        told = ", ".join(config.allowed_roots) or "the working folder"
        found.append(Roots(f"sources.allowed_roots ({told})", config.allowed_roots))
    return found


def _normal(url: str) -> str:
    """A URL with its path resolved; `%2e%2e` is `..` to a server."""
    scheme, _, rest = shown_url(url).partition("://")
    host, _, path = rest.partition("/")
    while (plain := unquote(path)) != path:
        path = plain
    return f"{scheme}://{host.lower()}{posixpath.normpath('/' + path.replace(chr(92), '/'))}"
