"""Results of work that is done record by record, kept by content and shared by all runs of a workspace.

Adding ten records to ten thousand then costs ten. A key is an HMAC of the record's text with a secret of the workspace, so
that nobody who reads the file alone can try whether it holds a text that he guesses; a value is what may be at rest, such as
scrubbed text.
"""

from __future__ import annotations

import copy
import errno
import functools
import hashlib
import hmac
import os
import re
import shutil
import sqlite3
import threading
import zlib
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from filelock import FileLock

T = TypeVar("T")

_AT_ONCE = 500
_LEAST_ROOM = 1 << 20
"""Bytes that a disk must have for an error not to be the want of them."""
_MARK = 8
"""Characters of the mark before a value."""
_PASSING = (
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PERM, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT,
)  # fmt: skip
"""Result codes of SQLite that say nothing of the file's content."""
_NETWORKED = re.compile(r"nfs\d?|cifs|smb\d?|smbfs|9p|ceph|lustre|beegfs|gpfs|glusterfs|afs|virtiofs|fuse\..+")
"""Types of file systems that several machines may have mounted."""
_MOUNTS = Path("/proc/mounts")
_SETUP = (
    "PRAGMA synchronous=NORMAL",
    # Keys come in no order: where few pages of their index are in memory, each write of a million goes to a page of its own.
    "PRAGMA cache_size=-65536",
    "PRAGMA wal_autocheckpoint=10000",
    # Values lie in the order in which they come; in the tree of keys itself (WITHOUT ROWID) they took twice the time.
    "CREATE TABLE IF NOT EXISTS records (key BLOB PRIMARY KEY, value TEXT NOT NULL)",
)


class RecordCache:
    """A map from the parts of a record to the result of one kind of work, in a SQLite file.

    Several processes may read and write it at once. A file that is damaged, wherever, is begun anew: it holds
    nothing that cannot be made again.

    Args:
        path: the file, made where it is missing.
        secret: the key of the HMAC.
        work: what was done, with all that decides the result but the record: another text, other entries.
    """

    def __init__(self, path: Path, secret: bytes, work: str) -> None:
        self._file = _File(path)
        self._base = hmac.new(secret, work.encode(), hashlib.sha256)

    def key(self, *parts: str) -> bytes:
        """Return the key of a record made of these texts, in this order."""
        mac = self._base.copy()
        encoded = [part.encode("utf-8", "surrogatepass") for part in parts]
        mac.update(b"".join(piece for data in encoded for piece in (len(data).to_bytes(8, "big"), data)))
        return mac.digest()

    def get(self, keys: Sequence[bytes]) -> dict[bytes, str]:
        """Return the results that are there, less those that are not as they were written."""

        def read(connection: sqlite3.Connection) -> dict[bytes, str]:
            found: dict[bytes, str] = {}
            for start in range(0, len(keys), _AT_ONCE):
                some = keys[start : start + _AT_ONCE]
                marks = ",".join("?" * len(some))
                rows = connection.execute(f"SELECT key, value FROM records WHERE key IN ({marks})", some)
                found.update((key, value[_MARK:]) for key, value in rows if value[:_MARK] == _mark(key, value[_MARK:]))
            return found

        return self._file.use(read)

    def put(self, results: Mapping[bytes, str] | Iterable[tuple[bytes, str]]) -> None:
        """Keep results; one that is there already is replaced."""
        pairs: Iterable[tuple[bytes, str]] = dict(results).items()
        rows = [(key, _mark(key, value) + value) for key, value in pairs]

        def write(connection: sqlite3.Connection) -> None:
            with connection:
                connection.executemany("INSERT OR REPLACE INTO records VALUES (?, ?)", rows)

        self._file.use(write)

    @contextmanager
    def named(self) -> Generator[NamedResults]:
        """Yield the cache as a map from a text that names the work (a hash, say) to its result.

        Its connection stays open in the block: results come in one by one, and closing the last connection of a file takes
        20 ms. Threads may share it.
        """
        mine = copy.copy(self)
        mine._file = _File(self._file.path, stays=True)
        try:
            yield NamedResults(mine)
        finally:
            mine._file.close()


class NamedResults:
    """One text a name. What is in it cannot be listed: names are kept as HMACs."""

    def __init__(self, cache: RecordCache) -> None:
        self._cache = cache

    def get_many(self, names: Sequence[str]) -> dict[str, str]:
        """Return the results that are there, read in one go."""
        keys = {self._cache.key(name): name for name in names}
        return {keys[key]: value for key, value in self._cache.get(list(keys)).items()}

    def put(self, found: Mapping[str, str]) -> None:
        """Keep results; one that is there already is replaced."""
        self._cache.put({self._cache.key(name): value for name, value in found.items()})


class _File:
    """The SQLite file, opened for each use, or kept open until `close`."""

    def __init__(self, path: Path, *, stays: bool = False) -> None:
        self.path = path
        self._stays = stays
        self._open: sqlite3.Connection | None = None
        self._lock = threading.Lock()

    def use(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do something with the file; where it turns out damaged, with a new one.

        Raises:
            OSError: there is no room on the disk.
            sqlite3.OperationalError: it is locked for a minute, or cannot be written: no reason to throw it away.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._lock:
            try:
                return self._tried(work)
            except sqlite3.DatabaseError as error:
                self.close()
                if _passes(error):
                    if shutil.disk_usage(self.path.parent).free < _LEAST_ROOM:  # SQLite has several words for it
                        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from None
                    raise
                self._begin_anew()
                return self._tried(work)

    def close(self) -> None:
        """Close the connection, if one is open."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def _tried(self, work: Callable[[sqlite3.Connection], T]) -> T:
        new = self._open is None
        self._open = self._open or sqlite3.connect(self.path, timeout=60, check_same_thread=False)
        try:
            for statement in (f"PRAGMA journal_mode={_journal(self.path.parent)}", *_SETUP) if new else ():
                self._open.execute(statement)
            return work(self._open)
        finally:
            if not self._stays:
                self.close()

    def _begin_anew(self) -> None:
        """Remove the damaged file, unless another process did so meanwhile: what is whole is left alone."""
        with FileLock(f"{self.path}.lock"):
            try:
                sound = self._tried(lambda connection: connection.execute("PRAGMA integrity_check(1)").fetchone()) == ("ok",)
            except sqlite3.DatabaseError as error:
                if _passes(error):
                    raise
                sound = False
            if not sound:
                self.close()
                for ending in ("-wal", "-shm", ""):
                    self.path.with_name(self.path.name + ending).unlink(missing_ok=True)


@functools.cache
def _journal(folder: Path) -> str:
    """How SQLite keeps a file of a folder whole: by a log that readers need not wait for, unless other machines may open it
    too, who would not see the memory that such a log is shared by (sqlite.org/wal.html)."""
    try:
        mounts = [line.split()[1:3] for line in _MOUNTS.read_text(encoding="utf-8").splitlines()]
    except OSError:  # no Linux
        return "WAL"
    place = f"{folder.resolve()}/"
    of_place = [(len(at), number) for number, (at, _) in enumerate(mounts) if place.startswith(f"{at.rstrip('/')}/")]
    _, number = max(of_place, default=(0, None))  # the deepest; of two at one place the later, which lies over the other
    return "DELETE" if number is not None and _NETWORKED.fullmatch(mounts[number][1]) else "WAL"


def _mark(key: bytes, value: str) -> str:
    """What a value begins with in the file: of its key and its text, so that neither can change without a notice."""
    return f"{zlib.crc32(value.encode('utf-8', 'surrogatepass'), zlib.crc32(key)):08x}"


def _passes(error: sqlite3.DatabaseError) -> bool:
    """Whether an error may be gone the next time, and says nothing of the file."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return isinstance(error, sqlite3.OperationalError) and code is not None and code & 0xFF in _PASSING
