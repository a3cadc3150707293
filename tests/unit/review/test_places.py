"""Where a queue is, and the database that Compose makes for it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import psycopg
import pytest
from review_items import item

from langkah.artifacts import Workspace
from langkah.review import ReviewQueue, database_url, page_url

ROOT = Path(__file__).parents[3]


def test_the_queue_is_in_the_workspace_unless_a_database_is_set(tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path)
    team = {"LANGKAH_REVIEW_DATABASE": "postgresql://db/team"}
    assert str(database_url(None, workspace, {})) == f"sqlite:///{tmp_path / 'review.db'}"
    assert database_url(None, workspace, team) == "postgresql://db/team"
    assert database_url("postgresql://db/own", workspace, team) == "postgresql://db/own"


@pytest.mark.parametrize("name", ["what?mode=ro", "${HOME}", "a#b%20c"])
def test_a_workspace_may_have_any_name(tmp_path: Path, name: str) -> None:
    workspace = Workspace.open(tmp_path / name)
    queue = ReviewQueue.open(database_url(None, workspace, {}))
    queue.publish("run", [item(1)])
    queue.close()
    assert (tmp_path / name / "review.db").is_file()


def test_the_link_leads_to_the_queue_of_the_run() -> None:
    team = {"LANGKAH_REVIEW_URL": "https://review.example/"}
    assert page_url(None, "run-1", {}) == "http://127.0.0.1:4280/?run=run-1"
    assert page_url(None, "run-1", team) == "https://review.example/?run=run-1"
    assert page_url("http://own:1", "a b&c", team) == "http://own:1/?run=a%20b%26c"


def test_compose_makes_a_database_that_sees_nothing_of_prefects(postgres: str, tmp_path: Path) -> None:
    if not (psql := shutil.which("psql")):
        pytest.skip("psql is not installed (Debian: apt-get install postgresql-client)")
    (tmp_path / "review_password").write_text("it's a secret\n")
    server = postgres.replace("+psycopg", "")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE prefect")
    script = ROOT / "docker" / "review-database.sql"
    subprocess.run(
        [psql, "--no-psqlrc", "--quiet", "-f", str(script), f"{server}/prefect"],
        env={**os.environ, "LANGKAH_SECRETS": str(tmp_path)}, check=True, timeout=60,
    )  # fmt: skip
    as_review = server.replace("langkah@", "review@")
    with psycopg.connect(f"{as_review}/review") as connection:
        connection.execute("CREATE TABLE things (id int)")
        assert connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = 'review'").fetchone() == (False,)
    with psycopg.connect(f"{server}/postgres") as connection:
        (kept,) = connection.execute("SELECT rolpassword FROM pg_authid WHERE rolname = 'review'").fetchone() or ("",)
        assert kept.startswith("SCRAM-SHA-256$")
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(f"{as_review}/prefect")
