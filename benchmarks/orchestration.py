"""What orchestration costs: a run's wall time beside the time that its steps worked, and a run of known work.

    python benchmarks/orchestration.py [--config FILE] [--data FILE]

All that is not inside a step counts as orchestration: imports, Prefect's tasks, flows, cache keys, reading results. The Prefect
server runs already, as it does for a team.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

SHARE = 0.05
"""Of a run's wall time that orchestration may take."""
BAR = 15


def run(workspace: Path, server: str, arguments: list[str]) -> float:
    """Run the pipeline as a process of its own; return its wall time in seconds."""
    started = time.monotonic()
    command = [sys.executable, "-m", "flows.cli", "run", *arguments, "--workspace", str(workspace)]
    subprocess.run(command, cwd=ROOT, env={**os.environ, "PREFECT_API_URL": server}, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - started


def worked(workspace: Path) -> float:
    """The seconds inside the steps that made what is in a workspace, as the manifests beside it tell."""
    made = (json.loads(path.read_text())["provenance"] for path in workspace.glob("artifacts/*/*/manifest.json"))
    # Of an adapter, the seconds of its whole process: the manifest's are those of training alone.
    return sum(each["notes"].get("device_seconds", each["seconds"]) for each in made)


def main() -> int:
    """Measure, and return the exit code."""
    from benchmarks.row import Row, tell
    from flows.server import OwnServer
    from langkah.artifacts import Workspace

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", default="deployments/runs/cpu_demo.yaml")
    parser.add_argument("--data", default="examples/shop-faq-en.jsonl")
    given = parser.parse_args()
    arguments = ["--config", given.config, "--data", given.data]
    with tempfile.TemporaryDirectory() as folder:
        server = OwnServer(Workspace(Path(folder) / "server"))
        server.wait()
        try:
            workspace = Path(folder) / "workspace"
            whole = run(workspace, server.api_url, arguments)
            inside = worked(workspace)
            again = run(workspace, server.api_url, arguments)
        finally:
            server.stop()
    cost = whole - inside
    print(f"a run {whole:.1f} s, inside its steps {inside:.1f} s: orchestration {cost / whole:.1%} (at most {SHARE:.0%})")
    codes = (
        tell(Row("orchestration of the CPU demo", f"{SHARE:.0%} of its wall time", SHARE * whole, cost, clock=True)),
        tell(Row("the CPU demo again, all cached", "the first time", whole, again, BAR, clock=True)),
    )
    return max(codes)


if __name__ == "__main__":
    raise SystemExit(main())
