"""Runs the benchmarks, each in a process of its own, and prints one table: how many times as fast as the plain way, in one run.

    python benchmarks/table.py [NAME ...]           # all that have rows, or some: `make bench`, BENCH="rouge_l scrub"

Rows are kept in `benchmarks/results.json`, with the machine and the versions; the last column is the ratio before. CPU-seconds
are those of Langkah's side; peak memory is that of the benchmark's largest process. Exit code 1: a row is below its bar.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.row import ROWS, Row

RESULTS: Final = ROOT / "benchmarks" / "results.json"
BENCHMARKS: Final[dict[str, tuple[str, ...]]] = {
    "scrub": (),
    "scrub_again": (),
    "near_duplicates": (),
    "paraphrase_filter": (),
    "lengths": (),
    "rouge_l": (),
    "meteor": (),
    "step_measures": (),
    "intervals": ("100",),
    "generation": (),
    "train_cpu": (),
    "prepare_again": (),
    "orchestration": (),
}
"""Each benchmark with rows, quick ones first, and what it is called with."""
_NOT_HERE: Final = 2
"""Exit code of a benchmark that cannot run on this machine."""


def run(name: str, arguments: tuple[str, ...]) -> list[dict[str, Any]]:
    """Run a benchmark; return its rows, with the peak memory of its largest process in GB."""
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / "rows.jsonl"
        environment = {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", **os.environ, ROWS: str(rows)}
        started = time.monotonic()
        process = subprocess.Popen([sys.executable, str(ROOT / "benchmarks" / f"{name}.py"), *arguments], env=environment)
        _, status, used = os.wait4(process.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        print(f"  {name}: {time.monotonic() - started:.0f} s, exit code {code}\n", flush=True)
        if code == _NOT_HERE:
            return []
        found = [json.loads(line) for line in rows.read_text(encoding="utf-8").splitlines()] if rows.exists() else []
        if not found:
            raise SystemExit(f"{name}: no row, exit code {code}")
    return [{**row, "benchmark": name, "peak_gb": round(used.ru_maxrss / 2**20, 2)} for row in found]


def print_table(rows: list[dict[str, Any]], last: dict[str, float]) -> None:
    """Print the rows beside the ratios before."""
    print(f"{'what':<58}{'plain way':<36}{'ratio':>8}{'bar':>6}{'seconds':>10}{'peak GB':>9}{'before':>9}")
    for each in rows:
        row = Row(**{name: each[name] for name in Row.__dataclass_fields__})
        before = f"{last[row.what]:.1f}" if row.what in last else ""
        mark = "" if row.passed else "  below its bar" if row.same else "  another result"
        figures = f"{row.ratio:>8.1f}{row.bar:>6g}{row.ours:>10.2f}{each['peak_gb']:>9.2f}{before:>9}"
        print(f"{row.what:<58}{row.plain_way:<36}{figures}{mark}")


def machine() -> dict[str, str]:
    """What the figures were measured on."""
    names = ("torch", "transformers", "trl", "prefect", "spacy", "presidio-analyzer")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {"processor": platform.machine(), "cores": str(cores), "python": platform.python_version()} | {
        name: version(name) for name in names
    }


def main(names: list[str]) -> int:
    """Run, print, keep."""
    if unknown := [name for name in names if name not in BENCHMARKS]:
        print(f"no such benchmark: {', '.join(unknown)}; expected {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    kept: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {"rows": []}
    last = {row["what"]: row["plain"] / row["ours"] for row in kept["rows"]}
    made = [row for name in names or BENCHMARKS for row in run(name, BENCHMARKS[name])]
    for row in made:
        row["date"] = dt.date.today().isoformat()
    print_table(made, last)
    new = {row["what"] for row in made}
    rows = [row for row in kept["rows"] if row["what"] not in new] + made
    RESULTS.write_text(json.dumps({"machine": machine(), "rows": rows}, indent=1) + "\n", encoding="utf-8")
    told = [Row(**{name: each[name] for name in Row.__dataclass_fields__}) for each in made]
    return 0 if all(row.passed for row in told) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
