"""Results of work that is done record by record, kept by content and shared by all runs of a workspace.

Adding ten records to ten thousand then costs ten. A key is an HMAC of the record's text with a secret of the workspace, so
that nobody who reads the file alone can try whether it holds a text that he guesses; a value is what may be at rest, such as
scrubbed text.
"""

from __future__ import annotations

import hashlib
import hmac
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from filelock import FileLock

T = TypeVar("T")

_AT_ONCE = 500
_MARK = 8
"""Characters of the mark before a value."""
_PASSING = (
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PERM, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT,
)  # fmt: skip
"""Result codes of SQLite that say nothing of the file's content."""
_SCHEMA = "CREATE TABLE IF NOT EXISTS records (key BLOB PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"


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
        self._path = path
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

        return self._with_file(read)

    def put(self, results: Mapping[bytes, str] | Iterable[tuple[bytes, str]]) -> None:
        """Keep results; one that is there already is replaced."""
        pairs: Iterable[tuple[bytes, str]] = dict(results).items()
        rows = [(key, _mark(key, value) + value) for key, value in pairs]

        def write(connection: sqlite3.Connection) -> None:
            with connection:
                connection.executemany("INSERT OR REPLACE INTO records VALUES (?, ?)", rows)

        self._with_file(write)

    def replies(self) -> MutableMapping[str, str]:
        """Return the cache as a map from a text that names the work (a hash, say) to its result."""
        return _Replies(self)

    def _with_file(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do something with the file; where it turns out damaged, with a new one.

        Raises:
            sqlite3.OperationalError: it is locked for a minute, or cannot be written: no reason to throw it away.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return self._tried(work)
        except sqlite3.DatabaseError as error:
            if _passes(error):
                raise
            self._begin_anew()
            return self._tried(work)

    def _tried(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with closing(sqlite3.connect(self._path, timeout=60)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute(_SCHEMA)
            return work(connection)

    def _begin_anew(self) -> None:
        """Remove the damaged file, unless another process did so meanwhile: what is whole is left alone."""
        with FileLock(f"{self._path}.lock"):
            try:
                sound = self._tried(lambda connection: connection.execute("PRAGMA integrity_check(1)").fetchone()) == ("ok",)
            except sqlite3.DatabaseError as error:
                if _passes(error):
                    raise
                sound = False
            if not sound:
                for ending in ("-wal", "-shm", ""):
                    self._path.with_name(self._path.name + ending).unlink(missing_ok=True)


def _mark(key: bytes, value: str) -> str:
    """What a value begins with in the file: of its key and its text, so that neither can change without a notice."""
    return f"{zlib.crc32(value.encode('utf-8', 'surrogatepass'), zlib.crc32(key)):08x}"


def _passes(error: sqlite3.DatabaseError) -> bool:
    """Whether an error may be gone the next time, and says nothing of the file."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return isinstance(error, sqlite3.OperationalError) and code is not None and code & 0xFF in _PASSING


class _Replies(MutableMapping[str, str]):
    """One text a key. What is in it cannot be listed: keys are kept as HMACs."""

    def __init__(self, cache: RecordCache) -> None:
        self._cache = cache

    def __getitem__(self, name: str) -> str:
        key = self._cache.key(name)
        return self._cache.get([key])[key]

    def __setitem__(self, name: str, value: str) -> None:
        self._cache.put({self._cache.key(name): value})

    def __delitem__(self, name: str) -> None:
        raise TypeError("a record cache only grows")

    def __iter__(self) -> Iterator[str]:
        raise TypeError("the keys of a record cache are secret")

    def __len__(self) -> int:
        raise TypeError("the keys of a record cache are secret")
