from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from langkah.errors import InputError, ResourceError
from langkah.models import resolve_model
from langkah.models.ifeval import check_harness, measure_ifeval, read_prompts

needs_harness = pytest.mark.skipif(not importlib.util.find_spec("lm_eval"), reason="the extra `ifeval` is not installed")
ROWS: list[dict[str, Any]] = [
    {
        "key": 1,
        "prompt": "Say hello. Use no commas, and at most 2000 words.",
        "instruction_id_list": ["punctuation:no_comma", "length_constraints:number_words"],
        "kwargs": [{}, {"num_words": 2000, "relation": "less than"}],
    },
    {
        "key": 2,
        "prompt": "Say hello in at least 5000 words.",
        "instruction_id_list": ["length_constraints:number_words"],
        "kwargs": [{"num_words": 5000, "relation": "at least"}],
    },
]


def write(folder: Path, *rows: Any) -> Path:
    path = folder / "prompts.jsonl"
    path.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows))
    return path


def test_prompts_are_read_as_the_data_set_has_them(tmp_path: Path) -> None:
    prompts = read_prompts(write(tmp_path, ROWS[0], "", {**ROWS[1], "more": 1}))
    assert [prompt.key for prompt in prompts] == [1, 2]
    assert prompts[0].kwargs[1] == {"num_words": 2000, "relation": "less than"}


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("Secret prose", "line 1: Invalid JSON"),
        ({**ROWS[0], "kwargs": [{}]}, "line 1: expected as many kwargs as instruction_id_list"),
        ({**ROWS[0], "prompt": ""}, "line 1: prompt: "),
        ({key: value for key, value in ROWS[0].items() if key != "key"}, "line 1: key: Field required"),
        ({**ROWS[0], "instruction_id_list": []}, "line 1: instruction_id_list: "),
        ("", "holds no prompts"),
    ],
)
def test_a_wrong_line_is_named_without_its_text(tmp_path: Path, row: Any, problem: str) -> None:
    with pytest.raises(InputError, match=problem) as caught:
        read_prompts(write(tmp_path, row))
    assert "Secret" not in str(caught.value)
    assert "Say hello" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.jsonl: No such file"):
        read_prompts(tmp_path / "none.jsonl")


@pytest.mark.skipif(bool(importlib.util.find_spec("lm_eval")), reason="the extra `ifeval` is installed")
def test_where_the_harness_is_missing_one_line_says_what_to_install(tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match=r"pip install 'langkah\[ifeval\]'") as caught:
        measure_ifeval(resolve_model(str(tiny_model)), read_prompts(write(tmp_path, *ROWS)))
    assert "\n" not in str(caught.value)
    with pytest.raises(ResourceError):
        check_harness()


@needs_harness
def test_answers_are_checked_prompt_by_prompt(tmp_path: Path) -> None:
    scores = measure_ifeval(resolve_model("smollm2-135m-instruct"), read_prompts(write(tmp_path, *ROWS)), max_tokens=16)
    assert scores.prompts == 2
    # Sixteen tokens are below 2000 words and below 5000: one instruction is kept for sure, and one is not.
    assert scores.prompt_strict in (0.0, 0.5)
    assert scores.instruction_strict + 1e-3 >= 1 / 3
    assert scores.instruction_strict <= 2 / 3 + 1e-3
    assert scores.prompt_loose >= scores.prompt_strict


@needs_harness
def test_an_instruction_that_nobody_checks_is_named(tiny_model: Path, tmp_path: Path) -> None:
    row = {**ROWS[1], "instruction_id_list": ["style:be_nice"]}
    with pytest.raises(InputError, match="the harness knows no instruction style:be_nice"):
        measure_ifeval(resolve_model(str(tiny_model)), read_prompts(write(tmp_path, row)))
