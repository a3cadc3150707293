"""Near-duplicate records by rare shingles and exact counts against the comparison of all pairs, in one run: the same pairs.

Both sides make the same sets of shingles with the project's own code; the plain way then counts every pair of Python sets.
It takes time with the square of the records, so its share of a larger corpus is far greater than here.

    OMP_NUM_THREADS=1 python benchmarks/near_duplicates.py [RECORDS]
"""

import random
import sys
import time
from itertools import combinations
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

THRESHOLD = 0.8


def records(count: int) -> list[tuple[str, str]]:
    """Prompts and answers of drawn words; one in ten is like an earlier one."""
    drawn = random.Random(0)
    words = ["".join(drawn.choice("bdfgklmnprst") + drawn.choice("aeiou") for _ in range(3)) for _ in range(4000)]
    found: list[tuple[str, str]] = []
    for number in range(count):
        if number % 10 == 9:
            prompt, answer = found[drawn.randrange(len(found))]
            found.append((prompt, answer + f" {drawn.choice(words)}"))
        else:
            found.append((" ".join(drawn.choices(words, k=8)), "1. " + ". 2. ".join(drawn.choices(words, k=40))))
    return found


def main(count: int) -> int:
    """Compare, and return the exit code."""
    from benchmarks.row import Row, tell
    from langkah.splitting import near_pairs
    from langkah.splitting.near_duplicates import _ANSWER_SIZES, _PROMPT_SIZES
    from langkah.splitting.shingles import Shingler, without_list_marks

    rows = records(count)
    near_pairs(rows[:20], THRESHOLD)

    start = time.process_time()
    ours = {(pair.first, pair.second) for pair in near_pairs(rows, THRESHOLD)}
    seconds = time.process_time() - start

    start = time.process_time()
    shingler = Shingler()
    sides = (
        [set(shingler.sets([prompt], _PROMPT_SIZES)[0].tolist()) for prompt, _ in rows],
        [set(shingler.sets([without_list_marks(answer)], _ANSWER_SIZES)[0].tolist()) for _, answer in rows],
    )
    plain = {
        (one, two)
        for sets in sides
        for one, two in combinations(range(count), 2)
        if (shared := len(sets[one] & sets[two])) and shared >= THRESHOLD * (len(sets[one]) + len(sets[two]) - shared)
    }
    plain_seconds = time.process_time() - start
    return tell(
        Row(f"near-duplicates, {count:,} records", "all pairs of sets", plain_seconds, seconds, same=_alike(ours, plain))
    )


def _alike(ours: set[tuple[int, int]], plain: set[tuple[int, int]]) -> bool:
    """Whether both put the same records together: of equal ones, the project names the first alone."""

    def groups(pairs: set[tuple[int, int]]) -> dict[int, int]:
        root: dict[int, int] = {}

        def find(at: int) -> int:
            while root.setdefault(at, at) != at:
                at = root[at]
            return at

        for one, two in pairs:
            first, second = sorted((find(one), find(two)))
            root[second] = first
        return {at: find(at) for at in root}

    print(f"{len(ours)} pairs, {len(plain)} by all pairs")
    return groups(ours) == groups(plain) and ours <= plain


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3_000))
