"""The review database: SQLite in the workspace, or any other that SQLAlchemy knows, its schema brought up to date."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Final

from filelock import FileLock
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, DisconnectionError, OperationalError, SQLAlchemyError

from langkah.errors import InputError, ReviewError
from langkah.sources.environment import expand

WHERE: Final = "review.database"
_LOCK: Final = 0x6C616E676B6168
"""Of PostgreSQL's advisory locks, the one under which the schema is migrated and runs are published."""
_WAIT_SECONDS: Final = 30


def connect(address: str | URL) -> Engine:
    """Connect to the database and bring its schema up to date; several processes may do so at once.

    Args:
        address: as a person writes it, with environment variables as `${NAME}`; or as it is.

    Raises:
        InputError: the address is none, a variable in it is not set, its driver is not installed, or it is a file that cannot
            be written.
        ReviewError: the database does not answer, is no queue, is damaged, or belongs to a newer Langkah.
    """
    from alembic.util import CommandError

    try:
        url = make_url(expand(address, WHERE)) if isinstance(address, str) else address
        options: dict[str, Any] = {"connect_args": {"timeout": _WAIT_SECONDS}} if _is_sqlite(url) else {"pool_pre_ping": True}
        engine = create_engine(url, hide_parameters=True, **options)
    except ImportError as error:
        raise InputError(f"{WHERE}: its driver is not installed ({error.name or 'unknown'})") from None
    except (SQLAlchemyError, ValueError):
        raise InputError(f"{WHERE}: expected a URL such as postgresql+psycopg://user:${{NAME}}@host/database") from None
    try:
        if _is_sqlite(url):
            path = Path(url.database or "")
            _prepare_sqlite(engine, path)
            if not path.absolute().parent.is_dir():
                raise InputError(f"{WHERE}: {path.parent}: no such folder")
            with FileLock(f"{path}.lock"):  # also for the switch to WAL, which does not wait for other processes
                with engine.connect() as connection:
                    driver: Any = connection.connection.dbapi_connection
                    connection.rollback()
                    driver.execute("PRAGMA journal_mode=WAL")
                _migrate(engine)
        else:
            _migrate(engine)
    except OperationalError as error:
        raise ReviewError(f"{WHERE}: the database does not answer: {type(error.orig).__name__}") from None
    except CommandError:
        raise ReviewError(f"{WHERE}: the queue was made by a newer version of Langkah: update this one") from None
    except OSError as error:
        raise InputError(f"{WHERE}: {url.database}: cannot be written: {error.strerror}") from None
    except sqlite3.OperationalError as error:
        raise InputError(f"{WHERE}: {url.database}: cannot be written: {error}") from None
    except (DBAPIError, sqlite3.DatabaseError):
        raise ReviewError(f"{WHERE}: {url.database}: is no queue, or damaged; put a copy back, or move it away") from None
    return engine


@contextmanager
def writing(engine: Engine, *, alone: bool = False) -> Generator[Connection]:
    """A transaction that writes.

    Args:
        engine: the database.
        alone: whether no other one that asked for the same may run meanwhile (SQLite: no other that writes, ever).
    """
    with engine.execution_options(writes=True).begin() as connection:
        if alone and connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        yield connection


def _is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _prepare_sqlite(engine: Engine, path: Path) -> None:
    """Begin transactions ourselves: the driver's own begin late, and two of them that turn to writing end in an error.

    A connection outlives its file: decisions would go on into one that was removed, and be gone with the process.
    """

    def on_connect(driver: Any, _: Any) -> None:
        driver.isolation_level = None
        for pragma in ("synchronous=NORMAL", "foreign_keys=ON"):
            driver.execute(f"PRAGMA {pragma}")

    def on_begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    seen = False

    def file_now() -> tuple[int, int] | None:
        nonlocal seen
        file = _identity(path)
        if file is None and seen:
            raise ReviewError(f"{WHERE}: {path}: was removed while it was open")
        seen = seen or file is not None
        return file

    def on_checkout(driver: Any, record: Any, _: Any) -> None:
        file = file_now()
        if record.info.setdefault("file", file) != file:  # another one was put in its place: connect to that
            raise DisconnectionError

    event.listen(engine, "do_connect", lambda *_: file_now() and None)
    event.listen(engine, "checkout", on_checkout)
    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _migrate(engine: Engine) -> None:
    from alembic import command
    from alembic.config import Config

    with as_file(files("langkah.review") / "migrations") as folder, writing(engine, alone=True) as connection:
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
