from __future__ import annotations

import json
import logging
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from chat_server import KEY, ChatServer, Reply

from langkah.artifacts.record_cache import RecordCache
from langkah.config import LlmConfig
from langkah.errors import LlmAbsentError, LlmRefusedError, LlmUnavailableError
from langkah.models.client import LlmClient
from langkah.models.conversation import Completion
from langkah.models.replies import MemoryReplies
from langkah.models.usage import Usage

TEXT = "Budi Santoso asks how to reset"
"""What no error, log line or repr may hold."""


def turns(text: str = TEXT) -> list[dict[str, str]]:
    return [{"role": "system", "content": "Be brief."}, {"role": "user", "content": text}]


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., tuple[LlmClient, ChatServer]]]:
    """Start a server that answers so, and make a client of it."""
    opened: list[Any] = []
    monkeypatch.delenv("LANGKAH_LLM_API_KEY", raising=False)

    def start(
        answer: Callable[[dict[str, Any], int], Reply], *, key: str | None = None, cache: Any = None, **settings: Any
    ) -> tuple[LlmClient, ChatServer]:
        server = ChatServer(answer, key=key).__enter__()
        config = LlmConfig(**{"base_url": server.url, "model": "tiny", "timeout_seconds": 5, **settings})
        client = LlmClient(config, cache=cache, retries=1)
        opened.extend([server, client])
        return client, server

    yield start
    for thing in reversed(opened):
        thing.__exit__()


def assert_silent(error: BaseException, caplog: pytest.LogCaptureFixture) -> None:
    """No text of the record in the error, what led to it, or the log."""
    told = "".join(traceback.format_exception(error)) + repr(error) + caplog.text
    seen: BaseException | None = error
    while seen is not None:
        told += f"{seen!r}{vars(seen)}"
        seen = seen.__cause__ or seen.__context__
    assert "Budi" not in told
    assert KEY not in told


def test_a_reply_comes_back_with_its_cost(ask: Callable[..., tuple[LlmClient, ChatServer]]) -> None:
    client, server = ask(lambda request, _: Reply(f" {request['messages'][1]['content']}! "), seed=7, max_tokens=99)
    assert client.complete(turns("Hi")) == Completion("Hi!", "stop")
    assert client.usage == Usage(requests=1, cached=0, prompt_tokens=7, completion_tokens=3)
    sent = server.requests[0]
    assert {name: sent[name] for name in ("model", "temperature", "seed", "max_tokens")} == {
        "model": "tiny",
        "temperature": 0,
        "seed": 7,
        "max_tokens": 99,
    }
    assert sent["messages"] == turns("Hi")


def test_thinking_is_not_part_of_a_reply(ask: Callable[..., tuple[LlmClient, ChatServer]]) -> None:
    client, _ = ask(lambda *_: Reply("<think>\nhm\n</think>\n\n1. Open", finish="length"))
    assert client.complete(turns()) == Completion("1. Open", "length")


def test_the_key_is_read_from_its_variable_and_nothing_else_from_openais(
    ask: Callable[..., tuple[LlmClient, ChatServer]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_ADMIN_KEY"):
        monkeypatch.setenv(name, "not-this")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    client, server = ask(lambda *_: Reply("ok"), key=KEY, api_key_env="LANGKAH_LLM_OTHER")
    monkeypatch.setenv("LANGKAH_LLM_OTHER", KEY)
    assert client.complete(turns()).text == "ok"
    assert "not-this" not in str(server.headers)


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_passing_failure_is_tried_again(ask: Callable[..., tuple[LlmClient, ChatServer]], status: int) -> None:
    client, server = ask(
        lambda _, number: Reply(status=status, headers={"retry-after-ms": "10"}) if number == 1 else Reply("ok")
    )
    assert client.complete(turns()).text == "ok"
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("reply", "settings", "kind", "told"),
    [
        (Reply(status=500), {}, LlmUnavailableError, "failed (500), after 1 retries"),
        (Reply(status=429, headers={"retry-after-ms": "10"}), {}, LlmUnavailableError, "failed (429)"),
        (Reply("late", delay=1), {"timeout_seconds": 0.2}, LlmUnavailableError, "within 0.2 s"),
        (Reply("cut", cut=True), {"timeout_seconds": 2}, LlmUnavailableError, "cannot be reached"),
        (Reply(body=b'{"choices": [{"message": Budi'), {}, LlmUnavailableError, "no JSON"),
        (Reply(body=b'{"answer": "Budi"}'), {}, LlmUnavailableError, "no chat completion"),
        (Reply(body=b'{"choices": []}'), {}, LlmUnavailableError, "no chat completion"),
        (Reply(body=b"[1, 2]"), {}, LlmUnavailableError, "no chat completion"),
        (Reply(body=b"<html>Budi</html>", kind="text/html"), {}, LlmUnavailableError, "no chat completion"),
        (Reply(status=401), {}, LlmRefusedError, "refused the API key (401): set LANGKAH_LLM_API_KEY"),
        (Reply(status=404), {}, LlmRefusedError, "check llm.model and llm.base_url"),
        (Reply(status=402), {}, LlmRefusedError, "refused the request (402)"),
        (Reply(status=400), {}, LlmRefusedError, "refused every request"),
    ],
)
def test_a_failure_is_told_without_any_text(
    ask: Callable[..., tuple[LlmClient, ChatServer]],
    caplog: pytest.LogCaptureFixture,
    reply: Reply,
    settings: dict[str, Any],
    kind: type[Exception],
    told: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    client, _ = ask(lambda *_: reply, **settings)
    with pytest.raises(kind) as caught:
        client.complete(turns())
    assert told in str(caught.value)
    assert "the language model tiny at http://127.0.0.1:" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert_silent(caught.value, caplog)


def test_a_wrong_key_is_told_without_the_key(
    ask: Callable[..., tuple[LlmClient, ChatServer]], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, server = ask(lambda *_: Reply("ok"), key="another")
    monkeypatch.setenv("LANGKAH_LLM_API_KEY", KEY)
    with pytest.raises(LlmRefusedError, match="LANGKAH_LLM_API_KEY") as caught:
        client.complete(turns())
    assert_silent(caught.value, caplog)
    assert len(server.requests) == 1


def nowhere() -> str:
    """An address that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/v1"


def test_nobody_there_is_told_after_the_first_request(caplog: pytest.LogCaptureFixture) -> None:
    client = LlmClient(LlmConfig(base_url=nowhere(), concurrency=2), retries=1)
    started = time.monotonic()
    with client, pytest.raises(LlmAbsentError, match=r"cannot be reached: does it run\? check llm.base_url") as caught:
        client.complete_many([turns(f"{TEXT} {number}") for number in range(60)], tolerate=50)
    assert time.monotonic() - started < 8
    assert_silent(caught.value, caplog)


def test_an_endpoint_that_is_gone_after_it_answered_may_come_back(ask: Callable[..., tuple[LlmClient, ChatServer]]) -> None:
    client, server = ask(lambda *_: Reply("ok", headers={"Connection": "close"}))
    client.complete(turns("a"))
    server.__exit__()
    with pytest.raises(LlmUnavailableError, match="cannot be reached"):
        client.complete(turns("b"))


def test_requests_at_once_are_bounded_and_replies_in_order(ask: Callable[..., tuple[LlmClient, ChatServer]]) -> None:
    client, server = ask(
        lambda request, number: Reply(request["messages"][1]["content"], delay=0.03 * (number % 3)), concurrency=3
    )
    seen: list[tuple[int, int]] = []
    texts = [str(number) for number in range(24)]
    replies = client.complete_many([turns(text) for text in texts], on_done=lambda *done: seen.append(done))
    assert [reply.text for reply in replies] == texts
    assert server.most_at_once == 3
    assert seen == [(number, 24) for number in range(1, 25)]


def test_the_same_again_costs_no_request(ask: Callable[..., tuple[LlmClient, ChatServer]]) -> None:
    cache = MemoryReplies()
    client, server = ask(lambda request, _: Reply(request["messages"][1]["content"]), cache=cache)
    once = client.complete_many([turns("a"), turns("b"), turns("a")], version="1")
    assert len(server.requests) == 2
    again = client.complete_many([turns("b"), turns("a"), turns("c")], version="1")
    assert len(server.requests) == 3
    assert [reply.text for reply in [*once, *again]] == ["a", "b", "a", "b", "a", "c"]
    assert [reply.cached for reply in again] == [True, True, False]
    assert client.usage == Usage(requests=3, cached=2, prompt_tokens=21, completion_tokens=9)
    assert all(len(key) == 64 and isinstance(value, str) for key, value in cache.items())
    client.complete(turns("a"), version="2")
    assert len(server.requests) == 4


@pytest.mark.parametrize("setting", [{"model": "other"}, {"seed": 1}, {"max_tokens": 17}])
def test_another_setting_is_another_request(ask: Callable[..., tuple[LlmClient, ChatServer]], setting: dict[str, Any]) -> None:
    cache = MemoryReplies()
    client, server = ask(lambda *_: Reply("a"), cache=cache)
    client.complete(turns())
    other = LlmClient(LlmConfig(**{"base_url": server.url, "model": "tiny", **setting}), cache=cache)
    with other:
        other.complete(turns())
    assert len(server.requests) == 2


def test_two_endpoints_do_not_share_replies_though_the_model_has_one_name(
    ask: Callable[..., tuple[LlmClient, ChatServer]],
) -> None:
    cache = MemoryReplies()
    (first, _), (second, server) = ask(lambda *_: Reply("a"), cache=cache), ask(lambda *_: Reply("b"), cache=cache)
    assert (first.complete(turns()).text, second.complete(turns()).text) == ("a", "b")
    with LlmClient(LlmConfig(base_url=f"{server.url}/", model="tiny"), cache=cache) as same:
        assert same.complete(turns()) == Completion("b", "stop", cached=True)


def test_an_empty_reply_is_not_remembered(ask: Callable[..., tuple[LlmClient, ChatServer]]) -> None:
    cache = MemoryReplies()
    client, _ = ask(lambda *_: Reply(None), cache=cache)
    assert client.complete(turns()) == Completion("", "stop")
    assert cache == {}


def test_a_reply_of_no_use_is_asked_for_again_and_an_old_one_not_taken(
    ask: Callable[..., tuple[LlmClient, ChatServer]],
) -> None:
    cache = MemoryReplies()
    client, server = ask(lambda _, number: Reply("good" if number > 2 else "bad"), cache=cache)
    client.complete(turns())
    assert len(cache) == 1
    seen = [client.complete_many([turns()], useful=lambda text: text == "good")[0] for _ in range(3)]
    assert [(reply.text, reply.cached) for reply in seen] == [("bad", False), ("good", False), ("good", True)]
    assert len(server.requests) == 3


def test_known_replies_are_looked_up_all_at_once(ask: Callable[..., tuple[LlmClient, ChatServer]]) -> None:
    class Counted(MemoryReplies):
        reads = 0

        def get_many(self, names: Sequence[str]) -> dict[str, str]:
            self.reads += 1
            return super().get_many(names)

    cache = Counted()
    client, _ = ask(lambda *_: Reply("ok"), cache=cache)
    for _ in range(2):
        client.complete_many([turns(str(number)) for number in range(40)])
    assert cache.reads == 2 and client.usage.cached == 40


def test_one_refused_conversation_does_not_stop_the_others(ask: Callable[..., tuple[LlmClient, ChatServer]]) -> None:
    client, _ = ask(lambda request, _: Reply(status=400) if "long" in str(request) else Reply("ok"))
    replies = client.complete_many([turns("a"), turns("too long"), turns("b")])
    assert [(reply.text, reply.finish) for reply in replies] == [("ok", "stop"), ("", "refused"), ("ok", "stop")]


def test_replies_that_came_before_a_failure_are_kept(ask: Callable[..., tuple[LlmClient, ChatServer]]) -> None:
    cache = MemoryReplies()
    client, server = ask(
        lambda request, _: Reply(status=500) if "bad" in str(request) else Reply("ok"), cache=cache, concurrency=1
    )
    with pytest.raises(LlmUnavailableError):
        client.complete_many([turns("a"), turns("b"), turns("bad"), *(turns(str(n)) for n in range(20))])
    assert len(cache) >= 2
    assert len(server.requests) <= 8


def test_a_completion_does_not_show_its_text() -> None:
    assert "Budi" not in repr(Completion("Budi", "stop"))


def test_openais_debug_log_stays_off() -> None:
    code = (
        "import logging; from langkah.config import LlmConfig; from langkah.models.client import LlmClient, _open;"
        "_open(LlmConfig(), 0); print(logging.getLogger('openai').level)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={"OPENAI_LOG": "debug"}, capture_output=True, text=True, check=True,
        cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert int(done.stdout) >= logging.WARNING


def test_a_conversation_refused_after_others_were_taken_is_refused_for_itself(
    ask: Callable[..., tuple[LlmClient, ChatServer]],
) -> None:
    cache = MemoryReplies()
    client, server = ask(lambda request, _: Reply(status=400) if "long" in str(request) else Reply("ok"), cache=cache)
    assert client.complete(turns("a")).text == "ok"
    assert client.complete(turns("too long")).finish == "refused"
    with LlmClient(LlmConfig(base_url=server.url, model="tiny"), cache=cache) as again:
        assert again.complete(turns("a")).cached
        assert again.complete(turns("too long")).finish == "refused"


def test_half_of_a_surrogate_pair_is_replaced(ask: Callable[..., tuple[LlmClient, ChatServer]], tmp_path: Path) -> None:
    body = json.dumps({"choices": [{"message": {"role": "assistant", "content": "1. Open \ud83d"}}]}).encode()
    with RecordCache(tmp_path / "replies.sqlite", b"secret", "test").named() as replies:
        client, _ = ask(lambda *_: Reply(body=body), cache=replies)
        assert [client.complete(turns()).text for _ in range(2)] == ["1. Open \ufffd"] * 2


SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}


def test_a_schema_is_sent_and_part_of_the_key(ask: Callable[..., tuple[LlmClient, ChatServer]]) -> None:
    client, server = ask(lambda *_: Reply('{"a": "b"}'))
    client.complete_many([turns()], schema=SCHEMA)
    client.complete_many([turns()], schema=SCHEMA)
    client.complete_many([turns()])
    assert len(server.requests) == 2
    assert server.requests[0]["response_format"]["json_schema"]["schema"] == SCHEMA
    assert "response_format" not in server.requests[1]


def test_a_conversation_that_is_refused_for_itself_does_not_switch_schemas_off(
    ask: Callable[..., tuple[LlmClient, ChatServer]],
) -> None:
    client, server = ask(lambda request, _: Reply(status=400) if "too long" in str(request) else Reply("ok"), concurrency=1)
    replies = client.complete_many([turns("too long"), turns("b")], schema=SCHEMA)
    assert [reply.finish for reply in replies] == ["refused", "stop"]
    assert ["response_format" in request for request in server.requests] == [True, False, True]


def test_failures_within_what_is_tolerated_are_told_and_counted(ask: Callable[..., tuple[LlmClient, ChatServer]]) -> None:
    cache = MemoryReplies()
    client, _ = ask(lambda request, _: Reply(status=500) if "bad" in str(request) else Reply("ok"), cache=cache, concurrency=1)
    replies = client.complete_many([turns("a"), turns("bad 1"), turns("bad 2"), turns("b")], tolerate=2)
    assert [reply.finish for reply in replies] == ["stop", "failed", "failed", "stop"]
    assert client.usage.failed == 2
    assert len(cache) == 2
    with pytest.raises(LlmUnavailableError):
        client.complete_many([turns(f"bad {number}") for number in range(3, 8)], tolerate=2)


def test_an_endpoint_that_answers_nothing_is_gone_whatever_is_tolerated(
    ask: Callable[..., tuple[LlmClient, ChatServer]],
) -> None:
    client, _ = ask(lambda *_: Reply(status=500))
    with pytest.raises(LlmUnavailableError):
        client.complete_many([turns("a"), turns("b")], tolerate=50)


@pytest.mark.parametrize(
    "garbage",
    [
        b'{"choices": [{"mess', b"<html>busy</html>", b"[]", b"null", b"", b"\xff\xfe", b"[" * 200_000,
        b'{"choices": {"a": 1}}',
        b'{"choices": 5}', b'{"choices": [null]}', b" " * 17_000_000,
    ],
    ids=lambda garbage: repr(garbage[:12]),
)  # fmt: skip
def test_garbage_is_asked_for_again(ask: Callable[..., tuple[LlmClient, ChatServer]], garbage: bytes) -> None:
    client, server = ask(lambda _, number: Reply(body=garbage) if number == 1 else Reply("ok"))
    assert client.complete(turns()).text == "ok"
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("extra", "text", "tokens"),
    [
        ({"usage": {"prompt_tokens": "many", "completion_tokens": 3}}, "ok", 3),
        ({"usage": {"prompt_tokens": None, "completion_tokens": {"all": 3}}}, "ok", 0),
        ({"usage": [1, 2]}, "ok", 0),
        ({"usage": {"completion_tokens": float("nan")}}, "ok", 0),
        ({"choices": [{"message": "ok"}]}, "", 0),
        ({"choices": [{"message": {"content": "o\ud800k"}, "finish_reason": ["stop"]}]}, "o\ufffdk", 0),
    ],
)
def test_an_odd_field_of_a_reply_stops_nothing(
    ask: Callable[..., tuple[LlmClient, ChatServer]], tmp_path: Path, extra: dict[str, Any], text: str, tokens: int
) -> None:
    body = json.dumps({"choices": [{"message": {"content": "ok"}, "finish_reason": "stop"}], **extra}).encode()
    with RecordCache(tmp_path / "replies.sqlite", b"secret", "test").named() as cache:
        client, server = ask(lambda *_: Reply(body=body), cache=cache)
        assert client.complete(turns()) == Completion(text, "stop")
        assert (client.usage.requests, client.usage.completion_tokens) == (1, tokens)
        client.complete(turns())
    assert len(server.requests) == (1 if text else 2)


def test_a_reply_that_drips_is_given_up_in_time(ask: Callable[..., tuple[LlmClient, ChatServer]]) -> None:
    client, server = ask(lambda _, number: Reply("late", drip=0.1) if number == 1 else Reply("ok"), timeout_seconds=0.5)
    started = time.monotonic()
    assert client.complete(turns()).text == "ok"
    assert len(server.requests) == 2
    assert time.monotonic() - started < 4
    never, _ = ask(lambda *_: Reply("late", drip=0.1), timeout_seconds=0.5)
    with pytest.raises(LlmUnavailableError, match="did not end its reply within"):
        never.complete(turns())


def test_a_reply_is_remembered_before_the_others_have_come(ask: Callable[..., tuple[LlmClient, ChatServer]]) -> None:
    cache = MemoryReplies()
    seen: list[int] = []

    def answer(request: dict[str, Any], _: int) -> Reply:
        if "slow" in str(request):
            deadline = time.monotonic() + 5
            while not cache and time.monotonic() < deadline:
                time.sleep(0.01)
            seen.append(len(cache))
        return Reply("ok")

    client, _ = ask(answer, cache=cache, concurrency=2)
    client.complete_many([turns("slow"), turns("fast")])
    assert seen == [1]
