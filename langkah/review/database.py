"""The review database: SQLite in the workspace, or any other that SQLAlchemy knows, its schema brought up to date."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Final

from filelock import FileLock
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from langkah.errors import InputError, ReviewError
from langkah.sources.environment import expand

WHERE: Final = "review.database"
_LOCK: Final = 0x6C616E676B6168
"""Of PostgreSQL's advisory locks, the one under which the schema is migrated and runs are published."""
_WAIT_SECONDS: Final = 30


def connect(address: str) -> Engine:
    """Connect to the database and bring its schema up to date; several processes may do so at once.

    Raises:
        InputError: the address is none, a variable in it is not set, or its driver is not installed.
        ReviewError: the database does not answer.
    """
    try:
        url = make_url(expand(address, WHERE))
        options: dict[str, Any] = {"connect_args": {"timeout": _WAIT_SECONDS}} if _is_sqlite(url) else {"pool_pre_ping": True}
        engine = create_engine(url, hide_parameters=True, **options)
    except ImportError as error:
        raise InputError(f"{WHERE}: its driver is not installed ({error.name or 'unknown'})") from None
    except (SQLAlchemyError, ValueError):
        raise InputError(f"{WHERE}: expected a URL such as postgresql+psycopg://user:${{NAME}}@host/database") from None
    try:
        if _is_sqlite(url):
            _prepare_sqlite(engine)
            path = Path(url.database or "")
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


def _prepare_sqlite(engine: Engine) -> None:
    """Begin transactions ourselves: the driver's own begin late, and two of them that turn to writing end in an error."""

    def on_connect(driver: Any, _: Any) -> None:
        driver.isolation_level = None
        for pragma in ("synchronous=NORMAL", "foreign_keys=ON"):
            driver.execute(f"PRAGMA {pragma}")

    def on_begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)


def _migrate(engine: Engine) -> None:
    from alembic import command
    from alembic.config import Config

    with as_file(files("langkah.review") / "migrations") as folder, writing(engine, alone=True) as connection:
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
