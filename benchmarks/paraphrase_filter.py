"""The filter "does a paraphrase stay with its own intent" against a loop over all intents, in one run: the same margins.

OMP_NUM_THREADS=1 python benchmarks/paraphrase_filter.py [INTENTS]
"""

import math
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

VARIANTS = 3


def main(count: int) -> int:
    """Compare, and return the exit code."""
    from benchmarks.row import Row, tell
    from langkah.paraphrase.filters import WordMeasure
    from langkah.paraphrase.filters.meaning import CLEAR, TWIN
    from langkah.paraphrase.filters.stems import content_stems

    drawn = random.Random(0)
    words = ["".join(drawn.choice("bdfgklmnprst") + drawn.choice("aeiou") for _ in range(3)) for _ in range(2000)]
    prompts = [f"How do I {' '.join(drawn.choices(words, k=5))}?" for _ in range(count)]
    pairs = [
        (place, f"Show me how to {' '.join(drawn.sample(prompts[place][9:-1].split(), 4))} {drawn.choice(words)}")
        for place in range(count)
        for _ in range(VARIANTS)
    ]
    WordMeasure(prompts[:5], "en").compare(pairs[:5])

    start = time.process_time()
    ours = [meaning.margin for meaning in WordMeasure(prompts, "en").compare(pairs)]
    seconds = time.process_time() - start

    start = time.process_time()
    stems = [content_stems(prompt, "en") for prompt in prompts]
    seen: dict[str, int] = {}
    for each in stems:
        for stem in each:
            seen[stem] = seen.get(stem, 0) + 1

    def weight(stem: str) -> float:
        return math.log((1 + count) / (1 + seen.get(stem, 0))) + 1

    def cosine(one: frozenset[str], two: frozenset[str]) -> float:
        norms = math.sqrt(sum(weight(each) ** 2 for each in one)) * math.sqrt(sum(weight(each) ** 2 for each in two))
        return sum(weight(each) ** 2 for each in one & two) / (norms or 1.0)

    plain: list[float] = []
    for place, text in pairs:
        variant, own = content_stems(text, "en"), stems[place]
        others = (cosine(variant, each) for at, each in enumerate(stems) if at != place and cosine(own, each) < TWIN)
        plain.append(min(CLEAR, cosine(variant, own) - max(others, default=-1.0)))
    plain_seconds = time.process_time() - start
    same = max(abs(one - two) for one, two in zip(ours, plain, strict=True)) < 1e-9
    return tell(
        Row(f"paraphrase filter, {len(pairs):,} of {count} intents", "a loop over all", plain_seconds, seconds, same=same)
    )


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 400))
