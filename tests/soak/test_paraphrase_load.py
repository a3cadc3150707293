"""2,000 records at concurrency 16 through an endpoint with faults, killed twice on the way."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from under_load import run_killed


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_two_thousand_records_through_faults_and_two_kills(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = run_killed(tmp_path, 2000, 16, (0.3, 0.65))
    with capsys.disabled():
        sys.stdout.write(f"\n{found}\n")
    assert found["short"] == 0
    assert found["accepted"] == 6000
    assert found["paid_twice"] == 0
    assert found["repeated"] <= 2 * 16
    assert {"500", "429", "garbage body", "garbage text", "hang"} <= found["faults"].keys()
