from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from flows.scrub_file import scrub_file
from langkah.config import RunConfig
from langkah.errors import InputError

NIK = 3175094507850006
QUESTION = "How do I pay?"
STEPS = "1. Open the app."


def write(path: Path, *rows: Any) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def scrubbed(tmp_path: Path, *rows: Any, fields: tuple[str, ...] = ()) -> tuple[list[Any], str]:
    """The rows of the output, and the warnings."""
    warnings: list[str] = []
    source, out = write(tmp_path / "in.jsonl", *rows), tmp_path / "out.jsonl"
    scrub_file(source, out, None, fields, RunConfig(), warnings.append)
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()], "\n".join(warnings)


def test_the_report_of_a_file_with_a_row_of_no_text(tmp_path: Path) -> None:
    source, out, report = (
        write(tmp_path / "in.jsonl", {"id": 1}, {"prompt": QUESTION, "output": STEPS}),
        tmp_path / "o.jsonl",
        tmp_path / "r",
    )
    scrub_file(source, out, report, (), RunConfig(), print)
    assert next(json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()) == {"id": 1}
    told = json.loads(report.read_text(encoding="utf-8"))
    assert told["rows"] == 2 and sum(row["planted"] for row in told["audit"]) > 0


def test_a_column_whose_name_is_personal_is_not_told(tmp_path: Path) -> None:
    _, warning = scrubbed(tmp_path, {"Pak Zulkarnaen 0817-2233-4455": 1, "kind": "x", "prompt": QUESTION, "output": STEPS})
    assert "Pak [NAME] [PHONE], kind" in warning


def test_a_loop_of_links_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "loop.jsonl").symlink_to(tmp_path / "loop.jsonl")
    with pytest.raises(InputError, match=r"loop\.jsonl"):
        scrub_file(tmp_path / "loop.jsonl", tmp_path / "out.jsonl", None, (), RunConfig(), print)


def test_texts_inside_lists_and_objects_share_the_placeholders_of_their_row(tmp_path: Path) -> None:
    row = {
        "prompt": "I am at ana.b@example.com. How do I pay?",
        "output": ["1. Write to carl.d@example.org.", {"note": "Not to ana.b@example.com", "ok": True, "gap": None}],
        "meta": {"to": ["carl.d@example.org", {"ana.b@example.com": 1}], "n": 2.5},
    }
    (found,), warning = scrubbed(tmp_path, row, fields=("meta",))
    assert found == {
        "prompt": "I am at [EMAIL_1]. How do I pay?",
        "output": ["1. Write to [EMAIL_2].", {"note": "Not to [EMAIL_1]", "ok": True, "gap": None}],
        "meta": {"to": ["[EMAIL_2]", {"[EMAIL_1]": 1}], "n": 2.5},
    }
    assert warning == ""


def test_two_keys_with_one_placeholder_stay_two_entries(tmp_path: Path) -> None:
    row = {"prompt": QUESTION, "output": {"ana.b@example.com": "x", "ANA.B@example.com": "y"}}
    (found,), _ = scrubbed(tmp_path, row)
    assert list(found["output"].values()) == ["x", "y"]
    assert "example.com" not in json.dumps(found).lower()


def test_a_number_becomes_text_only_where_it_is_personal(tmp_path: Path) -> None:
    rows = [{"prompt": NIK, "output": 12}, {"prompt": QUESTION, "output": [7, NIK, 1.5]}]
    found, _ = scrubbed(tmp_path, *rows)
    assert found == [{"prompt": "[NIK]", "output": 12}, {"prompt": QUESTION, "output": [7, "[NIK]", 1.5]}]
    assert [type(value) for value in found[1]["output"]] == [int, str, float]


@pytest.mark.parametrize("value", [NIK, 6281234567890, "0812-3456-7890", "Ana", ["x"], {"a": 1}, 0])
def test_a_column_left_as_it_is_is_warned_of(tmp_path: Path, value: Any) -> None:
    (found,), warning = scrubbed(tmp_path, {"prompt": QUESTION, "output": STEPS, "extra": value})
    assert found["extra"] == value
    assert "not scrubbed: extra (" in warning


@pytest.mark.parametrize(
    "more",
    [{"extra": None}, {"extra": True}, {"extra": " "}, {"extra": []}, {"extra": {}}, {"ID": NIK, "Language": "en"}],
)
def test_empty_columns_id_and_language_are_not_warned_of(tmp_path: Path, more: dict[str, Any]) -> None:
    (found,), warning = scrubbed(tmp_path, {"prompt": QUESTION, "output": STEPS, **more})
    assert found == {"prompt": QUESTION, "output": STEPS, **more}
    assert warning == ""


def test_a_prompt_under_its_other_name_is_scrubbed_where_the_first_is_null(tmp_path: Path) -> None:
    (found,), _ = scrubbed(tmp_path, {"prompt": None, "question": "I am ana.b@example.com", "output": STEPS})
    assert found["question"] == "I am [EMAIL]"


def test_a_row_nested_beyond_reach_is_set_aside(tmp_path: Path) -> None:
    deep: Any = "ana.b@example.com"
    for _ in range(150):
        deep = [deep]
    (good, bad), warning = scrubbed(tmp_path, {"prompt": QUESTION, "output": STEPS}, {"prompt": QUESTION, "output": deep})
    assert good == {"prompt": QUESTION, "output": STEPS}
    assert bad == {"row": 2, "rejected": "nested too deeply"}
    assert "1 row could not be read" in warning


@pytest.mark.parametrize(
    ("out", "report", "said"),
    [
        ("none/out.jsonl", "r.json", ["--out {}/none/out.jsonl: expected a file in a folder that exists"]),
        ("folder", "r.json", ["--out {}/folder: expected a file, got a folder"]),
        ("in.jsonl", "r.json", ["--out {}/in.jsonl: is the same file as the input; expected another one"]),
        ("link.jsonl", "r.json", ["--out {}/link.jsonl: is the same file as the input; expected another one"]),
        ("out.jsonl", "in.jsonl", ["--report {}/in.jsonl: is the same file as the input; expected another one"]),
        (
            "out.jsonl",
            "folder/../out.jsonl",
            ["--report {}/folder/../out.jsonl: is the same file as --out; expected another one"],
        ),
        ("out.jsonl", "in.jsonl/r.json", ["--report {}/in.jsonl/r.json: expected a file in a folder that exists"]),
        (
            "folder",
            "none/r.json",
            [
                "--out {}/folder: expected a file, got a folder",
                "--report {}/none/r.json: expected a file in a folder that exists",
            ],
        ),
    ],
)
def test_outputs_are_checked_before_anything_starts(tmp_path: Path, out: str, report: str, said: list[str]) -> None:
    source = write(tmp_path / "in.jsonl", {"prompt": QUESTION, "output": STEPS})
    (tmp_path / "folder").mkdir()
    (tmp_path / "link.jsonl").symlink_to(source)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    with pytest.raises(InputError) as caught:
        scrub_file(source, tmp_path / out, tmp_path / report, (), RunConfig(), lambda _: None)
    assert list(caught.value.problems) == [line.format(tmp_path) for line in said]
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before
