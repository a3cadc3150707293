"""Conversations with a language model: what is said, what comes back, and what answers, be it an endpoint or a model here."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, Self

from langkah.models.usage import Usage

Message = Mapping[str, str]
"""One turn: `role` (`system`, `user`, `assistant`) and `content`."""
Conversation = Sequence[Message]

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_THINKING: Final = re.compile(r"\A\s*<think>.*?(?:</think>\s*|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Completion:
    """One reply. Its text does not show in `repr`."""

    text: str = field(repr=False)
    """Without the thinking that reasoning models put before it; empty where the endpoint refused the conversation."""
    finish: str
    """`stop`: the model ended it; `length`: cut at `max_tokens`; `refused`: no reply to this conversation; `failed`: none came,
    though others did."""
    cached: bool = False

    @classmethod
    def of(cls, text: object, finish: object) -> Self:
        """What a model wrote, without its thinking; empty, and `stop`, where a reply holds something else."""
        return cls(without_thinking(_storable(text)), _storable(finish) or "stop")

    def kept(self) -> str:
        """What a cache of replies keeps of it."""
        return json.dumps({"text": self.text, "finish": self.finish}, ensure_ascii=False)

    @classmethod
    def restored(cls, value: str) -> Self:
        """The reply of which a cache kept this."""
        found = json.loads(value)
        return cls(found["text"], found["finish"], cached=True)


def without_thinking(text: str) -> str:
    """Take off what a reasoning model thinks before it answers; all of it, where that was cut."""
    return _THINKING.sub("", text).strip()


def _storable(text: object) -> str:
    """A text with lone surrogates, which no cache and no request can hold, replaced; empty where it is none."""
    return _SURROGATE.sub("\ufffd", text) if isinstance(text, str) else ""


class Chat(Protocol):
    """What answers conversations, and remembers the replies: an endpoint's client, or a model on this machine."""

    @property
    def model(self) -> str:
        """The model's name."""
        ...

    @property
    def place(self) -> str:
        """What errors call it."""
        ...

    @property
    def usage(self) -> Usage:
        """Conversations and tokens so far."""
        ...

    def close(self) -> None:
        """Let go of connections, or of the model."""
        ...

    def complete_many(
        self,
        conversations: Sequence[Conversation],
        *,
        version: str = "",
        schema: Mapping[str, Any] | None = None,
        useful: Callable[[str], bool] = bool,
        tolerate: int = 0,
        on_done: Callable[[int, int], None] | None = None,
    ) -> list[Completion]:
        """Answer each conversation, in order; equal ones are answered once, known ones from the cache.

        Args:
            conversations: each a sequence of messages.
            version: of the template that made them.
            schema: JSON schema of the replies, where it can be asked for beside the conversation.
            useful: whether a reply is worth remembering; the others are asked for again the next time.
            tolerate: how many conversations may fail one after another before what answers counts as gone.
            on_done: called with (replies so far, replies in all).
        """
        ...
