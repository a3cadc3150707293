"""`prepare` on a large corpus under a memory limit, and once more with one row in a hundred new.

    python benchmarks/prepare_scale.py ROWS [--scrubbed N] [--limit GB] [--folder DIR]

Prints CPU-seconds by step, and the most memory that the run's process had. Scrubbing takes most of the time, and is linear by
construction: with `--scrubbed N`, rows behind the first N are in the cache of scrubbed records before the clock starts. The new
rows of the second run are always scrubbed.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from itertools import islice
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))


def prefill(rows: int, workspace: Path, first: int) -> None:
    """Put what scrubbing would make of the rows behind the first ones into the cache of scrubbed records."""
    from benchmarks.support_texts import support_texts
    from langkah.artifacts import Workspace, use_workspace
    from langkah.config import PiiConfig
    from langkah.pii import ner_identity
    from langkah.pii.scrubber import Scrubbed, _to_json
    from tasks.scrubbing import record_scrubber

    config = PiiConfig()
    with use_workspace(Workspace.open(str(workspace))):
        cache = record_scrubber(config, ner_identity(config))._cache
        assert cache
        both = zip(support_texts(rows, first + 1), support_texts(rows, first + 1, scrubbed=True), strict=True)
        while batch := list(islice(both, 5000)):
            found: dict[bytes, str] = {}
            for raw, scrubbed in batch:
                texts = {name: raw[name] for name in ("prompt", "output", "source", "id")}
                key = cache.key(raw["language"], *(part for field in texts.items() for part in field))
                found[key] = _to_json(
                    Scrubbed({name: scrubbed[name] for name in texts}, {"NAME": 2} if scrubbed != raw else {})
                )
            cache.put(found)


def prepare(corpus: Path, workspace: Path, limit: float) -> dict[str, Any]:
    """Run `langkah prepare`; return its summary with CPU-seconds and peak memory; end it where it takes more than the limit."""
    summary = workspace.parent / "summary.json"
    command = [sys.executable, "-m", "flows.cli", "prepare", "--data", str(corpus), "--workspace", str(workspace)]
    command += ["--json", str(summary), "--set", "sources.max_megabytes=100000"]
    environment = {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", **os.environ, "PYTHONPATH": str(ROOT)}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    with (workspace.parent / "prepare.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        peak = [0.0]
        watch = threading.Thread(target=_watch, args=(process, limit, peak))
        watch.start()
        code = process.wait()
        watch.join()
    if code:
        raise SystemExit(f"prepare ended with {code}, at {peak[0]:.2f} GB: see {log.name}")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    found = json.loads(summary.read_text(encoding="utf-8"))
    return {
        "rows": found["dataset"]["rows_in"],
        "kept": found["dataset"]["rows_kept"],
        "digest": found["dataset"]["digest"],
        "cpu": round(cpu, 1),
        "seconds": round(time.monotonic() - started, 1),
        "peak_gb": round(peak[0], 2),
        "steps": {step["name"]: step["seconds"] for step in found["steps"] if step["seconds"]},
    }


def _watch(process: "subprocess.Popen[bytes]", limit: float, peak: list[float]) -> None:
    """Note the resident memory of a process, and end it above the limit."""
    while process.poll() is None:
        try:
            status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii", errors="replace")
        except OSError:
            return
        for line in status.splitlines():
            if line.startswith("VmRSS"):
                now = int(line.split()[1]) / 2**20
                peak[0] = max(peak[0], now)
                if now > limit:
                    process.terminate()
        time.sleep(0.2)


def main() -> None:
    """Measure, and print one JSON object a run."""
    from benchmarks.support_texts import write_support_texts

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=int)
    parser.add_argument("--scrubbed", type=int)
    parser.add_argument("--limit", type=float, default=4.0)
    parser.add_argument("--folder", type=Path)
    chosen = parser.parse_args()
    folder = chosen.folder or Path(tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    corpus, workspace = folder / "corpus.jsonl", folder / "workspace"
    write_support_texts(corpus, chosen.rows)
    if chosen.scrubbed is not None and chosen.scrubbed < chosen.rows:
        prefill(chosen.rows - chosen.scrubbed, workspace, chosen.scrubbed)
    for rows in (chosen.rows, chosen.rows + chosen.rows // 100):
        write_support_texts(corpus, rows)
        print(json.dumps(prepare(corpus, workspace, chosen.limit)), flush=True)


if __name__ == "__main__":
    main()
