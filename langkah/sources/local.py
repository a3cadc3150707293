"""Files of this machine."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import BinaryIO

from langkah.config import SourcesConfig
from langkah.errors import SourceError
from langkah.sources.locations import Location
from langkah.sources.rows import limit_of, too_large


def plain_file(location: Location, config: SourcesConfig) -> Path:
    """The path of a file that is there and not too large.

    Raises:
        SourceError: one line: it is missing, a folder, no plain file, or too large.
    """
    path, where, limit = Path(location.target), location.given, limit_of(config)
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise SourceError(f"{where}: no such file") from None
    except OSError as error:
        raise SourceError(f"{where}: cannot be read: {error.strerror}") from None
    except ValueError:  # a NUL in the path
        raise SourceError(f"{where!r}: not a path") from None
    if stat.S_ISDIR(found.st_mode):
        raise SourceError(f"{where}: expected a file, got a folder")
    if not stat.S_ISREG(found.st_mode):  # a pipe would block for ever
        raise SourceError(f"{where}: expected a plain file")
    if found.st_size > limit:
        raise too_large(where, limit)
    return path


def open_file(location: Location, config: SourcesConfig) -> BinaryIO:
    """A file, opened to be read from its start.

    Raises:
        SourceError: as `plain_file`, or it may not be read.
    """
    try:
        return plain_file(location, config).open("rb")
    except OSError as error:
        raise SourceError(f"{location.given}: cannot be read: {error.strerror}") from None
