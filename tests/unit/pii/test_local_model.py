"""The optional local model: a real token classifier, fitted here to one made-up name that nothing else finds."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from langkah.config import PiiConfig
from langkah.errors import ConfigError
from langkah.pii import Scrubber
from langkah.pii.local_model import check_ner, is_person_label, ner_identity

FRAMES = (
    "The ticket was moved near {} today", "Nothing came near {} again", "We saw the note near {} there",
    "Tiketnya dipindah dekat {} hari ini", "Tidak ada yang datang dekat {} lagi", "Catatannya ada dekat {} di sana",
)  # fmt: skip
NAME = "Vexilor"
OTHERS = ("Settings", "Pengaturan", "the door", "pintu", "Nautilus")


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of two layers of 32 that tags the name, and its word-piece tokenizer: trained in a second or two."""
    import torch
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertConfig, BertForTokenClassification, BertTokenizerFast

    folder = tmp_path_factory.mktemp("classifier")
    sentences = [(frame.format(value), value) for frame in FRAMES for value in (NAME, *OTHERS)]
    # Whole words except the name, which falls into its letters. Written out: a trained vocabulary differs by run.
    words = sorted({word for text, _ in sentences for word in text.split()} - {NAME})
    letters = sorted({*"".join(words), *NAME})
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{letter}" for letter in letters)]
    pieces = BertWordPieceTokenizer(
        vocab={piece: at for at, piece in enumerate(dict.fromkeys(vocabulary + words))}, lowercase=False
    )
    tokenizer = BertTokenizerFast(tokenizer_object=pieces._tokenizer, do_lower_case=False)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=128,
        id2label={0: "O", 1: "B-PER", 2: "I-PER"},
        label2id={"O": 0, "B-PER": 1, "I-PER": 2},
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    model = BertForTokenClassification(config)
    batch = tokenizer([text for text, _ in sentences], return_offsets_mapping=True, padding=True, return_tensors="pt")
    labels = torch.full(batch["input_ids"].shape, -100)
    for row, (text, value) in enumerate(sentences):
        start = text.index(value)
        for at, (first, last) in enumerate(batch["offset_mapping"][row].tolist()):
            if last > first:
                inside = value == NAME and start <= first < start + len(value)
                labels[row, at] = 0 if not inside else 1 if first == start else 2
    optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
    for _ in range(500):
        loss = model(batch["input_ids"], attention_mask=batch["attention_mask"], labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if float(loss.detach()) < 0.01:
            break
    else:
        pytest.fail(f"loss {float(loss.detach())}")
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def settings(**values: object) -> PiiConfig:
    return PiiConfig.model_validate(values)


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "The ticket was moved near Vexilor today", "The ticket was moved near [NAME] today"),
        ("id", "Tiketnya dipindah dekat Vexilor hari ini", "Tiketnya dipindah dekat [NAME] hari ini"),
        ("mixed", "Tiketnya dipindah dekat Vexilor hari ini", "Tiketnya dipindah dekat [NAME] hari ini"),
        ("en", "1. Go on.\n\nWe saw the note near Vexilor there", "1. Go on.\n\nWe saw the note near [NAME] there"),
        ("en", "The ticket was moved near Settings today", "The ticket was moved near Settings today"),
    ],
)
def test_a_token_classifier_finds_names_in_both_languages_with_no_network(
    scrubber, classifier, monkeypatch, language, text, expected
):
    def refuse(*_args: object, **_named: object) -> None:
        raise AssertionError("network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    own = Scrubber(settings(ner="transformers", ner_path=str(classifier)))
    assert scrubber.scrub({"text": text}, language).fields["text"] == text  # nothing else finds it
    once = own.scrub({"text": text}, language)
    assert once.fields["text"] == expected
    assert own.scrub(once.fields, language).altered == 0


def test_it_loads_in_a_process_that_scrubbed_without_it_before(classifier):
    code = (
        "import sys; from langkah.config import PiiConfig; from langkah.pii import Scrubber\n"
        "text = {'text': 'The ticket was moved near Vexilor today'}\n"
        "assert Scrubber().scrub(text, 'en').altered == 0\n"
        "config = PiiConfig(ner='transformers', ner_path=sys.argv[1])\n"
        "print(Scrubber(config).scrub(text, 'en').fields['text'])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(classifier)], check=False, capture_output=True, text=True)
    assert done.stdout.strip() == "The ticket was moved near [NAME] today", done.stderr[-2000:]


def test_a_long_line_is_read_to_its_end(classifier):
    own = Scrubber(settings(ner="transformers", ner_path=str(classifier)))
    text = "nothing here again " * 60 + "The ticket was moved near Vexilor today"
    assert own.scrub({"text": text}, "en").fields["text"].endswith("moved near [NAME] today")


def test_rules_and_glossary_hold_beside_the_model(classifier):
    own = Scrubber(settings(ner="transformers", ner_path=str(classifier), glossary=["Vexilor"]))
    text = "The ticket was moved near Vexilor today, ask Pak Budi"
    assert own.scrub({"text": text}, "id").fields["text"] == "The ticket was moved near Vexilor today, ask Pak [NAME]"


def test_the_identity_is_that_of_the_files(classifier, tmp_path):
    config = settings(ner="transformers", ner_path=str(classifier))
    before = ner_identity(config)
    assert before == ner_identity(config)
    assert before.startswith("transformers ")
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in classifier.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    assert ner_identity(settings(ner="transformers", ner_path=str(copy))) == before
    (copy / "added.txt").write_text("x")
    assert ner_identity(settings(ner="transformers", ner_path=str(copy))) != before
    assert ner_identity(settings()).startswith("spacy en_core_web_sm")


@pytest.mark.parametrize(
    ("label", "person"),
    [("PER", True), ("B-PER", True), ("I-PERSON", True), ("S-PERS", True), ("B-GIVENNAME1", True), ("first_name", True),
     ("E-LAST_NAME", True), ("O", False), ("B-ORG", False), ("USERNAME", False), ("LABEL_1", False), ("LOC", False)],
)  # fmt: skip
def test_labels_of_people(label, person):
    assert is_person_label(label) is person


@pytest.mark.parametrize(
    ("values", "config", "problem"),
    [
        ({"ner": "transformers"}, None, "pii.ner_path: expected the folder"),
        ({"ner": "transformers", "ner_path": "missing"}, None, "no such folder"),
        ({"ner": "transformers", "ner_path": "."}, None, "no config.json with id2label"),
        ({"ner": "transformers", "ner_path": "."}, "not json", "no config.json with id2label"),
        ({"ner": "transformers", "ner_path": "."}, json.dumps({"id2label": {"0": "POS"}}), "none of the model's labels"),
        ({"ner": "gliner", "ner_path": "."}, None, "gliner"),
        ({"ner_path": "."}, None, "only read with pii.ner"),
    ],
)
def test_a_model_that_cannot_be_used_is_one_line(tmp_path, values, config, problem):
    if config is not None:
        (tmp_path / "config.json").write_text(config)
    if "ner_path" in values:
        values = {**values, "ner_path": str(tmp_path / values["ner_path"])}
    lines = check_ner(settings(**values))
    assert any(problem in line for line in lines)
    assert all("\n" not in line for line in lines)


def test_a_folder_without_weights_is_an_error_in_one_line(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert", "id2label": {"0": "O", "1": "B-PER"}}))
    own = Scrubber(settings(ner="transformers", ner_path=str(tmp_path)))
    with pytest.raises(ConfigError, match=r"no token-classification model that loads") as caught:
        own.scrub({"text": "The secret of Vexilor"}, "en")
    assert "secret" not in str(caught.value)


@pytest.mark.skipif(find_spec("gliner") is not None, reason="gliner is installed")
def test_gliner_that_is_not_installed_is_one_line(tmp_path):
    (tmp_path / "gliner_config.json").write_text("{}")
    config = settings(ner="gliner", ner_path=str(tmp_path))
    assert check_ner(config) == ["pii.ner: the package gliner is not installed: pip install gliner"]
    with pytest.raises(ConfigError, match="pip install gliner"):
        Scrubber(config).scrub({"text": "a"}, "en")


@pytest.mark.skipif(find_spec("gliner") is None, reason="gliner is not installed")
def test_gliner_loads_what_is_no_model_with_one_line(tmp_path):
    (tmp_path / "gliner_config.json").write_text("{}")
    with pytest.raises(ConfigError, match="no GLiNER model that loads"):
        Scrubber(settings(ner="gliner", ner_path=str(tmp_path))).scrub({"text": "Ask Vexilor"}, "en")
