"""What the scrubber finds and what it leaves alone, on names, sentences and values that its lists do not come from.

Recall: the share of values of which nothing is left (of a name: no word of three letters or more). Precision: the share of
placeholders of a type that stand on a value of that type. F2 weighs recall twice. Ends with 1 where a bar is missed.

    OMP_NUM_THREADS=1 python benchmarks/names.py [--times 8]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests/unit/pii")]

import corpora
from corpora import HALVES, Outcome, Sentence, Span
from hostile import hostile

from langkah.pii import Scrubber

BARS = {"en": 0.95, "id": 0.90}
STRUCTURED_LEAK = 0.01
ALTERED = 0.01


def names(title: str, language: str, sentences: Sequence[Sentence], scrubber: Scrubber) -> list[str]:
    """Print the recall of one set by half, kind of name and gazetteer; the bars that it misses."""
    outcome = corpora.measure(scrubber, sentences)
    print(f"\n{title}")
    groups: dict[str, Callable[[Sentence, Span], bool]] = {"all names": lambda *_: True}
    groups |= {half: lambda each, _, half=half: each.half == half for half in HALVES}
    groups |= {
        "full names": corpora.full_name,
        "single names": lambda each, span: not corpora.full_name(each, span),
        "a word in the gazetteer": lambda each, span: corpora.listed(each.text[span.start : span.end], language),
        "no word in the gazetteer": lambda each, span: not corpora.listed(each.text[span.start : span.end], language),
    }
    missed: list[str] = []
    for name, chosen in groups.items():
        count, share = corpora.recall(outcome, sentences, chosen)
        if count:
            print(f"  {name:28} {count:6}  recall {share:.3f}")
        if count and name in ("all names", *HALVES) and share < BARS[language]:
            missed.append(f"{title}, {name}: recall {share:.3f}, bar {BARS[language]}")
    table(outcome)
    return missed


def table(outcome: Outcome, language: str = "") -> None:
    for kind, score in sorted(outcome.scores.items()):
        figures = f"recall {score.recall:.3f}  precision {score.precision:.3f}  F2 {score.f2:.3f}"
        print(f"  {language:3}{kind:25} {score.values:6}  {figures}")


def structured(scrubber: Scrubber, count: int) -> list[str]:
    """Print recall, precision and F2 of identifiers by type and language; the bars that they miss."""
    sentences = hostile(count)
    print("\nidentifiers in hostile forms (invisible characters, full-width digits, odd dashes, wrong check digits)")
    missed: list[str] = []
    for language in ("en", "id"):
        mine = [each for each in sentences if each.language == language]
        outcome = corpora.measure(scrubber, mine)
        table(outcome, language)
        leaked = len(outcome.missed)
        if leaked > STRUCTURED_LEAK * len(mine) or outcome.scores["EMAIL"].leaked:
            missed.append(f"identifiers, {language}: {leaked} of {len(mine)} leaked")
    return missed


def clean(scrubber: Scrubber) -> list[str]:
    """Print what is altered where nothing is personal; the bars that it misses."""
    missed: list[str] = []
    print("\nnothing personal in them")
    folder = ROOT.parent / "shared" / "data"
    if folder.is_dir():
        rows = corpora.clean_texts(folder)
        outcomes = list(scrubber.scrub_many(rows))
        altered, characters = sum(each.altered for each in outcomes), sum(each.characters for each in outcomes)
        print(f"  how-to records               {len(rows):6}  altered {altered} of {characters} characters")
        if altered > ALTERED * characters:
            missed.append(f"clean texts: {altered} of {characters} characters altered")
    for group, title in (("names", "product names"), ("held_out", "product names, held out")):
        sentences = corpora.products(group)
        outcome = corpora.measure(scrubber, sentences)
        hit = {sentence.half for sentence, _ in outcome.invented}
        texts = {(sentence.language, sentence.text) for sentence, _ in outcome.invented}
        print(
            f"  {title:28} {len({each.half for each in sentences}):6}  altered {len(hit)}, in {len(texts)} of {len(sentences)}"
        )
        if hit and group == "names":
            missed.append(f"product names: {len(hit)} altered")
    return missed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=8, help="how often each template, sentence or name is used")
    times: int = parser.parse_args().times
    scrubber = Scrubber()
    missed: list[str] = []
    if corpora.evaluator_folder():
        missed += names(
            "English: presidio-evaluator's people and templates", "en", corpora.evaluator_sentences(times), scrubber
        )
        missed += names(
            "English: presidio-evaluator's people in help-desk sentences", "en", corpora.evaluator_people(times), scrubber
        )
    else:
        print("English: presidio-evaluator is not installed")
    missed += names("Indonesian: names and sentences of the project", "id", corpora.indonesian_sentences(times), scrubber)
    missed += names("Indonesian: sentences written last", "id", corpora.fresh_indonesian(times), scrubber)
    missed += structured(scrubber, 1400)
    missed += clean(scrubber)
    print("\n" + ("\n".join(f"MISSED {line}" for line in missed) or "every bar is reached"))
    sys.exit(bool(missed))


if __name__ == "__main__":
    main()
