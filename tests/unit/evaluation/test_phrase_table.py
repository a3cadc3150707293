"""METEOR's fourth stage: phrases by the user's table, worked out by hand; a table that cannot be used is told."""

import json
import random
from pathlib import Path

import numpy as np
import pytest
from nltk.tokenize import word_tokenize
from nltk.translate.meteor_score import meteor_score

from langkah.errors import ConfigError
from langkah.evaluation.meteor import KINDS, meteor, meteor_labels
from langkah.evaluation.phrase_table import PhraseTable, read_phrase_table

TABLE = """\
# switches
turn off\tswitch off
\t
put out of action\tdisable
kata sandi\tpassword
kick the bucket\tdie
""".replace("\t\n", "\n")


@pytest.fixture
def table(tmp_path: Path) -> PhraseTable:
    (tmp_path / "phrases.tsv").write_text(TABLE, encoding="utf-8")
    return read_phrase_table(tmp_path / "phrases.tsv")


def one(prediction: str, reference: str, table: PhraseTable | None, language: str = "en") -> float:
    return float(meteor([prediction], [reference], [language], table)[0])


def score(covered: int, expected: int, words: int, reference: int, chunks: int) -> float:
    """METEOR of so many words covered on either side, by its formula."""
    precision, recall = covered / words, expected / reference
    return (1 - 0.5 * (chunks / ((covered + expected) / 2)) ** 3) * precision * recall / (0.9 * precision + 0.1 * recall)


def test_a_phrase_matches_phrases_of_another_length(table: PhraseTable) -> None:
    text, reference = "please put out of action the alarm", "please disable the alarm"
    assert one(text, reference, None) == pytest.approx(score(3, 3, 7, 4, 2))
    assert one(text, reference, table) == pytest.approx(score(7, 4, 7, 4, 1))
    assert one(reference, text, table) == pytest.approx(score(4, 7, 4, 7, 1))  # both ways


def test_a_word_that_is_matched_already_stays_with_its_phrase(table: PhraseTable) -> None:
    text, reference = "switch off wifi", "turn off wifi"
    assert one(text, reference, table) == pytest.approx(score(3, 3, 3, 3, 1))
    # "off" went to the last "off" of the reference, which is not within its paraphrase: nothing is taken away.
    assert one("turn off", "switch off and off", table) == one("turn off", "switch off and off", None)


def test_each_word_is_matched_once(table: PhraseTable) -> None:
    assert one("die die", "kick the bucket", table) == pytest.approx(score(1, 3, 2, 3, 1))
    assert one("die", "kick the bucket kick the bucket", table) == pytest.approx(score(1, 3, 1, 6, 1))


def test_a_table_serves_every_language(table: PhraseTable) -> None:
    assert one("isi password baru", "isi kata sandi baru", table, "id") == pytest.approx(score(3, 4, 3, 4, 1))
    assert one("password", "kata sandi", table, "fr") == pytest.approx(score(1, 2, 1, 2, 1))


def test_a_table_that_holds_nothing_of_the_texts_changes_nothing(table: PhraseTable) -> None:
    generator = random.Random(5)
    vocabulary = "Buy purchase buying car automobile cars run runs the , . can't obey heed It's 1. (menu)"
    texts = [" ".join(generator.choices(vocabulary.split(), k=generator.randrange(1, 25))) for _ in range(200)]
    expected = [
        meteor_score([word_tokenize(reference, preserve_line=True)], word_tokenize(text, preserve_line=True))
        for text, reference in zip(texts[:100], texts[100:], strict=True)
    ]
    np.testing.assert_array_equal(meteor(texts[:100], texts[100:], ["en"] * 100, table), expected)


def test_a_table_never_lowers_the_words_covered(table: PhraseTable) -> None:
    generator = random.Random(6)
    parts = ["turn off", "switch off", "die", "kick the bucket", "disable", "put out of action", "off", "the", "kick"]
    for _ in range(300):
        text, reference = (" ".join(generator.choices(parts, k=generator.randrange(1, 8))) for _ in range(2))
        pairs = [(place, place) for place in range(min(len(text.split()), len(reference.split())))
                 if text.split()[place] == reference.split()[place]]  # fmt: skip
        matches = table.join(text.split(), reference.split(), pairs)
        for side in (0, 1):
            spans = [range(match[side], match[side] + match[side + 2]) for match in matches]
            places = [place for span in spans for place in span]
            assert len(set(places)) == len(places)
            assert {pair[side] for pair in pairs} <= set(places)


def test_the_table_is_named_with_what_meteor_means(table: PhraseTable) -> None:
    assert meteor_labels(["en", "id", "en"]) == {"en": KINDS["en"], "id": KINDS["id"]}
    assert meteor_labels(["en"], table)["en"] == f"{KINDS['en']}, paraphrases by phrases.tsv, sha256 {table.digest[:12]}"
    assert json.dumps(meteor_labels(["mixed"]))


def problems(path: Path) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        read_phrase_table(path)
    assert "secret" not in str(caught.value)
    return caught.value.problems


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("secret", "expected a phrase, a tab and its paraphrase, got 1 columns"),
        ("secret\tsecret\t0.5", "expected a phrase, a tab and its paraphrase, got 3 columns"),
        ("secret\t ", "expected a phrase on both sides of the tab, got a blank"),
        ("secret\t" + "word " * 11, "expected phrases of at most 10 words, got 11"),
    ],
)
def test_a_malformed_row_is_one_line(tmp_path: Path, line: str, expected: str) -> None:
    path = tmp_path / "p.tsv"
    path.write_text(f"a\tb\n{line}\n", encoding="utf-8")
    assert problems(path) == (f"evaluate.phrase_table: {path}: row 2: {expected}",)


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    path = tmp_path / "p.tsv"
    assert problems(path) == (f"evaluate.phrase_table: {path}: no such file",)
    assert problems(tmp_path) == (f"evaluate.phrase_table: {tmp_path}: expected a file, got a folder",)
    path.write_bytes("é\té".encode("latin-1"))
    assert problems(path) == (f"evaluate.phrase_table: {path}: expected UTF-8 text",)
    for content in ("", "# only\n\n", "same\tsame\n"):
        path.write_text(content, encoding="utf-8")
        assert problems(path)[0].endswith("no pair, expected a phrase, a tab and its paraphrase on each line")
    path.write_text("secret\n" * 30, encoding="utf-8")
    assert len(problems(path)) == 21
    assert problems(path)[-1].endswith("and 10 more problems")
