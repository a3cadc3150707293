"""What orchestration costs: a run's wall time beside the time that its steps worked, and a run of known work.

    python benchmarks/orchestration.py [--config FILE] [--data FILE]

All that is not inside a step counts as orchestration: imports, Prefect's server, tasks, flows, cache keys, reading results.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]


def run(workspace: Path, arguments: list[str]) -> float:
    """Run the pipeline as a process of its own; return its wall time in seconds."""
    started = time.monotonic()
    command = [sys.executable, "-m", "flows.cli", "run", *arguments, "--workspace", str(workspace)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - started


def worked(workspace: Path) -> float:
    """The seconds inside the steps that made what is in a workspace, as the manifests beside it tell."""
    made = (json.loads(path.read_text())["provenance"] for path in workspace.glob("artifacts/*/*/manifest.json"))
    # Of an adapter, the seconds of its whole process: the manifest's are those of training alone.
    return sum(each["notes"].get("device_seconds", each["seconds"]) for each in made)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", default="deployments/runs/cpu_demo.yaml")
    parser.add_argument("--data", default="examples/shop-faq-en.jsonl")
    options = parser.parse_args()
    arguments = ["--config", options.config, "--data", options.data]
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder)
        whole = run(workspace, arguments)
        inside = worked(workspace)
        again = run(workspace, arguments)
    print(f"a run {whole:.1f} s, inside its steps {inside:.1f} s: orchestration {1 - inside / whole:.1%}")
    print(f"the same run again {again:.1f} s, its server's start included: {whole / again:.1f} times as fast")


if __name__ == "__main__":
    main()
