"""English METEOR of the project against nltk's on 10,000 pairs, in one run: the same values, how much faster.

Each side tokenizes and looks up its words itself. The project's runs first, so that it pays for reading WordNet's files,
which nltk then finds in memory: the ratio is the low end.

    OMP_NUM_THREADS=1 python benchmarks/meteor.py [PAIRS]
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

BAR = 2


def main(count: int) -> int:
    from nltk.tokenize import word_tokenize
    from nltk.translate.meteor_score import meteor_score

    from benchmarks.answer_pairs import answer_pairs
    from benchmarks.row import Row, tell
    from langkah.evaluation.meteor import meteor

    predictions, references = answer_pairs(count)
    meteor(["warm"], ["up"], ["en"])  # loads WordNet's index, which both need

    start = time.process_time()
    ours = meteor(predictions, references, ["en"] * count)
    seconds = time.process_time() - start

    start = time.process_time()
    plain = [
        meteor_score([word_tokenize(reference, preserve_line=True)], word_tokenize(text, preserve_line=True))
        for text, reference in zip(predictions, references, strict=True)
    ]
    plain_seconds = time.process_time() - start

    difference = max(abs(float(one) - two) for one, two in zip(ours, plain, strict=True))
    print(f"pairs {count}, mean METEOR {ours.mean():.4f}, largest difference {difference:.1e} (must be 0)")
    return tell(Row(f"METEOR, {count:,} pairs", "nltk", plain_seconds, seconds, BAR, same=difference == 0))


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
