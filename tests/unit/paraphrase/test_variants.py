"""What a user gets: on real how-to titles, on single prompts, and when two intents come to the same words."""

from __future__ import annotations

import csv
import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
import yaml

from langkah.artifacts.record_cache import RecordCache
from langkah.config import ParaphraseConfig, SplitConfig
from langkah.paraphrase import (
    Ask,
    Candidate,
    FrameBackend,
    KeptOutcomes,
    ParaphraseResult,
    RejectReason,
    backends,
    load_families,
    make_variants,
)  # fmt: skip
from langkah.paraphrase.backends import Progress
from langkah.paraphrase.filters import words
from langkah.records import FaqRecord, PromptVariant
from langkah.same_text import same_text_key
from langkah.splitting import split_variants

DATA = Path(__file__).parents[3] / "../shared/data"


def record(prompt: str, language: str = "en", intent: str = "faq/1", row: int = 1) -> FaqRecord:
    return FaqRecord(intent=intent, prompt=prompt, output="1. Go.", language=language, source="faq", file="f", row=row)


def paraphrases(prompt: str, language: str = "en", variants: int = 5) -> list[str]:
    result = make_variants([record(prompt, language)], ParaphraseConfig(variants=variants))
    return [variant.prompt for variant in result.variants[1:]]


def gnome(language: str) -> list[FaqRecord]:
    path = DATA / {"en": "gnome-help-en.jsonl", "id": "gnome-help-id.csv"}[language]
    if not path.exists():
        pytest.skip(f"{path.name} is not beside the repository")
    with path.open(encoding="utf-8", newline="") as handle:
        rows = [json.loads(line) for line in handle] if language == "en" else list(csv.DictReader(handle))
    return [
        FaqRecord(file=path.name, row=number, language=language, intent=f"gnome/{row['id']}",
                  **{key: row[key] for key in ("prompt", "output", "source")})
        for number, row in enumerate(rows, start=1)
    ]  # fmt: skip


@pytest.fixture(scope="module", params=["en", "id"])
def corpus(request: pytest.FixtureRequest) -> tuple[list[FaqRecord], ParaphraseResult]:
    records = gnome(request.param)
    return records, make_variants(records, ParaphraseConfig())


def by_intent(result: ParaphraseResult) -> dict[str, list[PromptVariant]]:
    groups: dict[str, list[PromptVariant]] = defaultdict(list)
    for variant in result.variants:
        groups[variant.intent].append(variant)
    return groups


def test_nearly_every_intent_gets_its_variants(corpus: tuple[list[FaqRecord], ParaphraseResult]) -> None:
    records, result = corpus
    full = [group for group in by_intent(result).values() if len(group) >= 4]
    assert len(full) >= 0.95 * len(records)
    assert len(full) + len(result.short_intents) == len(records)


def test_variants_of_an_intent_differ(corpus: tuple[list[FaqRecord], ParaphraseResult]) -> None:
    distances: list[float] = []
    for group in by_intent(corpus[1]).values():
        bigrams = [set(pairwise(text)) for text in (words(one.prompt) for one in group)]
        distances.extend(1 - len(one & two) / len(one | two) for one, two in combinations(bigrams, 2))
    assert np.mean(distances) > 1 / 3


def test_nearest_original_of_a_variant_is_its_own(corpus: tuple[list[FaqRecord], ParaphraseResult]) -> None:
    records, result = corpus
    variants = [variant for variant in result.variants if variant.variant_of]
    originals = [row.prompt for row in records]
    matrix = tf_idf([*originals, *(variant.prompt for variant in variants)])
    nearest = (matrix[len(originals) :] @ matrix[: len(originals)].T).argmax(axis=1)
    own = [originals[at] == variant.variant_of for at, variant in zip(nearest, variants, strict=True)]
    assert np.mean(own) >= 0.95


def tf_idf(texts: list[str]) -> np.ndarray:
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


def test_real_variants_read_well(corpus: tuple[list[FaqRecord], ParaphraseResult]) -> None:
    bad = re.compile(
        r"\bto to\b|\bcara cara\b|\buntuk untuk\b|\s[?.,]|[?.!]{2}|\byour\b|\bAnda\b|\{|\b(?:I|saya) \w+ing\b(?<!thing)"
    )
    faults = [
        v.prompt
        for v in corpus[1].variants
        if v.variant_of and (bad.search(v.prompt) or not re.search(r"^\S.*[.?]$", v.prompt))
    ]
    assert faults == []


HEADINGS: dict[str, dict[str, list[str]]] = yaml.safe_load(
    (Path(__file__).parents[2] / "wordings/headings.yaml").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("language", ["en", "id"])
def test_headings_become_the_questions_that_were_found_natural(language: str) -> None:
    rows = [record(heading, language, f"{language}/{heading}") for heading in HEADINGS[language]]
    asked: dict[str, list[str]] = defaultdict(list)
    for variant in make_variants(rows, ParaphraseConfig()).variants:
        if variant.variant_of:
            asked[variant.variant_of].append(variant.prompt)
    assert asked == HEADINGS[language]


def test_there_are_thirty_headings() -> None:
    assert sum(map(len, HEADINGS.values())) >= 30


def test_no_text_is_two_intents(corpus: tuple[list[FaqRecord], ParaphraseResult]) -> None:
    # GNOME's own titles repeat; no paraphrase repeats one of them or another paraphrase.
    texts = Counter(same_text_key(variant.prompt) for variant in corpus[1].variants)
    originals = Counter(same_text_key(row.prompt) for row in corpus[0])
    assert {text: count for text, count in texts.items() if count > 1} == {
        text: count for text, count in originals.items() if count > 1
    }


def test_all_families_are_used_alike(corpus: tuple[list[FaqRecord], ParaphraseResult]) -> None:
    records, result = corpus
    used = Counter((variant.side, variant.frame) for variant in result.variants if variant.frame)
    families = [family for family in load_families() if family.language == records[0].language]
    assert {frame for _, frame in used} == {family.name for family in families}
    for side in ("train", "eval"):
        counts = [count for (own, _), count in used.items() if own == side]
        assert max(counts) < 2 * min(counts)


def test_order_of_records_does_not_matter(corpus: tuple[list[FaqRecord], ParaphraseResult]) -> None:
    records, result = corpus
    shuffled = random.Random(7).sample(records, len(records))
    assert make_variants(shuffled, ParaphraseConfig()) == result


def test_a_new_record_leaves_the_others_alone(corpus: tuple[list[FaqRecord], ParaphraseResult]) -> None:
    records, result = corpus
    grown = make_variants([*records, record("How do I polish a spoon?", intent="zz")], ParaphraseConfig())
    assert [variant for variant in grown.variants if variant.intent != "zz"] == list(result.variants)


@pytest.mark.parametrize(("variants", "train", "to_eval"), [(0, 0, 0), (1, 0, 1), (2, 1, 1), (3, 2, 1), (4, 3, 1), (5, 3, 2)])
@pytest.mark.parametrize(("prompt", "language"), [("How do I reset my password?", "en"), ("Gimana cara ganti sandi?", "id")])
def test_sides(variants: int, train: int, to_eval: int, prompt: str, language: str) -> None:
    original, *others = make_variants([record(prompt, language)], ParaphraseConfig(variants=variants)).variants
    assert (original.prompt, original.frame, original.variant_of, original.side) == (prompt, None, None, None)
    assert [variant.side for variant in others] == ["train"] * train + ["eval"] * to_eval
    assert {variant.variant_of for variant in others} <= {prompt}
    sides = {family.name: family.side for family in load_families()}
    assert all(sides[variant.frame or ""] == variant.side for variant in others)


@pytest.mark.parametrize(
    ("prompt", "language", "kept"),
    [
        ("How do I change the address of order [ORDER_ID] to [ADDRESS_1]?", "en", ["[ORDER_ID]", "[ADDRESS_1]"]),
        ('Where do I find "Your account" in Langkah Pay 2.5?', "en", ['"Your account"', "Langkah Pay 2.5"]),
        ("Hi [NAME], how do I cancel it?", "en", ["[NAME]"]),
        ("My order 123-456 is late. How do I cancel it?", "en", ["My order 123-456 is late. "]),
        ("If my order is late, how do I cancel it?", "en", ["If my order is late, "]),
        ("How do I use the app at https://shop.example/your/app?", "en", ["https://shop.example/your/app"]),
        ("Pesanan [ORDER_ID] belum sampai. Gimana cara lacak?", "id", ["Pesanan [ORDER_ID] belum sampai. "]),
        ("Kalau barang rusak, bagaimana cara mengajukan retur?", "id", ["Kalau barang rusak, "]),
        ("Bagaimana cara membuka “Akun Anda” di versi 3?", "id", ["“Akun Anda”", "versi 3"]),
    ],
)
def test_what_must_stay_stays(prompt: str, language: str, kept: list[str]) -> None:
    variants = paraphrases(prompt, language)
    assert len(variants) == 5
    assert all(piece in variant for variant in variants for piece in kept)


@pytest.mark.parametrize(
    ("prompt", "language", "own", "never"),
    [
        ("How do I reset my password?", "en", "my password", "your"),
        ("Reset your password", "en", "my password", "your"),
        ("How do I contact your support team?", "en", "your support team", "my"),
        ("Contact our support team", "en", "your support team", "our support"),
        ("How do I send you my documents?", "en", "send you my documents", "send me"),
        ("Bagaimana cara mengubah kata sandi Anda?", "id", "kata sandi saya", "Anda"),
        ("Bagaimana cara menghubungi layanan pelanggan Anda?", "id", "layanan pelanggan Anda", "pelanggan saya"),
        ("Gimana cara ganti email akunku?", "id", "email akunku", "saya"),
    ],
)
def test_it_is_the_same_person_who_asks(prompt: str, language: str, own: str, never: str) -> None:
    variants = paraphrases(prompt, language)
    assert len(variants) == 5
    assert all(own in variant and not re.search(rf"\b{never}\b", variant.replace(own, "")) for variant in variants)


def test_a_verb_in_kan_is_not_left_bare() -> None:
    told = paraphrases("Bagaimana cara temukan menu?", "id")
    assert len(told) == 5 and all("menemukan menu" in text for text in told)
    assert not any(re.search("hendak|obatnya", text) for text in told)


@pytest.mark.parametrize("prompt", ["Bagaimana cara cari?", "Bagaimana cara mencari?", "Cara cari"])
def test_a_question_that_is_only_a_verb_stays_a_question(prompt: str) -> None:
    told = paraphrases(prompt, "id")
    assert len(told) == 5 and all("bagaimana cara mencari" in text.lower() for text in told)


def test_mixed_rows_take_the_language_of_their_opening() -> None:
    result = make_variants(
        [record("Gimana cara reset password?", "mixed", "a"), record("How do I buka aplikasi?", "mixed", "b")],
        ParaphraseConfig(),
    )
    frames = {variant.intent + (variant.frame or "")[:2] for variant in result.variants if variant.frame}
    assert frames == {"aid", "ben"}
    assert {variant.language for variant in result.variants} == {"mixed"}


def test_collisions_are_dropped_on_both_sides() -> None:
    # Different originals of one meaning: their variants would be the same texts for two intents.
    twins = [record("How do I reset my password?", intent=f"a{at}") for at in range(12)]
    twins += [record("How can I reset my password?", intent=f"b{at}") for at in range(12)]
    result = make_variants(twins, ParaphraseConfig())
    texts = [same_text_key(variant.prompt) for variant in result.variants if variant.variant_of]
    assert len(set(texts)) == len(texts)
    assert sum(variant.variant_of is None for variant in result.variants) == 24
    assert RejectReason.collision in {rejected.reason for rejected in result.rejected}
    assert set(result.short_intents) <= {row.intent for row in twins}
    assert result.short_intents


@pytest.mark.parametrize(
    "prompts",
    [
        ("How do I install C++?", "How do I install C?", "How do I install C#?"),
        ("How do I give 50% back?", "How do I give 50 back?"),
    ],
)
def test_two_texts_for_splitting_are_two_for_paraphrasing(prompts: tuple[str, ...]) -> None:
    rows = [record(f"{text[:-1]} on day {day}?", intent=f"{text} {day}") for text in prompts for day in range(8)]
    result = make_variants(rows, ParaphraseConfig())
    assert RejectReason.collision not in {row.reason for row in result.rejected}
    assert split_variants(result.variants, SplitConfig()).dropped == {}


@pytest.mark.parametrize(
    "prompts",
    [
        ("My screen can't rotate", "My screen cant rotate"),
        ("How do I open the naïve mode?", "How do I open the nai\u0308ve mode?"),
        ("How do I set up Wi\u00adFi?", "How do I set up WiFi?"),
    ],
)
def test_one_text_for_splitting_is_one_for_paraphrasing(prompts: tuple[str, ...]) -> None:
    rows = [record(text, intent=f"{text} {at}") for text in prompts for at in range(6)]
    result = make_variants(rows, ParaphraseConfig())
    admitted = [same_text_key(variant.prompt) for variant in result.variants if variant.variant_of]
    assert len(set(admitted)) == len(admitted)


def test_only_those_that_collide_are_phrased_again(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: Counter[str] = Counter()
    monkeypatch.setattr(backends, "same_text_key", lambda text: seen.update([text]) or same_text_key(text))
    twins = [record(f"How {verb} I reset my password?", intent=f"{verb}{at}") for at in range(12) for verb in ("do", "can")]
    alone = [record(f"How do I paint a {thing}?", intent=thing) for thing in ("door", "wall", "roof")]
    result = make_variants([*twins, *alone], ParaphraseConfig())
    lone = [variant.prompt for variant in result.variants if variant.variant_of]
    assert {variant.intent for variant in result.variants if variant.variant_of} == {"door", "wall", "roof"}
    assert [seen[text] for text in lone] == [1] * 9


@pytest.mark.parametrize("together", [1, 7])
def test_how_many_are_phrased_together_does_not_matter(monkeypatch: pytest.MonkeyPatch, together: int) -> None:
    twins = [record(f"How {verb} I reset my password?", intent=f"{verb}{at}") for at in range(4) for verb in ("do", "can")]
    rows = [*twins, *gnome("en")[:40]]
    whole = make_variants(rows, ParaphraseConfig())
    monkeypatch.setattr("langkah.paraphrase.variants._TOGETHER", together)
    assert make_variants(rows, ParaphraseConfig()) == whole


class _Counting(FrameBackend):
    """Counts the records that it is asked about."""

    def __init__(self) -> None:
        super().__init__()
        self.records = set[int]()

    def propose(self, asks: Sequence[Ask], on_done: Progress | None = None) -> list[list[Candidate]]:
        self.records |= {ask.record.row for ask in asks}
        return super().propose(asks, on_done)


@pytest.mark.parametrize("language", ["en", "id"])
def test_what_was_phrased_before_is_not_phrased_again_and_comes_out_the_same(tmp_path: Path, language: str) -> None:
    """Also where words have become commoner, other prompts nearer, and texts those of others; and where records went."""
    rows, config = gnome(language), ParaphraseConfig()
    before, after = rows[:-20], rows[10:]
    taken = [variant.prompt for variant in make_variants(before, config).variants if variant.variant_of][:40:8]
    after += [record(text, language, f"new/{at}", row=1000 + at) for at, text in enumerate(taken)]
    with RecordCache(tmp_path / "phrased.sqlite", b"secret", "work").named() as results:
        kept = KeptOutcomes(results)
        assert make_variants(before, config, kept=kept) == make_variants(before, config)
        backend = _Counting()
        assert make_variants(after, config, backend=backend, kept=kept) == make_variants(after, config)
        assert len(backend.records) < len(after) / 2
        backend = _Counting()
        assert make_variants(after, config, backend=backend, kept=kept) == make_variants(after, config)
        assert len(backend.records) < len(after) / 5


def test_a_variant_never_takes_another_original() -> None:
    taken = [variant.prompt for variant in make_variants([record("Reset your password")], ParaphraseConfig()).variants[1:]]
    rows = [record("Reset your password"), *(record(text, intent=f"x{at}") for at, text in enumerate(taken))]
    result = make_variants(rows, ParaphraseConfig())
    own = [variant.prompt for variant in result.variants if variant.intent == "faq/1"]
    assert not set(own) & set(taken)
    assert {variant.prompt for variant in result.variants if variant.variant_of is None} == {row.prompt for row in rows}


def test_min_distance_rejects_what_is_too_close() -> None:
    prompt = "How do I stop the computer from suspending when the lid is closed and the power cable is plugged in?"
    strict = make_variants([record(prompt)], ParaphraseConfig(min_distance=0.6))
    assert strict.short_intents == ("faq/1",)
    assert {rejected.reason for rejected in strict.rejected} == {RejectReason.too_close}
    assert not make_variants([record(prompt)], ParaphraseConfig(min_distance=0.05)).short_intents


def test_rejections_hold_no_text() -> None:
    result = make_variants([record("How do I " + "very " * 90 + "carefully open it?")], ParaphraseConfig())
    assert result.short_intents == ("faq/1",)
    assert {rejected.reason for rejected in result.rejected} == {RejectReason.too_long}
    assert "carefully" not in repr(result.rejected)


@pytest.mark.parametrize("prompt", ["?", "...", "Hi!", "thanks", "[NAME]", "How do I", "  ", "To", "a, b, c", "\ue000 \ue001"])
@pytest.mark.parametrize("language", ["en", "id", "mixed", "other"])
def test_odd_prompts_do_not_break(prompt: str, language: str) -> None:
    result = make_variants([record(prompt, language)], ParaphraseConfig())
    assert result.variants[0].prompt == prompt
    assert len(result.variants) <= 4
