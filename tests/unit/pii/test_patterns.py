from __future__ import annotations

import time

import pytest

from langkah.config import PiiConfig
from langkah.errors import ConfigError
from langkah.pii.patterns import check_patterns, compile_regex, matches


def problems(entities: list[str] | None = None, **pattern: object) -> list[str]:
    settings: dict[str, object] = {"patterns": [{"entity": "ORDER_ID", **pattern}]}
    return check_patterns(PiiConfig.model_validate(settings | ({"entities": entities} if entities else {})))


@pytest.mark.parametrize("expression", [r"KAI-\d{6}", r"[A-Z]{2}\d+", r"(?<=no )\d{4}", r"\bX\d\b", r"(?:ab|cd)-\d+"])
def test_a_sound_expression_is_taken(expression):
    assert problems(regex=expression, lead_ins=["kode tiket", "booking"]) == []


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ({"regex": "("}, "pii.patterns[0].regex: not a regular expression: missing )"),
        ({"regex": "x{99999999999}"}, "pii.patterns[0].regex: not a regular expression"),
        ({"regex": r"\d*"}, "pii.patterns[0].regex: matches the empty text"),
        ({"regex": r"\b"}, "pii.patterns[0].regex: matches the empty text"),
        ({"regex": "(a+)+$"}, "pii.patterns[0].regex: takes too long"),
        ({}, "pii.patterns[0]: expected a regex, lead_ins, or both"),
        ({"lead_ins": ["kode", " "]}, "pii.patterns[0].lead_ins[1]: expected words"),
        ({"lead_ins": ["#"]}, "pii.patterns[0].lead_ins[0]: expected words"),
        ({"regex": r"\d{9}", "entities": ["PERSON"]}, "pii.patterns[0].entity: ORDER_ID is not among pii.entities"),
    ],
)
def test_what_is_wrong_is_one_line_that_names_its_place(pattern, problem):
    lines = problems(**pattern)
    assert len(lines) == 1
    assert lines[0].startswith(problem)
    assert "\n" not in lines[0]


def test_all_problems_are_told_at_once():
    settings = {"patterns": [{"entity": "ORDER_ID"}, {"entity": "ORDER_ID", "regex": "["}]}
    assert [line.split(":")[0] for line in check_patterns(PiiConfig.model_validate(settings))] == [
        "pii.patterns[0]",
        "pii.patterns[1].regex",
    ]


def test_an_expression_that_never_ends_is_an_error_without_the_text():
    compiled = compile_regex(r"(?:x|xx)+secretly-\d")
    start = time.process_time()
    with pytest.raises(ConfigError, match=r"pii\.patterns\[3\]\.regex: takes more than 2 s") as caught:
        list(matches(compiled, "x" * 60 + "secretly-no", "pii.patterns[3].regex"))
    assert time.process_time() - start < 10
    assert "secretly" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("expression", "text", "expected"),
    [
        (r"\d{6}", "no 12345678 x", ["12345678"]),
        (r"K-\d", "aK-1b K-2", ["aK-1b", "K-2"]),
        (r"\d(?=x)", "1x", ["1x"]),
        (r"-\d", "a-1", ["-1"]),
    ],
)
def test_no_rest_of_a_value_stays(expression, text, expected):
    assert [text[start:end] for start, end in matches(compile_regex(expression), text, "here")] == expected
