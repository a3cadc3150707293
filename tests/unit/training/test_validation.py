from __future__ import annotations

from collections import Counter

import pytest

from langkah.records import ChatExample
from langkah.training.validation import split_validation


def examples(intents: int, variants: int) -> list[ChatExample]:
    return [
        ChatExample(intent=f"i{intent}", prompt=f"{intent} {variant}", completion=f"1. a{intent}", original=variant == 0)
        for intent in range(intents)
        for variant in range(variants)
    ]


def split(
    rows: list[ChatExample], variants: float = 0.1, intents: float = 0.0, seed: int = 0
) -> tuple[list[ChatExample], dict[str, list[ChatExample]]]:
    return split_validation(rows, variants=variants, intents=intents, seed=seed)


def test_one_paraphrase_of_a_tenth_of_the_intents_is_watched() -> None:
    rows = examples(40, 3)
    train, watched = split(rows)
    assert set(watched) == {"variants"}
    assert len(watched["variants"]) == 4
    assert max(Counter(row.intent for row in watched["variants"]).values()) == 1
    assert not any(row.original for row in watched["variants"])
    assert sorted([*train, *watched["variants"]], key=lambda row: row.prompt) == sorted(rows, key=lambda row: row.prompt)


def test_a_few_intents_are_watched_whole_and_never_trained() -> None:
    rows = examples(40, 3)
    train, watched = split(rows, intents=0.05)
    assert len({row.intent for row in watched["intents"]}) == 2
    assert len(watched["intents"]) == 6
    assert {row.intent for row in watched["intents"]}.isdisjoint(row.intent for row in [*train, *watched["variants"]])
    assert len(watched["variants"]) == 4
    assert len(train) + len(watched["variants"]) + 6 == len(rows)


def test_fewer_than_20_intents_all_train() -> None:
    assert "intents" not in split(examples(19, 3), intents=0.5)[1]
    assert len({row.intent for row in split(examples(20, 3), intents=0.05)[1]["intents"]}) == 1


def test_an_intent_whose_answer_another_has_too_is_not_watched_whole() -> None:
    rows = [row.model_copy(update={"completion": "1.  same"}) if row.intent != "i7" else row for row in examples(40, 3)]
    assert {row.intent for row in split(rows, intents=0.5)[1]["intents"]} == {"i7"}


def test_it_never_takes_all_and_all_windows_of_a_prompt_go_together() -> None:
    only_originals = examples(5, 1)
    assert split(only_originals, 0.5) == (only_originals, {})
    windows = [row for row in examples(10, 2) for _ in range(3)]
    train, watched = split(windows)
    assert len(watched["variants"]) == 3
    assert {row.prompt for row in train}.isdisjoint(row.prompt for row in watched["variants"])


@pytest.mark.parametrize("part", ["variants", "intents"])
def test_what_is_watched_does_not_depend_on_order(part: str) -> None:
    rows = examples(60, 3)
    assert set(split(rows, intents=0.1)[1][part]) == set(split(rows[::-1], intents=0.1)[1][part])
    assert set(split(rows, intents=0.1)[1][part]) != set(split(rows, intents=0.1, seed=1)[1][part])
