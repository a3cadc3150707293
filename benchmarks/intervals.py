"""The clustered bootstrap against the same in a plain Python loop, in one run; and how often its intervals are right.

    OMP_NUM_THREADS=1 python benchmarks/intervals.py [SAMPLES]

SAMPLES simulated evaluations of each kind (default 2,000; the table in `langkah/evaluation/bootstrap.py` is of 20,000, some
six minutes) give the coverage of nominal 95 % intervals, beside that of the plain percentile bootstrap.
"""

import math
import random
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests/unit/evaluation")]

BAR = 10
INTENTS, ROWS, RESAMPLES = 200, 4, 10_000
COUNTS = (5, 10, 20, 40)


def plain_ends(values: list[float], intents: list[str], resamples: int) -> tuple[float, float]:
    """The studentized interval by loops."""
    from scipy.special import stdtrit

    generator = random.Random(0)
    groups: dict[str, list[float]] = {}
    for value, intent in zip(values, intents, strict=True):
        groups.setdefault(intent, []).append(value)
    parts = [(sum(group), len(group)) for group in groups.values()]
    total, rows, count = sum(part for part, _ in parts), sum(size for _, size in parts), len(parts)
    centre = total / rows
    apart = [(part - centre * size) / (rows - size) for part, size in parts]
    error = math.sqrt((count - 1) / count * sum(each * each for each in apart))
    found: list[float] = []
    for _ in range(resamples):
        weights = [generator.betavariate(0.5, 1.5) for _ in parts]
        whole = sum(weights)
        size = sum(weight * rows for weight, (_, rows) in zip(weights, parts, strict=True)) / whole
        middle = sum(weight * part for weight, (part, _) in zip(weights, parts, strict=True)) / whole / size
        spread = sum(w * (part - middle * rows) ** 2 for w, (part, rows) in zip(weights, parts, strict=True)) / whole
        found.append((middle - centre) * size / math.sqrt(spread / (count - 1)))
    found.sort()
    least = float(stdtrit(count - 1, 0.975))
    place = math.ceil(0.975 * (resamples + 1)) - 1
    return centre - max(found[place], least) * error, centre + max(-found[resamples - 1 - place], least) * error


def speed() -> int:
    from benchmarks.row import Row, tell
    from langkah.evaluation.intervals import mean_ci

    generator = random.Random(1)
    values: list[float] = []
    intents: list[str] = []
    for intent in range(INTENTS):
        centre = generator.betavariate(1, 4)
        values += [min(1.0, max(0.0, centre + generator.gauss(0, 0.05))) for _ in range(ROWS)]
        intents += [f"intent {intent}"] * ROWS
    mean_ci(values, intents, 100)
    start = time.process_time()
    low, high = mean_ci(values, intents, RESAMPLES)
    seconds = time.process_time() - start
    start = time.process_time()
    plain_low, plain_high = plain_ends(values, intents, RESAMPLES)
    plain_seconds = time.process_time() - start
    print(f"{RESAMPLES:,} resamples of {INTENTS} intents with {ROWS} rows: {low:.4f} to {high:.4f}")
    print(f"a plain loop, its own random numbers:            {plain_low:.4f} to {plain_high:.4f}")
    near = abs(low - plain_low) + abs(high - plain_high) < 0.005
    return tell(Row(f"bootstrap, {RESAMPLES:,} resamples", "a Python loop", plain_seconds, seconds, BAR, same=near))


def coverage(samples: int) -> None:
    from simulated_scores import EXTREME, KINDS, cover

    print(f"\ncoverage of nominal 95 % intervals, {samples:,} samples of each kind, %")
    print(f"{'intents':<22}" + "".join(f"{count:>8}" for count in COUNTS) + "   percentile" + f"{10:>4}{20:>7}{40:>7}")
    for name, kind in {**KINDS, **EXTREME}.items():
        ours = "".join(f"{100 * cover(kind, count, samples):>8.1f}" for count in COUNTS)
        plain = "".join(f"{100 * cover(kind, count, samples, plain=True):>7.1f}" for count in COUNTS[1:])
        print(f"{name:<22}{ours}   {'':<9}{plain}", flush=True)


def main(samples: int) -> int:
    code = speed()
    coverage(samples)
    return code


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000))
