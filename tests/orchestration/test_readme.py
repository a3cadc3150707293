"""The commands of the README, typed as they stand, with the real demo model."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    line.partition(" #")[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    if line.strip()
]


def test_the_readme_has_the_commands_that_these_tests_run() -> None:
    assert [command for command in COMMANDS if not command.startswith("langkah ")] == ["make run", "make test"]
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {"setup", "run", "test", "soak", "bench"} <= set(targets)


@pytest.mark.slow
@pytest.mark.parametrize("command", [command for command in COMMANDS if command.startswith("langkah ")])
def test_a_command_of_the_readme_does_what_it_says(command: str, tmp_path: Path) -> None:
    words = [word.replace("/tmp/", f"{tmp_path}/") for word in shlex.split(command)[1:]]
    if words[0] in ("run", "prepare"):
        words += ["--workspace", str(tmp_path / "ws"), "--json", str(tmp_path / "summary.json")]
    env = {key: value for key, value in os.environ.items() if not key.startswith("PREFECT")}
    done = subprocess.run([sys.executable, "-m", "flows.cli", *words], cwd=ROOT, env=env, capture_output=True, text=True,
                          timeout=900, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    if words[0] == "run":
        metrics = json.loads((tmp_path / "summary.json").read_text())["metrics"]
        assert metrics["tuned"]["eval"]["rouge_l"] > metrics["base"]["eval"]["rouge_l"] + 0.1


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#]+)\)", README))
def test_a_link_of_the_readme_leads_somewhere(link: str) -> None:
    assert (ROOT / link).exists(), link
