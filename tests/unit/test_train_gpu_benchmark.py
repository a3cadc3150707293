"""The GPU benchmark where there is none: it says so, and its logic runs on a tiny model."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "train_gpu.py"


def test_without_a_gpu_it_says_so_in_a_line() -> None:
    done = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, text=True)
    assert done.returncode == 2
    assert "no CUDA device" in done.stdout
    assert done.stdout.count("\n") == 1


@pytest.mark.soak
def test_its_logic_runs_on_a_tiny_model(tmp_path: Path) -> None:
    out = tmp_path / "figures.json"
    done = subprocess.run([sys.executable, str(SCRIPT), "--smoke", "--json", str(out)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(out.read_text())
    measured = [(row["way"], row["batch"], row["memory_gb"]) for row in figures["rows"]]
    assert measured == [("plain", 2, None), ("trl", 2, None), ("trl", 8, None), ("trl", 8, 24)]
    for row in figures["rows"]:
        assert row["tokens_per_second"] > 0
        assert row["steps"] == 8
        # Two layers of q, k, v, o, gate, up, down and norms, the last norm, and the head.
        layer = 64 * 64 + 2 * 64 * 32 + 64 * 64 + 3 * 64 * 128 + 2 * 64 + 2 * 16
        assert row["parameters"] == 2 * layer + 64 + 64 * 50_000
    assert figures["rows"][0]["ratio"] == 1
    assert "| way | tokens an example | at once | held to |" in done.stdout
