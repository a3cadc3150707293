"""CPU-seconds of `langkah prepare` once one in a hundred rows is new, against the first time: whole processes, server and all.

OMP_NUM_THREADS=1 python benchmarks/prepare_again.py [--records 20000]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

BAR = 4
"""Of the first time, 25 %: what starting, reading and keying cost stays; of 5,000 rows starting alone is a third."""


def seconds(home: Path, rows: list[dict[str, str]]) -> float:
    """CPU-seconds of the process and all that it started."""
    data = home / "faq.jsonl"
    data.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    command = ["prepare", "--data", str(data), "--workspace", str(home / "workspace")]
    with subprocess.Popen([sys.executable, "-m", "flows.cli", *command], cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return used.ru_utime + used.ru_stime


def main() -> int:
    """Compare, and return the exit code."""
    from benchmarks.row import Row, tell
    from benchmarks.scrub_again import corpus

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=20_000)
    count: int = parser.parse_args().records
    new = count // 100
    rows = corpus(count + new)
    with tempfile.TemporaryDirectory() as folder:
        first = seconds(Path(folder), rows[:count])
        again = seconds(Path(folder), rows)
    return tell(Row(f"prepare again, {count:,} rows and {new} new", "the first time", first, again, BAR))


if __name__ == "__main__":
    raise SystemExit(main())
