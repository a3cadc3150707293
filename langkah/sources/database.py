"""Rows of a database query, through SQLAlchemy, as JSONL bytes in memory: nothing of them is written to disk."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from langkah.config import DatabaseConfig, SourcesConfig
from langkah.errors import SourceError
from langkah.sources.columns import unique_names
from langkah.sources.environment import expand
from langkah.sources.locations import Location
from langkah.sources.rows import NOT_UTF8, SourceRow, decode, limit_of, too_large, typed_row

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection

FORMAT: Final = "jsonl"
"""What the rows are handed on as."""
_BATCH: Final = 1_000
_WRONG_BYTE: Final = b"\xff"
_TOO_DEEP: Final = b"[" * 100_000
"""Lines that the reader of JSONL sets aside for the reason that their row has."""
_TELLING: Final = ("no such table", "no such column", "syntax error", "unable to open database file", "does not exist")
"""Parts of drivers' messages that hold nothing of the data."""


def query_bytes(location: Location, config: SourcesConfig) -> bytes:
    """The rows of a query, one JSON object a line, in the order of the query.

    Raises:
        SourceError: one line, without password and rows: no such query, a wrong address, an unset variable, a missing
            driver, a query that fails, that gives no rows, or too many.
        OSError: the database does not answer.
    """
    from sqlalchemy import create_engine
    from sqlalchemy.exc import SQLAlchemyError
    from sqlalchemy.pool import NullPool

    where = location.given
    database = database_of(location, config)
    url = _address(database, where)
    try:
        engine = create_engine(url, poolclass=NullPool)
    except ImportError as error:
        raise SourceError(f"{where}: the driver of {url.drivername} is not installed ({error.name or 'unknown'})") from None
    except SQLAlchemyError:
        raise SourceError(f"{where}: {url.drivername} is no database that SQLAlchemy knows") from None
    try:
        connection = engine.connect()
    except Exception as error:  # each driver has its own
        reason = _told(error)
        if reason in _TELLING:
            raise SourceError(f"{where}: {reason}") from None
        raise ConnectionError(errno.EIO, f"{where}: the database does not answer: {reason}") from None
    with connection:
        _keep_wrong_bytes(connection)
        try:
            # The query as it stands: `:name` and `%` in it are its own.
            options = {"no_parameters": True, "stream_results": True}
            result = connection.exec_driver_sql(database.query, execution_options=options)
            if not result.returns_rows:
                raise SourceError(f"{where}: expected a query that gives rows, a SELECT")
            keys = unique_names(list(map(str, result.keys())))
            rows = _joined(_lines(result, keys), where, limit_of(config))
        except SourceError:
            raise
        except Exception as error:
            raise SourceError(f"{where}: the query failed: {_told(error)}") from None
    if not rows:
        raise SourceError(f"{where}: the query gives no rows")
    return rows


def database_of(location: Location, config: SourcesConfig) -> DatabaseConfig:
    """The settings of a query.

    Raises:
        SourceError: there are none of its name.
    """
    if location.target not in config.databases:
        known = ", ".join(sorted(config.databases)) or "none"
        raise SourceError(f"{location.given}: no such query in sources.databases (there: {known})")
    return config.databases[location.target]


def parsed_address(address: str, where: str) -> URL:
    """An address in its parts.

    Raises:
        SourceError: it is none.
    """
    from sqlalchemy import make_url
    from sqlalchemy.exc import SQLAlchemyError

    try:
        return make_url(address)
    except (SQLAlchemyError, ValueError):
        raise SourceError(f"{where}: expected a URL such as postgresql+psycopg://user:${{NAME}}@host/database") from None


def _address(database: DatabaseConfig, where: str) -> URL:
    url = parsed_address(expand(database.url, where), where)
    file = url.database if url.get_backend_name() == "sqlite" else None
    if file and not file.startswith((":", "file:")) and not Path(file).is_file():  # SQLite would make an empty one
        raise SourceError(f"{where}: no such database file")
    return url


def _keep_wrong_bytes(connection: Connection) -> None:
    """Let SQLite hand out text that is no UTF-8: its driver would end the whole query at such a row."""
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.dbapi_connection
        driver.text_factory = decode


def _lines(result: Any, keys: list[str]) -> Iterator[bytes]:
    number = 0
    for batch in result.yield_per(_BATCH).partitions():
        for values in batch:
            number += 1
            yield _line(typed_row(number, dict(zip(keys, values, strict=True)))) + b"\n"


def _line(row: SourceRow) -> bytes:
    if row.fields is None:
        return _WRONG_BYTE if row.problem == NOT_UTF8 else _TOO_DEEP
    return json.dumps(row.fields, ensure_ascii=False).encode()


def _joined(lines: Iterator[bytes], where: str, limit: int) -> bytes:
    whole = bytearray()
    for line in lines:
        whole += line
        if len(whole) > limit:
            raise too_large(where, limit)
    return bytes(whole)


def _told(error: Exception) -> str:
    """What can be said of a driver's error: its code, type, or a phrase that holds no data."""
    origin = getattr(error, "orig", None) or error
    message = str(origin).lower()
    if phrase := next((phrase for phrase in _TELLING if phrase in message), None):
        return phrase
    code = getattr(origin, "sqlstate", None) or getattr(origin, "pgcode", None) or getattr(origin, "sqlite_errorname", None)
    return f"{type(origin).__name__} {code}" if code else type(origin).__name__
