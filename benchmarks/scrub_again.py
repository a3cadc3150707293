"""CPU-seconds of scrubbing records again, with a few new ones among them, against the first time. Prints the share.

Both runs are the pipeline's own `scrub` and `audit` steps, in a process of its own each, with all their imports: first some
records, then the same ones and new ones, in the same workspace.

    OMP_NUM_THREADS=1 python benchmarks/scrub_again.py [--records 10000] [--new 100]
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
BAR = 10

RUN = """
import sys, time
from pathlib import Path
sys.path.insert(0, {root!r})
from langkah.artifacts import use_workspace, Workspace
from langkah.config import RunConfig
from langkah.pii import ner_identity
from tasks.scrubbing import audit, ingest, scrub
from langkah.sources import describe_sources
with use_workspace(Workspace.open({home!r})):
    config = RunConfig()
    files = describe_sources([{data!r}])
    index = ingest.fn(files, config.ingest, config.sources)
    start = time.process_time()
    ner = ner_identity(config.pii)
    audit.fn(scrub.fn(index, files, config.pii, ner, config.sources), config.pii, ner)
print(start, time.process_time())
"""


def corpus(count: int) -> list[dict[str, str]]:
    """Real how-to texts, English and Indonesian in turn, each time with another remark, so that no two records are equal."""
    folder = ROOT.parent / "shared" / "data"
    english = [json.loads(line) for line in (folder / "gnome-help-en.jsonl").read_text(encoding="utf-8").splitlines()]
    with (folder / "gnome-help-id.csv").open(newline="", encoding="utf-8") as handle:
        indonesian = list(csv.DictReader(handle))
    rows = [row for pair in zip(english, indonesian, strict=True) for row in pair]
    return [
        {"prompt": f"{rows[n % len(rows)]['prompt']} (case {n})", "output": rows[n % len(rows)]["output"]} for n in range(count)
    ]


def seconds(home: Path, rows: list[dict[str, str]]) -> tuple[float, float]:
    """CPU-seconds of the two steps, and of the whole process."""
    data = home / "faq.jsonl"
    data.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    code = RUN.format(root=str(ROOT), home=str(home / "workspace"), data=str(data))
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True)
    before, after = map(float, done.stdout.split()[-2:])
    return after - before, after


def main() -> int:
    from benchmarks.row import Row, tell

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--new", type=int, default=100)
    given = parser.parse_args()
    rows = corpus(given.records + given.new)
    with tempfile.TemporaryDirectory() as folder:
        first, first_all = seconds(Path(folder), rows[: given.records])
        again, again_all = seconds(Path(folder), rows)
    print(f"again {again / first:.1%} of the first time; whole processes, imports and ingest too: {again_all / first_all:.1%}")
    return tell(Row(f"scrub again, {given.records:,} and {given.new} new", "the first time", first, again, BAR))


if __name__ == "__main__":
    raise SystemExit(main())
