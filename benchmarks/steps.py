"""How many steps of the answers in `tests/answers` are read right, and how well procedures are told from other answers.

The plain way beside it is a pattern for lines that open with a number. A step is right when its text and place are those of the
label; one too many is wrong. The procedures are the 368 answers of `../shared/data`, as they are and as running text without
numbers; the others are the 60 of `not_procedural.yaml`.

    OMP_NUM_THREADS=1 python benchmarks/steps.py
"""

from __future__ import annotations

import csv
import json
import re
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
ANSWERS = ROOT / "tests/answers"
DATA = ROOT.parent / "shared" / "data"
LABELLED = ("numbered", "marked", "sentences", "separators", "leftovers", "traps")
HELD_OUT = ("heldout_1", "heldout_2", "heldout_3")
BAR = 0.98
REPEATS = 5
_NUMBERED = re.compile(r"^[ \t]*\d+[.)][ \t]*(.*)$", re.MULTILINE)

Read = Callable[[str], Sequence[str]]


def plain(text: str) -> list[str]:
    return [step.strip() for step in _NUMBERED.findall(text)]


def right_steps(names: Sequence[str], read: Read) -> tuple[int, int]:
    right = total = 0
    for name in names:
        for row in yaml.safe_load((ANSWERS / f"{name}.yaml").read_text(encoding="utf-8")):
            found, steps = read(row["text"]), row["steps"]
            right += sum(one == other for one, other in zip(found, steps, strict=False))
            total += max(len(found), len(steps))
    return right, total


def auc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """The share of pairs in which the procedure has the higher score, ties by half (Mann-Whitney U)."""
    wins = sum((one > other) + 0.5 * (one == other) for one in positive for other in negative)
    return wins / (len(positive) * len(negative))


def procedures() -> list[str]:
    with (DATA / "gnome-help-id.csv").open(newline="", encoding="utf-8") as handle:
        answers = [row["output"] for row in csv.DictReader(handle)]
    return answers + [json.loads(line)["output"] for line in (DATA / "gnome-help-en.jsonl").read_text("utf-8").splitlines()]


def main() -> int:
    from langkah.procedure import PROCEDURAL, how_procedural, parse_procedure

    def read(text: str) -> Sequence[str]:
        found = parse_procedure(text)
        return found.steps if found else ()

    print(f"{'steps right':<24}{'plain':>16}{'langkah':>16}")
    for name in (*LABELLED, *HELD_OUT):
        row = [f"{right}/{total} {right / total:.1%}" for right, total in (right_steps([name], way) for way in (plain, read))]
        print(f"{name:<24}{row[0]:>16}{row[1]:>16}")
    (plain_right, _), (right, total) = (right_steps(LABELLED, way) for way in (plain, read))
    ratio = right / max(plain_right, 1)
    print(
        f"the 200 labelled answers: {right}/{total} = {right / total:.2%} (bar: {BAR:.0%}), {ratio:.1f} times the plain way's"
    )

    if not DATA.is_dir():
        print("../shared/data is not here: no measure of how procedural an answer is")
        return 0 if right / total >= BAR else 1
    texts = procedures()
    running = [" ".join(_NUMBERED.findall(text)) for text in texts]
    others = [row["text"] for row in yaml.safe_load((ANSWERS / "not_procedural.yaml").read_text(encoding="utf-8"))]
    negative = [how_procedural(text).score for text in others]
    for name, positive in (("numbered", texts), ("running text", running)):
        scores = [how_procedural(text).score for text in positive]
        hits = sum(score >= PROCEDURAL for score in scores)
        false = sum(score >= PROCEDURAL for score in negative)
        print(
            f"procedures as {name}: AUC {auc(scores, negative):.4f}; from {PROCEDURAL} on "
            f"precision {hits / (hits + false):.3f} ({false} of {len(negative)} others), recall {hits / len(scores):.3f}"
        )
    started = time.process_time()
    for _ in range(REPEATS):
        for text in texts:
            how_procedural(text)
    print(f"{REPEATS * len(texts) / (time.process_time() - started):,.0f} answers assessed a CPU-second")
    return 0 if right / total >= BAR else 1


if __name__ == "__main__":
    raise SystemExit(main())
