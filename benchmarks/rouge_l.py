"""ROUGE-L of the project against `rouge_score` on 10,000 pairs, in one run: the same values, how much faster.

OMP_NUM_THREADS=1 python benchmarks/rouge_l.py [PAIRS]
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

BAR = 15


def main(count: int) -> int:
    from rouge_score.rouge_scorer import RougeScorer

    from benchmarks.answer_pairs import answer_pairs
    from benchmarks.row import Row, tell
    from langkah.evaluation.rouge_l import rouge_l

    predictions, references = answer_pairs(count)
    scorer = RougeScorer(["rougeL"], use_stemmer=False)

    start = time.process_time()
    ours = rouge_l(predictions, references)
    seconds = time.process_time() - start

    start = time.process_time()
    plain = [scorer.score(reference, text)["rougeL"].fmeasure for text, reference in zip(predictions, references, strict=True)]
    plain_seconds = time.process_time() - start

    difference = max(abs(float(one) - two) for one, two in zip(ours, plain, strict=True))
    print(f"pairs {count}, mean ROUGE-L {ours.mean():.4f}, largest difference {difference:.1e} (at most 1e-9)")
    return tell(Row(f"ROUGE-L, {count:,} pairs", "rouge_score", plain_seconds, seconds, BAR, same=difference <= 1e-9))


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
