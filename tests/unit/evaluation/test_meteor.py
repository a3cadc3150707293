"""METEOR: nltk's values for English, the same formula with Indonesian words, an error without word data."""

import json
import os
import random
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nltk.data
import numpy as np
import pytest
from nltk.tokenize import word_tokenize
from nltk.translate.meteor_score import meteor_score

from langkah.errors import ResourceError
from langkah.evaluation import lexicons
from langkah.evaluation.meteor import KINDS, meteor, meteor_kind
from langkah.evaluation.wordnet import THESAURUS, WORDNET, default_target

DATA = Path(__file__).parents[3] / "../shared/data"

GUIDE = "It is a guide to action which ensures that the military always obeys the commands of the party"
HEED = "It is a guide to action that ensures that the military will forever heed Party commands"


def oracle(prediction: str, reference: str) -> float:
    expected = word_tokenize(reference, preserve_line=True)
    return meteor_score([expected], word_tokenize(prediction, preserve_line=True))


def one(prediction: str, reference: str, language: str) -> float:
    return float(meteor([prediction], [reference], [language])[0])


def test_the_example_of_nltk() -> None:
    assert one(GUIDE, HEED, "en") == pytest.approx(0.6944, abs=5e-5)


@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not here")
def test_equal_to_nltk_on_real_answers() -> None:
    lines = (DATA / "gnome-help-en.jsonl").read_text(encoding="utf-8").splitlines()
    answers = [str(json.loads(line)["output"]) for line in lines]
    shifted = answers[1:] + answers[:1]
    expected = [oracle(*pair) for pair in zip(shifted, answers, strict=True)]
    np.testing.assert_array_equal(meteor(shifted, answers, ["en"] * len(answers)), expected)


def test_equal_to_nltk_on_shuffled_words() -> None:
    generator = random.Random(3)
    words = "Buy purchase buying car automobile cars run runs running the the , . can't obey heed It's é 1. (menu) 日本"
    texts = [" ".join(generator.choices(words.split(), k=generator.randrange(25))) for _ in range(400)]
    predictions, references = texts[:200], texts[200:]
    expected = [oracle(*pair) for pair in zip(predictions, references, strict=True)]
    np.testing.assert_array_equal(meteor(predictions, references, ["en"] * 200), expected)
    assert len(set(expected)) > 100


def test_synonyms_and_stems_count_in_english() -> None:
    assert one("start", "begin", "en") == 0.5
    assert one("running", "runs", "en") == 0.5
    assert one("start", "stop", "en") == 0.0


def test_indonesian_affixes_count() -> None:
    assert one("Kami mengirim barang", "Barang kami kirimkan", "id") == pytest.approx(0.852, abs=5e-4)
    assert one("Kami mengirim barang", "Barang kami kirimkan", "mixed") == pytest.approx(0.852, abs=5e-4)
    assert one("Kami mengirim barang", "Barang kami kirimkan", "en") == pytest.approx(0.333, abs=5e-4)


def test_indonesian_synonyms_count_and_antonyms_do_not() -> None:
    assert one("abad", "zaman", "id") == 0.5
    assert one("abadi", "kekal", "id") == 0.5
    assert one("abadi", "sementara", "id") == 0.0  # its antonym in the thesaurus
    assert one("abad", "zaman", "en") == 0.0


def test_signs_that_have_no_stem_do_not_match_each_other() -> None:
    assert one("(", "%", "id") == 0.0
    assert one("日本", "中国", "id") == 0.0
    assert one("Buka berkas.\nSimpan", "Buka berkas\nSimpan", "id") > 0.97  # the full stop stays on the word


@pytest.mark.parametrize("word", ["100", "100.", "10.30", "(", "%5", "日本", "٣", "1,5", "7é", "é7 8", " "])
def test_a_number_has_the_stem_that_sastrawi_gives_it(word: str) -> None:
    from Sastrawi.Stemmer.StemmerFactory import StemmerFactory

    assert lexicons.lexicon_of("id").stem(word) == (StemmerFactory().create_stemmer().stem(word) or word)


def test_a_language_without_word_data_is_matched_by_exact_words() -> None:
    assert one("acheter une voiture", "acheter une voiture", "fr") > 0.97
    assert one("start", "begin", "fr") == 0.0


@pytest.mark.parametrize(
    ("language", "kind"),
    [("en", "en"), ("en-US", "en"), ("id", "id"), ("ID_id", "id"), ("mixed", "id"), ("fr", "other"), ("", "other")],
)
def test_kind_of_a_language(language: str, kind: str) -> None:
    assert meteor_kind(language) == kind
    assert kind in KINDS


@pytest.mark.parametrize("language", ["en", "id", "fr"])
def test_empty_sides_score_zero(language: str) -> None:
    assert one("", "Open the menu", language) == 0.0
    assert one("Open the menu", "", language) == 0.0
    assert one("", "", language) == 0.0


def test_sides_of_different_length() -> None:
    with pytest.raises(ValueError, match="predictions \\(1\\), got 2 and 1"):
        meteor(["a"], ["a", "b"], ["en"])


def test_threads_get_the_same_values() -> None:
    pairs = [(f"{GUIDE} {word}", f"{HEED} {word}") for word in ["buy", "purchase", "gun", "weapon", "acquire"]] * 8
    alone = [oracle(*pair) for pair in pairs]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda pair: one(*pair, "en"), pairs))
    assert together == alone


@pytest.mark.parametrize("language", ["en", "id"])
def test_missing_word_data_is_an_error_not_a_zero(language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nltk.data, "path", [])
    monkeypatch.setattr(lexicons, "default_target", lambda: tmp_path)
    lexicons._loaded.cache_clear()
    with pytest.raises(ResourceError, match=r"METEOR needs .*: run `make setup` \(`langkah doctor`"):
        one("same", "same", language)
    monkeypatch.undo()
    assert one("same", "same", language) == 0.5  # set up meanwhile: found without a new process


def put_word_data(folder: Path) -> Path:
    shutil.copytree(default_target() / WORDNET, folder / WORDNET)
    (folder / THESAURUS).parent.mkdir(parents=True)
    shutil.copyfile(default_target() / THESAURUS, folder / THESAURUS)
    return folder


def test_another_wordnet_that_nltk_finds_first_is_not_read(tmp_path: Path) -> None:
    other = put_word_data(tmp_path)
    verbs = (other / WORDNET / "index.verb").read_text(encoding="utf-8").splitlines(keepends=True)
    without = [line for line in verbs if not line.startswith(("start ", "begin "))]
    (other / WORDNET / "index.verb").write_text("".join(without), encoding="utf-8")
    (other / THESAURUS).write_text("UTF-8\n", encoding="utf-8")
    code = (
        "import nltk.data; from nltk.corpus import wordnet; from langkah.evaluation.meteor import meteor;"
        "print(nltk.data.path[0], wordnet.synsets('begin', 'v'), *meteor(['start', 'abad'], ['begin', 'zaman'], ['en', 'id']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[3],
        env={**os.environ, "NLTK_DATA": str(other)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == f"{other} [] 0.5 0.5"


def test_word_data_elsewhere_serve_only_where_there_are_none_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, elsewhere = tmp_path / "here", put_word_data(tmp_path / "elsewhere")
    monkeypatch.setattr(lexicons, "default_target", lambda: here)
    monkeypatch.setattr(nltk.data, "path", ["", str(tmp_path / "absent"), str(elsewhere)])
    assert lexicons._find_word_data() == elsewhere
    (elsewhere / WORDNET / "noun.exc").write_bytes(b"other")
    with pytest.raises(ResourceError, match="METEOR needs"):
        lexicons._find_word_data()
    shutil.copytree(elsewhere, here)
    monkeypatch.setattr(nltk.data, "path", [str(default_target())])
    with pytest.raises(ResourceError, match=r"noun\.exc is not the expected file"):
        lexicons._find_word_data()


@pytest.mark.parametrize("damage", ["", "no-encoding\nabad|1\n[n]|era\n", "UTF-8\nabad|2\n[n]|era\n", "UTF-8\nabad\n"])
def test_a_damaged_thesaurus_is_an_error(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "th_id_ID_v2.dat"
    path.write_text(damage, encoding="utf-8")
    with pytest.raises(ResourceError, match="is not a thesaurus in the MyThes form"):
        lexicons._read_thesaurus(path)
