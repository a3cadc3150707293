"""Faults and a kill on the way, at a size that a room's tests can bear; `tests/soak` has the full one."""

from __future__ import annotations

from pathlib import Path

from chat_server import ChatServer
from under_load import FaultyModel, run_killed, work


def test_a_killed_run_goes_on_and_pays_for_no_reply_twice(tmp_path: Path) -> None:
    found = run_killed(tmp_path, 120, 8, (0.4,))
    assert found["short"] == 0
    assert found["accepted"] == 3 * 120
    assert found["paid_twice"] == 0
    assert found["repeated"] <= 8
    assert found["cached"] >= 0.3 * 120
    with ChatServer(FaultyModel(faults=False)) as server:
        clean = work(server.url, tmp_path / "clean", 120, 8)
    assert clean["digest"] == found["digest"]
