from __future__ import annotations

import json
import socket
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

sys.path.insert(0, str(Path(__file__).parents[1] / "models"))

from chat_server import ChatServer, Reply

from langkah.config import LlmConfig
from langkah.errors import LlmAbsentError
from langkah.models.client import LlmClient
from langkah.models.replies import MemoryReplies
from langkah.records import FaqRecord
from langkah.restructuring import Draft, DraftProblem, restructure

RAW = (
    "hey [NAME], same here! take out the batteries for one minute, then hold Home and Back until the light blinks, "
    "and pick the remote in the Bluetooth list. if not, call [PHONE]. btw the shop.example site is ugly"
)
GOOD = (
    "1. Take out the batteries for 1 minute.\n2. Hold Home and Back until the light blinks.\n"
    "3. Pick the remote in the Bluetooth list.\n4. If this does not help, call [PHONE]."
)
MENTAH = "Halo [NAME], buka aplikasi aja, terus pencet profil, abis itu ganti fotonya. Gampang kok!"
BAIK = "1. Buka aplikasi.\n2. Tekan profil.\n3. Ganti foto."


def record(output: str = RAW, language: str = "en", row: int = 1, prompt: str = "remote does not pair") -> FaqRecord:
    return FaqRecord(
        intent=f"intent-{row}", prompt=prompt, output=output, language=language, source="forum", file="faq.csv", row=row
    )


Ask = Callable[..., tuple[LlmClient, ChatServer]]


@pytest.fixture
def ask() -> Iterator[Ask]:
    opened: list[Any] = []

    def start(*replies: Reply | str, cache: Any = None, **settings: Any) -> tuple[LlmClient, ChatServer]:
        """A server that gives these replies one after the other, and the last one from then on."""

        def answer(_: dict[str, Any], number: int) -> Reply:
            reply = replies[min(number, len(replies)) - 1]
            return Reply(reply) if isinstance(reply, str) else reply

        server = ChatServer(answer).__enter__()
        config = LlmConfig(**{"base_url": server.url, "model": "tiny", "timeout_seconds": 5, "concurrency": 1, **settings})
        client = LlmClient(config, cache=cache, retries=1)
        opened.extend([server, client])
        return client, server

    yield start
    for thing in reversed(opened):
        thing.__exit__()


def test_a_faithful_reply_is_a_draft_beside_its_original(ask: Ask) -> None:
    client, server = ask(GOOD)
    assert restructure([record()], client) == [
        Draft(
            intent="intent-1", file="faq.csv", row=1, language="en", prompt="remote does not pair", original=RAW, output=GOOD,
            problems=(), attempts=1, model="tiny", template="restructuring/1",
        )
    ]  # fmt: skip
    system, user = server.requests[0]["messages"]
    assert (system["role"], user["role"]) == ("system", "user")
    assert RAW in user["content"] and "remote does not pair" in user["content"]
    assert "Never add a step" in system["content"]


def test_the_model_is_told_in_the_language_of_the_answer(ask: Ask) -> None:
    client, server = ask(BAIK)
    drafts = restructure([record(MENTAH, "id"), record(MENTAH, "mixed", 2)], client)
    assert [draft.output for draft in drafts] == [BAIK, BAIK]
    assert all(draft.proposable for draft in drafts)
    assert "langkah bernomor" in server.requests[0]["messages"][0]["content"]
    assert len(server.requests) == 1  # the same text asks the same


def test_braces_in_a_record_are_text(ask: Ask) -> None:
    client, server = ask(GOOD)
    restructure([record(prompt="{output} {0} {")], client)
    assert server.requests[0]["messages"][1]["content"].startswith("Question:\n{output} {0} {\n\nAnswer:\n<answer>\nhey")


@pytest.mark.parametrize(
    "reply",
    [
        GOOD,
        f"Sure! Here are the steps:\n\n```\n{GOOD}\n```\nLet me know if you need more.",
        f"```markdown\n{GOOD}\n```",
        f"<think>Call 555 first?</think>\n{GOOD}",
        f"Here you go:\n{GOOD}\n\nI hope this helps!",
        GOOD.replace("1. ", "Step 1: ").replace("2. ", "Step 2: ").replace("3. ", "Step 3: ").replace("4. ", "Step 4: "),
        GOOD.replace("\n", "\n\n"),
        "\n".join(f"**{line[:2]}** {line[3:]}" for line in GOOD.split("\n")),
        "\n".join(f"- {line[3:]}" for line in GOOD.split("\n")),
    ],
)
def test_ways_to_reply_give_one_form(ask: Ask, reply: str) -> None:
    client, server = ask(reply)
    (draft,) = restructure([record()], client)
    assert (draft.output, draft.problems, draft.attempts) == (GOOD, (), 1)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        ("", DraftProblem.empty),
        ("I cannot do that.", DraftProblem.no_steps),
        (json.dumps({"steps": ["Take out the batteries"]}), DraftProblem.no_steps),
        ("| a | b |\n|---|---|", DraftProblem.no_steps),
        (GOOD.replace("[PHONE]", "0812-3456-7890"), DraftProblem.new_value),
        (GOOD.replace("call [PHONE]", "call [PHONE] or visit help.example"), DraftProblem.new_value),
        (GOOD.replace("call [PHONE]", "call [PHONE] or mail a@b.example"), DraftProblem.new_value),
        (GOOD.replace("1 minute", "5 minutes"), DraftProblem.new_value),
        (GOOD.replace("[PHONE]", "[PHONE_2]"), DraftProblem.new_placeholder),
        (GOOD.replace("call [PHONE]", "call [PHONE] or [EMAIL]"), DraftProblem.new_placeholder),
        (GOOD.replace("call [PHONE]", "call the shop"), DraftProblem.lost_placeholder),
        (GOOD + "\n5. Download the support application from the website.", DraftProblem.invented_step),
        ("1. Open the settings.\n2. Choose the language.\n3. Save. [PHONE]", DraftProblem.invented_step),
        (
            "1. Keluarkan baterai selama 1 menit.\n2. Tekan Home dan Back sampai lampu berkedip.\n3. Telepon [PHONE].",
            DraftProblem.other_language,
        ),
    ],
)
def test_a_reply_that_fails_a_check_is_asked_for_once_more_with_the_reason(ask: Ask, reply: str, problem: DraftProblem) -> None:
    client, server = ask(reply)
    (draft,) = restructure([record()], client)
    assert problem in draft.problems
    assert not draft.proposable
    assert draft.attempts == 2
    first, second = (request["messages"] for request in server.requests)
    assert second[:2] == first
    assert second[2] == {"role": "assistant", "content": reply or "-"}
    assert second[3]["role"] == "user" and "cannot be used" in second[3]["content"]

    client, _ = ask(reply, GOOD)
    (draft,) = restructure([record()], client)
    assert (draft.output, draft.problems, draft.attempts) == (GOOD, (), 2)


def test_a_name_in_a_greeting_may_go_and_a_changed_one_may_not(ask: Ask) -> None:
    client, _ = ask(GOOD)
    assert restructure([record()], client)[0].proposable
    client, _ = ask(GOOD.replace("1. Take", "1. [name], take"), GOOD.replace("1. Take", "1. [NAME_1], take"))
    assert DraftProblem.new_placeholder in restructure([record()], client)[0].problems


@pytest.mark.parametrize(
    ("language", "output", "reply"), [("en", "Thanks, [NAME]! Great shop.", "NONE"), ("id", "Makasih [NAME]!", "Tidak ada.")]
)
def test_nothing_to_do_is_said_and_not_asked_again(ask: Ask, language: str, output: str, reply: str) -> None:
    client, server = ask(reply)
    (draft,) = restructure([record(output, language)], client)
    assert (draft.output, draft.problems) == (None, (DraftProblem.not_a_procedure,))
    assert len(server.requests) == 1


def test_a_reply_cut_at_the_limit_is_no_draft(ask: Ask) -> None:
    client, server = ask(Reply(GOOD[:-30], finish="length"))
    (draft,) = restructure([record()], client)
    assert DraftProblem.cut in draft.problems
    assert len(server.requests) == 1


def test_a_refused_record_stays_behind_and_the_others_go_on(ask: Ask) -> None:
    client, _ = ask(GOOD, Reply(status=400), BAIK)
    drafts = restructure([record(), record("x" * 50, row=2), record(MENTAH, "id", 3)], client)
    assert [draft.problems for draft in drafts] == [(), (DraftProblem.refused,), ()]
    assert [draft.row for draft in drafts] == [1, 2, 3]


def test_the_same_records_again_cost_no_request(ask: Ask) -> None:
    cache = MemoryReplies()
    client, server = ask("no steps", GOOD, cache=cache)
    once = restructure([record()], client)
    assert len(server.requests) == 2
    with LlmClient(LlmConfig(base_url=server.url, model="tiny"), cache=cache) as again:
        assert restructure([record()], again) == once
        assert again.usage.cached == 2
    assert len(server.requests) == 2


def test_an_endpoint_that_is_not_there_is_an_error_without_text() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    with LlmClient(LlmConfig(base_url=url), retries=0) as client, pytest.raises(LlmAbsentError) as caught:
        restructure([record()], client)
    assert "batteries" not in "".join(traceback.format_exception(caught.value))


def test_a_draft_is_frozen_and_silent_about_its_text() -> None:
    with pytest.raises(ValidationError) as caught:
        Draft.model_validate({"intent": "a", "original": "Budi", "surprise": "Budi"})
    assert "Budi" not in str(caught.value)


def test_progress_is_told(ask: Ask) -> None:
    client, _ = ask(BAIK)
    seen: list[tuple[int, int]] = []
    restructure([record(f"{MENTAH} {n}", "id", n) for n in range(1, 4)], client, on_done=lambda *done: seen.append(done))
    assert seen == [(1, 3), (2, 3), (3, 3)]
