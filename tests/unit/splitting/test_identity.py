from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langkah.same_text import normalize
from langkah.splitting import IntentKey, name_intents


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("How do I reset it?", "how do i  reset IT"),
        ("Can’t log in", "can't log in!"),
        ("double-click", "Double click"),
        ("ﬁle names", "file names"),
        ("pass\u00adword", "password"),
        ("e\u0301cran", "écran"),
        ("**Bold** _move_", "bold move"),
        ("# Title", "title"),
        ("Press Ctrl+C", "press ctrl + c"),
        ("3 + 4 %", "3 4"),
    ],
)
def test_texts_that_say_the_same(one: str, other: str) -> None:
    assert normalize(one) == normalize(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is C++?", "What is C#?"),
        ("What is C?", "What is C++?"),
        ("version 3.5", "version 35"),
        ("50%", "50"),
        ("résumé", "resume"),
    ],
)
def test_texts_that_differ(one: str, other: str) -> None:
    assert normalize(one) != normalize(other)


@given(st.text())
def test_normalizing_twice_changes_nothing(text: str) -> None:
    assert normalize(normalize(text)) == normalize(text)


def key(prompt: str, id: str | None = None, source: str = "faq", language: str = "en") -> IntentKey:
    return IntentKey(source, id, prompt, language)


def test_source_and_id_name_an_intent_whatever_its_answer() -> None:
    assert name_intents([key("Reset it?", "7"), key("Move it?", "8"), key("reset it", "7")]) == ["faq#7", "faq#8", "faq#7"]


def test_an_id_used_in_two_languages_is_two_intents() -> None:
    names = name_intents([key("Reset Wi-Fi", "7"), key("Reset Wi-Fi", "7", language="id"), key("Reset it", "8")])
    assert names == ["faq#7@en", "faq#7@id", "faq#8"]


def test_an_id_used_for_two_prompts_gives_way_to_the_prompt() -> None:
    first, second, third = name_intents([key("Reset it?", "7"), key("Move it?", "7"), key("reset IT!")])
    assert first != second
    assert first == third, "named by the same prompt"
    assert all(name.startswith("prompt-") and len(name) == len("prompt-") + 16 for name in (first, second))


def test_the_language_is_part_of_a_prompts_name() -> None:
    english, indonesian = name_intents([key("Reset Wi-Fi"), key("Reset Wi-Fi", language="id")])
    assert english != indonesian


def test_names_that_only_look_alike_are_not_shared() -> None:
    rows = [
        key("A", "b#c", source="a"),
        key("B", "c", source="a#b"),
        key("C", "x@en", source="s"),
        key("D", "x", source="s"),
        key("E", "x", source="s", language="id"),
    ]
    assert len(set(name_intents(rows))) == len(rows)


def test_prompts_of_signs_alone_are_told_apart() -> None:
    assert len(set(name_intents([key("???"), key("!!!")]))) == 2


keys = st.builds(
    IntentKey,
    source=st.sampled_from(["s", "s#1", "t"]),
    id=st.sampled_from([None, "1", "1#1", "2", "1@en", "1@id"]),
    prompt=st.sampled_from(["reset it", "Reset it?", "move it", "close it"]),
    language=st.sampled_from(["en", "id"]),
)


@given(st.lists(keys, max_size=12), st.randoms(use_true_random=False))
def test_a_name_stands_for_one_prompt_in_any_order(rows: list[IntentKey], rnd: random.Random) -> None:
    named = dict(zip(rows, name_intents(rows), strict=True))
    shuffled = rows.copy()
    rnd.shuffle(shuffled)
    assert dict(zip(shuffled, name_intents(shuffled), strict=True)) == named
    for one in rows:
        for other in rows:
            if named[one] == named[other]:
                assert (one.language, normalize(one.prompt)) == (other.language, normalize(other.prompt))
