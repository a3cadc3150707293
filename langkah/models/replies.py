"""How replies are remembered: the same for an endpoint and for a model on this machine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from langkah.models.conversation import Completion, Conversation

_NO_REPLY: Final = frozenset({"refused", "failed"})


class Replies(Protocol):
    """Where replies are remembered, by a text that names all that makes them."""

    def get_many(self, names: Sequence[str]) -> dict[str, str]:
        """Return those that are there, all at once."""
        ...

    def put(self, found: Mapping[str, str]) -> None:
        """Remember replies."""
        ...


class MemoryReplies(dict[str, str]):
    """Replies that last as long as the process."""

    def get_many(self, names: Sequence[str]) -> dict[str, str]:
        """Return those that are there."""
        return {name: self[name] for name in names if name in self}

    def put(self, found: Mapping[str, str]) -> None:
        """Remember replies."""
        self.update(found)


class ReplyMemory:
    """Completions in a cache of texts; none that is empty, or of no use to who asks, goes in or comes out."""

    def __init__(self, replies: Replies | None) -> None:
        self._replies: Replies = MemoryReplies() if replies is None else replies

    def known(self, keys: Sequence[str], useful: Callable[[str], bool] = bool) -> dict[str, Completion]:
        """Return the replies to these conversations that are remembered."""
        found = self._replies.get_many(list(dict.fromkeys(keys)))
        kept = {key: Completion.restored(value) for key, value in found.items()}
        return {key: each for key, each in kept.items() if useful(each.text)}

    def keep(self, replies: Mapping[str, Completion], useful: Callable[[str], bool] = bool) -> None:
        """Remember replies."""
        some = {key: each for key, each in replies.items() if each.text and each.finish not in _NO_REPLY and useful(each.text)}
        if some:
            self._replies.put({key: each.kept() for key, each in some.items()})


def key_of(messages: Conversation, *parts: Any) -> str:
    """The sha256 of a conversation and of all else that decides its reply."""
    work = [*parts, [[turn["role"], turn["content"]] for turn in messages]]
    return hashlib.sha256(json.dumps(work, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()
