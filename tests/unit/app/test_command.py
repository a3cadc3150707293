"""`langkah review` on the command line: no Prefect is started for it."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from review_items import items

from flows.cli import run_command
from langkah.review import ReviewQueue

ROOT = Path(__file__).parents[3]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith(("LANGKAH_REVIEW", "LANGKAH_OIDC"))]:
        monkeypatch.delenv(name)
    queue = ReviewQueue.open(f"sqlite:///{tmp_path / 'review.db'}")
    queue.publish("run", items(4))
    queue.close()
    return tmp_path


def test_the_queue_goes_out_and_comes_back_by_file(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = workspace / "queue.csv"
    assert run_command(["review", "--workspace", str(workspace), "--export", str(path)]) == 0
    with path.open(encoding="utf-8-sig", newline="") as handle:
        table = list(csv.reader(handle))
    table[1][0], table[2][0] = "approve", "reject"
    with path.open("w", encoding="utf-8-sig", newline="") as handle:
        csv.writer(handle).writerows(table)
    arguments = ["review", "--workspace", str(workspace), "--import", str(path), "--reviewer", "Ana"]
    assert run_command(arguments) == 0
    assert "4 rows: 2 decisions taken" in capsys.readouterr().out
    table[1][table[0].index("id")] = "0" * 64
    with path.open("w", encoding="utf-8-sig", newline="") as handle:
        csv.writer(handle).writerows(table)
    assert run_command(arguments) == 2
    assert "row 2: its id was edited" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--host", "192.168.1.5"], "set LANGKAH_REVIEW_TOKEN"),
        (["--export", "a.csv", "--import", "b.csv"], "one of the two"),
        (["--import", "gone.csv"], "gone.csv: cannot be read"),
        (["--export", "a.txt"], ".xlsx or .csv"),
        (["--set", "review.database=postgresql://u:secret@db/x"], "expected no password"),
        (["--host", "300.1.1.1", "--port", "1"], "LANGKAH_REVIEW_TOKEN"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(
    workspace: Path, arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["review", "--workspace", str(workspace), *arguments]) == 2
    said = capsys.readouterr().err
    assert told in said and said.count("\n") == 1 and "secret" not in said


def test_a_workspace_that_is_not_there_is_not_made(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["review", "--workspace", str(workspace / "typo"), "--export", "q.csv"]) == 2
    assert "typo: no such folder" in capsys.readouterr().err
    assert not (workspace / "typo").exists()


def test_a_user_without_a_name_is_asked_for_one(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 4_294_000_000)
    assert run_command(["review", "--workspace", str(workspace), "--import", "gone.csv"]) == 2
    assert "add --reviewer NAME" in capsys.readouterr().err


def test_it_serves_until_it_is_stopped(workspace: Path) -> None:
    command = [sys.executable, "-m", "flows.cli", "review", "--workspace", str(workspace), "--port", "0", "--reviewer", "Ana"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stderr
        line = process.stdout.readline()
        assert "4 to decide" in line
        address = line.split()[1]
        deadline = time.monotonic() + 20
        while True:
            try:
                page = urllib.request.urlopen(address, timeout=5).read().decode()
                break
            except OSError:
                assert time.monotonic() < deadline
        assert "What waits for you" in page
        process.send_signal(signal.SIGINT)
        assert process.wait(15) == 0
        assert process.stderr.read() == ""
