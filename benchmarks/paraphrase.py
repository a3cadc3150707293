"""How many variants frames make of real how-to titles, how different they are, and whether they stay with their own intent.

The plain way beside it is one template for all ("How can I ...?"): what a search and replace would give. Nearness is judged by
another measure than the filters use: the cosine of TF-IDF vectors of character 3- to 5-grams. True duplicates (equal prompts)
count as one. Then what the filters admit of paraphrases that were judged by hand (`tests/wordings`), as a language model
writes them.

    OMP_NUM_THREADS=1 python benchmarks/paraphrase.py
"""

from __future__ import annotations

import csv
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
DATA = ROOT.parent / "shared" / "data"

from langkah.config import ParaphraseConfig
from langkah.models.embedding import Embedder, resolve_embedder
from langkah.paraphrase import make_variants
from langkah.paraphrase.filters import MODEL_CHECKS, EmbeddingMeasure, Pair, Reading, WordMeasure, check, words
from langkah.paraphrase.filters.wording import bigram_distance
from langkah.records import FaqRecord, PromptVariant

LEAST_VARIANTS = 3


def read(language: str) -> list[FaqRecord]:
    path = DATA / {"en": "gnome-help-en.jsonl", "id": "gnome-help-id.csv"}[language]
    with path.open(encoding="utf-8", newline="") as handle:
        rows: list[dict[str, str]] = [json.loads(line) for line in handle] if language == "en" else list(csv.DictReader(handle))
    return [
        FaqRecord(
            intent=row["id"], prompt=row["prompt"], output=row["output"], language=language, source=row["source"],
            file=path.name, row=number,
        )
        for number, row in enumerate(rows, start=1)
    ]  # fmt: skip


def tf_idf(texts: Sequence[str]) -> np.ndarray:
    """Rows of unit length over character 3- to 5-grams, by scikit-learn's formula (smooth idf)."""
    counts = [
        Counter(text[at : at + size] for size in (3, 4, 5) for at in range(len(text) - size + 1))
        for text in map(str.lower, texts)
    ]
    grams = {gram: column for column, gram in enumerate(sorted(set().union(*counts)))}
    matrix = np.zeros((len(texts), len(grams)), dtype=np.float32)
    for row, count in enumerate(counts):
        matrix[row, [grams[gram] for gram in count]] = list(count.values())
    matrix *= np.log((1 + len(texts)) / (1 + (matrix > 0).sum(axis=0))) + 1
    return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


def own_nearest(originals: Sequence[str], variants: Sequence[tuple[str, str]]) -> float:
    """The share of (variant, its original) whose nearest original is its own."""
    matrix = tf_idf([*originals, *(text for text, _ in variants)])
    nearest = (matrix[len(originals) :] @ matrix[: len(originals)].T).argmax(axis=1)
    return float(np.mean([originals[at] == own for at, (_, own) in zip(nearest, variants, strict=True)]))


def mean_distance(groups: Sequence[Sequence[str]]) -> float:
    """Mean Jaccard distance of word bigrams over all pairs of a group's texts."""
    split = [[words(text) for text in group] for group in groups]
    return float(np.mean([bigram_distance(a, b) for group in split for a, b in combinations(group, 2)]))


def by_intent(variants: Sequence[PromptVariant]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for variant in variants:
        groups[variant.intent].append(variant.prompt)
    return groups


def report_frames(language: str) -> None:
    records = read(language)
    began = time.process_time()
    result = make_variants(records, ParaphraseConfig())
    seconds = time.process_time() - began
    groups = by_intent(result.variants)
    full = sum(len(group) > LEAST_VARIANTS for group in groups.values())
    judged = result.accepted + len(result.rejected)
    pairs = [(variant.prompt, variant.variant_of) for variant in result.variants if variant.variant_of]
    originals = [record.prompt for record in records]
    plain = [
        [record.prompt, record.prompt.replace("How do I", "How can I").replace("Bagaimana", "Gimana")] for record in records
    ]
    print(f"{language}: {len(records)} intents, {seconds:.2f} s of CPU time")
    print(f"  at least {LEAST_VARIANTS} accepted variants: {full / len(groups):.1%} of the intents")
    print(f"  accepted of what was proposed: {result.accepted / judged:.1%} ({result.accepted} of {judged})")
    for reason, count in sorted(Counter(str(row.reason) for row in result.rejected).items()):
        print(f"    {reason}: {count}")
    print(f"  word bigrams, mean Jaccard distance within an intent: {mean_distance(list(groups.values())):.3f}", end="")
    print(f" ({mean_distance(plain):.3f} by one template)")
    print(f"  nearest original is the own one, by characters: {own_nearest(originals, pairs):.1%}")


def report_filters(name: str, language: str) -> None:
    tree: dict[str, list[dict[str, Any]]] = yaml.safe_load((ROOT / "tests/wordings" / name).read_text(encoding="utf-8"))
    intents = tree[language]
    prompts = [intent["prompt"] for intent in intents]
    config = ParaphraseConfig()
    english = language == "en"
    measure = EmbeddingMeasure(prompts, Embedder(resolve_embedder("auto")).embed) if english else WordMeasure(prompts, "id")
    least = config.min_similarity if english else config.min_retention
    for label in ("good", "bad"):
        pairs = [(place, text) for place, intent in enumerate(intents) for text in intent[label]]
        reasons: Counter[str] = Counter()
        found = measure.compare(pairs)
        for (place, text), meaning in zip(pairs, found, strict=True):
            tongue = "en" if english else "id"
            reason = check(Pair(Reading(prompts[place], tongue), Reading(text, tongue)), MODEL_CHECKS)
            told = reason.name if reason else "other_meaning" if meaning.kept < least else "nearer_other"
            reasons["admitted" if reason is None and meaning.kept >= least and meaning.margin >= 0 else told] += 1
        kept = np.quantile([meaning.kept for meaning in found], [0.05, 0.25, 0.5, 0.75, 0.95]).round(2).tolist()
        print(f"{name} {language} {label}: admitted {reasons['admitted']} of {len(pairs)}; {dict(reasons)}")
        print(f"  {measure.name}, quantiles 5 25 50 75 95 %: {kept}")


def main() -> None:
    for language in ("en", "id"):
        report_frames(language)
    for name in ("labelled.yaml", "heldout.yaml"):
        for language in ("en", "id"):
            report_filters(name, language)


if __name__ == "__main__":
    main()
