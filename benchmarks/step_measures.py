"""The step-aware measures of 10,000 answers, in one run with the same figures by a plain loop: each text read when it comes,
the pairing by a Hungarian method in Python.

The figures must be equal but for pairings that are equally good.

    OMP_NUM_THREADS=1 python benchmarks/step_measures.py [PAIRS]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

MOST_SECONDS = 60
"""For 10,000 answers."""


def plain_pairing(costs: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """Kuhn and Munkres with potentials, as textbooks write it: rows at most as many as columns."""
    rows, columns = len(costs), len(costs[0])
    left, right = [0.0] * (rows + 1), [0.0] * (columns + 1)
    partner = [0] * (columns + 1)
    for row in range(1, rows + 1):
        partner[0], column = row, 0
        least, came, used = [float("inf")] * (columns + 1), [0] * (columns + 1), [False] * (columns + 1)
        while partner[column]:
            used[column] = True
            here, delta, following = partner[column], float("inf"), 0
            for other in range(1, columns + 1):
                if not used[other]:
                    cost = costs[here - 1][other - 1] - left[here] - right[other]
                    if cost < least[other]:
                        least[other], came[other] = cost, column
                    if least[other] < delta:
                        delta, following = least[other], other
            for other in range(columns + 1):
                if used[other]:
                    left[partner[other]] += delta
                    right[other] -= delta
                else:
                    least[other] -= delta
            column = following
        while column:
            partner[column] = partner[came[column]]
            column = came[column]
    return [(partner[column] - 1, column - 1) for column in range(1, columns + 1) if partner[column]]


def plain(prediction: str, reference: str) -> tuple[int, float]:
    """How many steps are aligned, and the sum of their similarities."""
    from langkah.evaluation.steps import THRESHOLD, StepReader

    sides = [StepReader().steps(text, "en") for text in (reference, prediction)]
    rows, columns = sorted(sides, key=len)
    if not rows:
        return 0, 0.0
    similar = [[value if (value := row.similarity(column)) >= THRESHOLD else 0.0 for column in columns] for row in rows]
    found = [similar[row][column] for row, column in plain_pairing([[-value for value in row] for row in similar])]
    return sum(value > 0 for value in found), sum(found)


def main(count: int) -> int:
    from benchmarks.answer_pairs import answer_pairs
    from benchmarks.row import Row, tell
    from langkah.evaluation.steps import StepReader, align, compare_steps

    predictions, references = answer_pairs(count)
    compare_steps(["1. warm"], ["1. up"], ["en"])  # loads the stemmer, which both need

    start = time.process_time()
    ours = compare_steps(predictions, references, ["en"] * count)
    seconds = time.process_time() - start

    start = time.process_time()
    slow = [plain(prediction, reference) for prediction, reference in zip(predictions, references, strict=True)]
    plain_seconds = time.process_time() - start

    reader = StepReader()
    sums = [
        sum(pair.similarity for pair in align(reader.reference(reference, "en"), reader.steps(text, "en")))
        for text, reference in zip(predictions, references, strict=True)
    ]
    difference = max(abs(one - two) for one, (_, two) in zip(sums, slow, strict=True))
    others = sum(one.reference_steps - one.missing_steps != aligned for one, (aligned, _) in zip(ours, slow, strict=True))
    recall = sum(row.step_recall for row in ours) / count
    print(f"pairs {count}, mean step recall {recall:.4f}; similarity of a pairing differs by at most {difference:.1e}")
    print(f"{others} answers with as good a pairing of another number of steps")
    same = difference < 1e-3 and seconds < MOST_SECONDS * count / 10_000
    return tell(Row(f"step measures, {count:,} pairs", "a Python loop", plain_seconds, seconds, same=same))


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
