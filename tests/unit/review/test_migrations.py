from __future__ import annotations

import multiprocessing
import os
import sqlite3
import tempfile
from pathlib import Path

import pytest
from review_items import item, items
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
        assert connection.scalars(text("SELECT version_num FROM alembic_version")).all() == ["0006"]
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


def test_undoings_of_an_older_queue_go_back_to_what_they_did(tmp_path: Path) -> None:
    from alembic import command
    from alembic.config import Config

    queue = ReviewQueue.open(f"sqlite:///{tmp_path / 'review.db'}")
    queue.publish("run", [item(1), item(2)])
    for each in (item(1), item(2)):
        queue.decide(each.key, Verdict.rejected, reviewer="Budi", version=0)
    queue.decide(item(1).key, Verdict.approved, reviewer="Ana", version=1)
    queue.undo(item(1).key, reviewer="Ana", version=2)
    queue.undo(item(2).key, reviewer="Budi", version=1)
    with writing(queue.engine, alone=True) as connection:
        config = Config()
        config.set_main_option("script_location", "langkah:review/migrations")
        config.attributes["connection"] = connection
        command.downgrade(config, "0002")
    queue.close()
    again = ReviewQueue.open(f"sqlite:///{tmp_path / 'review.db'}")
    assert [each.item.row for each in again.last_decided("Budi", "run")] == [1]
    assert again.history(item(2).key)[-1].restores == 0
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


def test_a_queue_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "review.db"
    ReviewQueue.open(f"sqlite:///{path}").close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ReviewError, match="made by a newer version of Langkah"):
        ReviewQueue.open(f"sqlite:///{path}")


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "review.db"
    path.write_bytes(b"no database, " * 1_000)
    with pytest.raises(ReviewError, match=r"review.db: is no queue, or damaged"):
        ReviewQueue.open(f"sqlite:///{path}")
    path.unlink()
    queue = ReviewQueue.open(f"sqlite:///{path}")
    queue.publish("run", items(200))
    queue.close()
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ReviewError, match=r"review.db: is no queue, or damaged"):
        ReviewQueue.open(f"sqlite:///{path}")


def test_a_queue_that_cannot_be_locked_is_told(tmp_path: Path) -> None:
    (tmp_path / "review.db.lock").mkdir()
    with pytest.raises(InputError, match=r"review.db: cannot be written: "):
        ReviewQueue.open(f"sqlite:///{tmp_path / 'review.db'}")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_queue_that_this_user_may_not_write_is_told(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as place:
        path = Path(place, "review.db")
        ReviewQueue.open(f"sqlite:///{path}").close()
        for mode in (0o755, 0o777):
            Path(place).chmod(mode)
            os.seteuid(65534)
            try:
                with pytest.raises(InputError, match=r"review.db: cannot be written: Permission denied"):
                    ReviewQueue.open(f"sqlite:///{path}")
            finally:
                os.seteuid(0)


def test_no_decision_goes_into_a_file_that_was_removed(tmp_path: Path) -> None:
    path = tmp_path / "review.db"
    queue = ReviewQueue.open(f"sqlite:///{path}")
    queue.publish("run", items(4))
    for ending in ("", "-wal", "-shm"):
        Path(f"{path}{ending}").unlink(missing_ok=True)
    for _ in range(2):
        with pytest.raises(ReviewError, match="was removed while it was open"):
            queue.decide(items(4)[0].key, Verdict.approved, reviewer="Ana", version=0)
    assert not path.exists()


def test_a_file_that_was_put_back_is_read_from_then_on(tmp_path: Path) -> None:
    path = tmp_path / "review.db"
    queue = ReviewQueue.open(f"sqlite:///{path}")
    queue.publish("run", items(4))
    other = ReviewQueue.open(f"sqlite:///{tmp_path / 'copy.db'}")
    other.publish("run", items(8))
    other.close()
    for ending in ("-wal", "-shm"):
        Path(f"{path}{ending}").unlink(missing_ok=True)
    (tmp_path / "copy.db").replace(path)
    assert queue.progress("run").total == 8
