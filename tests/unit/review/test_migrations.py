from __future__ import annotations

import multiprocessing
import sqlite3
from pathlib import Path

import pytest
from review_items import item
from sqlalchemy import text

from langkah.config import ReviewConfig, parse_config
from langkah.errors import ConfigError, InputError, ReviewError
from langkah.review import Kind, ReviewQueue, Verdict
from langkah.review.database import writing
from langkah.review.tables import metadata


def _open(url: str) -> str:
    queue = ReviewQueue.open(url)
    place = queue.place()
    queue.close()
    return place


def test_the_migrations_make_the_tables_that_the_code_uses(database: str) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    queue = ReviewQueue.open(database)
    with queue.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert connection.scalars(text("SELECT version_num FROM alembic_version")).all() == ["0002"]
    queue.close()


def test_an_older_queue_is_brought_up_to_date_with_what_it_holds(database: str) -> None:
    from alembic import command
    from alembic.config import Config

    queue = ReviewQueue.open(database)
    queue.publish("run", [item(1), item(2, output="1. Otherwise."), item(3, Kind.variant)])
    queue.decide(
        item(2).model_copy(update={"output": "1. Otherwise."}).key,
        Verdict.approved,
        reviewer="Ana",
        version=0,
        prompt=item(1).prompt,
    )
    with writing(queue.engine, alone=True) as connection:
        config = Config()
        config.set_main_option("script_location", "langkah:review/migrations")
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
    queue.close()
    again = ReviewQueue.open(database)
    assert [other.item.row for other in again.rivals(again.entry(item(1).key), "run")] == [2]
    assert again.progress("run").approved == 1
    again.close()


def test_processes_that_open_a_new_queue_at_once_find_one(database: str) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        places = pool.map(_open, [database] * 6)
    assert len(set(places)) == 1


def test_sqlite_lets_readers_read_while_one_writes(tmp_path: Path) -> None:
    ReviewQueue.open(f"sqlite:///{tmp_path / 'review.db'}").close()
    with sqlite3.connect(tmp_path / "review.db") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("no url", "expected a URL"),
        ("oracle+nothing://db/x", "expected a URL"),
        ("postgresql+psycopg://u:${LANGKAH_NO_SUCH}@db/x", "LANGKAH_NO_SUCH is not set"),
        ("sqlite:////no/such/folder/review.db", "no such folder"),
    ],
)
def test_an_address_that_is_none_is_told_in_a_line(url: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        ReviewQueue.open(url)


def test_a_database_that_does_not_answer_is_told_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVIEW_PASSWORD", "hunter2")
    with pytest.raises(ReviewError, match="does not answer") as caught:
        ReviewQueue.open("postgresql+psycopg://u:${REVIEW_PASSWORD}@127.0.0.1:1/x")
    assert "hunter2" not in str(caught.value)


def test_a_password_in_the_setting_is_refused() -> None:
    assert ReviewConfig(database="postgresql+psycopg://u:${REVIEW_PASSWORD}@db/x").database
    with pytest.raises(ConfigError, match="expected no password") as caught:
        parse_config({"review": {"database": "postgresql+psycopg://u:hunter2@db/x"}})
    assert "hunter2" not in str(caught.value)
