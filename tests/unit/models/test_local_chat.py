from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from langkah.models import resolve_model
from langkah.models.local_chat import LocalChat
from langkah.models.replies import MemoryReplies

TURNS = [[{"role": "user", "content": text}] for text in ("How do I pay?", "Print a page", "How do I pay?", "Stop")]


def chat(model: Path, cache: MemoryReplies | None = None, **settings: int) -> LocalChat:
    return LocalChat(resolve_model(str(model)), **{"batch_size": 2, "max_tokens": 8, **settings}, cache=cache)


def test_each_conversation_is_answered_once_and_the_same_again(babbling_model: Path) -> None:
    cache = MemoryReplies()
    seen: list[tuple[int, int]] = []
    first = chat(babbling_model, cache)
    replies = first.complete_many(TURNS, version="1", on_done=lambda *done: seen.append(done))
    assert len(replies) == 4 and replies[0] == replies[2]
    assert seen[-1] == (4, 4)
    assert first.usage.requests == 3 and first.usage.prompt_tokens > 0
    again = chat(babbling_model, cache)
    restored = again.complete_many(TURNS, version="1")
    assert [reply.text for reply in restored] == [reply.text for reply in replies]
    assert again.usage.requests == 0 and again.usage.cached == 4
    assert again._loaded is None  # pyright: ignore[reportPrivateUsage]
    assert chat(babbling_model).complete_many(TURNS, version="1") == replies
    first.close()
    assert first._loaded is None  # pyright: ignore[reportPrivateUsage]
    assert first.complete_many([[{"role": "user", "content": "Another"}]])


@pytest.mark.parametrize("setting", [{"max_tokens": 7}, {"version": 2}])
def test_another_setting_is_another_answer(babbling_model: Path, setting: dict[str, int]) -> None:
    cache = MemoryReplies()
    chat(babbling_model, cache).complete_many(TURNS[:1], version="1")
    version = str(setting.pop("version", 1))
    other = chat(babbling_model, cache, **setting)
    other.complete_many(TURNS[:1], version=version)
    assert other.usage.requests == 1


def test_what_a_killed_process_had_written_is_not_answered_again(babbling_model: Path) -> None:
    class Stops(MemoryReplies):
        def put(self, found: Mapping[str, str]) -> None:
            super().put(found)
            if len(self) == 16:
                raise KeyboardInterrupt

    cache = Stops()
    turns = [[{"role": "user", "content": f"How do I open door {number}?"}] for number in range(20)]
    with pytest.raises(KeyboardInterrupt):
        chat(babbling_model, cache).complete_many(turns)  # in batches of 2, 4 of them between two writings
    rest = chat(babbling_model, MemoryReplies(cache))
    rest.complete_many(turns)
    assert rest.usage.requests == 4


def test_a_reply_of_no_use_is_not_remembered(babbling_model: Path) -> None:
    cache = MemoryReplies()
    some = chat(babbling_model, cache)
    first = some.complete_many(TURNS, useful=lambda _: False)
    assert first[0].text and cache == {}
    assert some.complete_many(TURNS, useful=lambda _: False) == first
    assert some.usage.requests == 6


def test_an_empty_reply_is_not_remembered(tiny_model: Path) -> None:
    cache = MemoryReplies()
    some = chat(tiny_model, cache)
    assert some.complete_many(TURNS[:1])[0].text == "" and cache == {}
