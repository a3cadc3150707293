"""Databases for the queue: SQLite always, PostgreSQL where its programs are installed."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres import postgres_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server of this session's own, on loopback."""
    with postgres_server() as server:
        yield f"postgresql+psycopg://{server.address}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, on each of the two."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'review.db'}"
    return fresh_database(request.getfixturevalue("postgres"), f"t{uuid.uuid4().hex}")


def fresh_database(server: str, name: str) -> str:
    """Make an empty schema on a server, which is sooner made than a database, and as good."""
    import psycopg

    with psycopg.connect(server.replace("+psycopg", "") + "/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE SCHEMA "{name}"')  # type: ignore[arg-type]
    return f"{server}/postgres?options=-csearch_path%3D{name}"
