"""The files of a run: what they are called, that they can be read, and their bytes, checked against their hash."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pydantic import Field

from langkah.errors import SourceError
from langkah.records import Record

SUFFIXES: Final = (".json", ".jsonl", ".ndjson", ".csv", ".tsv")
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_BOM: Final = b"\xef\xbb\xbf"


class SourceFile(Record):
    """One file of a run, pinned to its bytes."""

    name: str = Field(description="path below the folder that all files of the run share: the same on every machine")
    path: Path
    sha256: str = Field(description="of the file's bytes, hexadecimal")

    @property
    def identity(self) -> str:
        """What a cache key holds of it: name and content, not the folder it lies in."""
        return f"{self.name}:{self.sha256}"


def names_of(paths: Sequence[Path]) -> list[str]:
    """Each path relative to the deepest folder that holds them all, with `/` on every platform."""
    absolute = [Path(os.path.abspath(path)) for path in paths]  # noqa: PTH100  a link keeps the name that the user gave
    try:
        common = os.path.commonpath([path.parent for path in absolute])
    except ValueError:  # two drives of Windows
        return [path.as_posix() for path in absolute]
    return [path.relative_to(common).as_posix() for path in absolute]


def sha256_of(data: bytes) -> str:
    """The hexadecimal SHA-256 of some bytes."""
    return hashlib.sha256(data).hexdigest()


def read_bytes(path: Path) -> bytes:
    """The bytes of a file of a kind that the readers know.

    Raises:
        SourceError: one line: it is missing, a folder, of an unknown kind, unreadable, or empty.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise SourceError(f"{path}: expected a file, got a folder")
        if not stat.S_ISREG(mode):  # a pipe would block for ever
            raise SourceError(f"{path}: expected a plain file")
        if path.suffix.lower() not in SUFFIXES:
            raise SourceError(f"{path}: expected {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}, got {_suffix(path)}")
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise SourceError(f"{path}: no such file") from None
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError:  # a NUL in the path
        raise SourceError(f"{str(path)!r}: not a path") from None
    if not data.removeprefix(_BOM).strip():
        raise SourceError(f"{path}: empty file")
    if data.startswith(_UTF16):
        raise SourceError(f"{path}: expected UTF-8 text, got UTF-16")
    return data


def read_pinned(file: SourceFile) -> bytes:
    """The bytes of a described file.

    Raises:
        SourceError: it cannot be read any more, or is not the file that was described.
    """
    data = read_bytes(file.path)
    if sha256_of(data) != file.sha256:
        raise SourceError(f"{file.path}: changed while it was being processed; run again")
    return data


def decode(data: bytes) -> str:
    """UTF-8 text without byte order mark. A wrong byte becomes a lone surrogate, so that only its row is set aside."""
    return data.removeprefix(_BOM).decode("utf-8", errors="surrogateescape")


def _suffix(path: Path) -> str:
    return path.suffix or "no suffix"
