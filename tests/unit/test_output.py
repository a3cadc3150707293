"""Files that commands write are whole, and none of the workspace's own."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from flows.commands.output import check_outside, write_json
from langkah.artifacts import Workspace
from langkah.errors import InputError

ROOT = Path(__file__).parents[2]
SCORE = "from flows.cli import run_command; import sys; sys.exit(run_command(sys.argv[1:]))"


def no_room() -> None:
    """As on a disk with 100 bytes left; writing then fails, as Python ignores the signal."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))


def test_a_full_disk_leaves_what_was_there_before(tmp_path: Path) -> None:
    row = {"reference": "1. Open Settings.", "prediction": "1. Open Settings.", "language": "en"}
    rows, out = tmp_path / "rows.jsonl", tmp_path / "scores.json"
    rows.write_text(json.dumps(row) + "\n")
    out.write_text("before")
    arguments = [sys.executable, "-c", SCORE, "score", str(rows), "--json", str(out)]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=False, preexec_fn=no_room)
    assert done.returncode == 2
    assert done.stderr == f"langkah: --json {out}: cannot be written: File too large\n"
    assert out.read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rows.jsonl", "scores.json"]


def test_a_file_that_is_written_again_keeps_its_permissions(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    out.touch(mode=0o600)
    write_json(out, {"n": 1})
    assert (json.loads(out.read_text()), out.stat().st_mode & 0o777) == ({"n": 1}, 0o600)


def test_what_runs_left_behind_is_not_overwritten(tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path / "home")
    ratings, compared = workspace.root / "review.db", workspace.comparison_file("a-b")
    ratings.touch()
    compared.touch()
    (tmp_path / "link").symlink_to(workspace.root)
    for path in (ratings, tmp_path / "link" / "review.db"):
        with pytest.raises(InputError, match=r"--out .*review\.db: is a file of the workspace"):
            check_outside(path, workspace, "--out")
    for path in (None, compared, workspace.root / "new.html", tmp_path / "out.html"):
        check_outside(path, workspace)
