"""Conversations answered by a transformers model on this machine: greedy, in batches, remembered like an endpoint's replies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from langkah.models.conversation import Completion, Conversation
from langkah.models.generation import generate_answers
from langkah.models.loading import free_memory, load_model, load_tokenizer, use_threads
from langkah.models.ref import ModelRef
from langkah.models.replies import Replies, ReplyMemory, key_of
from langkah.models.usage import Usage

_BATCHES_AT_ONCE: Final = 4
"""Batches between two writings of the cache: prompts of like length go together in them."""


class LocalChat:
    """A model that is loaded at the first conversation that is not known yet.

    Args:
        model: an instruct model.
        batch_size: conversations at once; more are faster and take more memory.
        max_tokens: where a reply is cut.
        cache: replies by the sha256 of all that makes them.
    """

    def __init__(self, model: ModelRef, *, batch_size: int, max_tokens: int, cache: Replies | None = None) -> None:
        self._ref = model
        self._batch_size = batch_size
        self._max_tokens = max_tokens
        self._memory = ReplyMemory(cache)
        self._usage = Usage()
        self._loaded: tuple[Any, Any] | None = None

    @property
    def model(self) -> str:
        """The model's name, as the user named it."""
        return self._ref.name

    @property
    def place(self) -> str:
        """What errors call it."""
        return f"the language model {self._ref.name} on this machine"

    @property
    def usage(self) -> Usage:
        """Conversations and tokens so far."""
        return self._usage

    def close(self) -> None:
        """Let go of the model."""
        if self._loaded is not None:
            self._loaded = None
            free_memory()

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
            schema: of no effect: the model is told of it in the conversation.
            useful: whether a reply is worth remembering.
            tolerate: of no effect: a model fails for all or for none.
            on_done: called with (replies so far, replies in all).
        """
        keys = [self._key(messages, version) for messages in conversations]
        replies = self._memory.known(keys, useful)
        asked = {key: messages for key, messages in zip(keys, conversations, strict=True) if key not in replies}
        self._usage = self._usage.plus(cached=sum(key in replies for key in keys))
        size = self._batch_size * _BATCHES_AT_ONCE
        waiting = list(asked.items())
        for start in range(0, len(waiting), size):
            some = waiting[start : start + size]
            answered = dict(zip((key for key, _ in some), self._answer([messages for _, messages in some]), strict=True))
            self._memory.keep(answered, useful)
            replies |= answered
            if on_done:
                on_done(len(keys) - max(0, len(waiting) - start - size), len(keys))
        return [replies[key] for key in keys]

    def _answer(self, conversations: Sequence[Conversation]) -> list[Completion]:
        tokenizer, model = self._load()
        prompts = [self._tokens(tokenizer, messages) for messages in conversations]
        ends = {tokenizer.eos_token_id, *_ids(getattr(model.generation_config, "eos_token_id", None))} - {None}
        answers = generate_answers(
            model,
            tokenizer,
            prompts,
            max_new_tokens=self._max_tokens,
            batch_size=self._batch_size,
            end_tokens=sorted(ends),
        )
        self._usage = self._usage.plus(
            requests=len(prompts),
            prompt_tokens=sum(map(len, prompts)),
            completion_tokens=sum(len(tokenizer(answer.text).input_ids) for answer in answers),
        )
        return [Completion.of(answer.text, "stop" if answer.ended else "length") for answer in answers]

    def _tokens(self, tokenizer: Any, messages: Conversation) -> list[int]:
        turns = [dict(turn) for turn in messages]
        text = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True, enable_thinking=False)
        return list(tokenizer(text, add_special_tokens=False).input_ids)

    def _load(self) -> tuple[Any, Any]:
        if self._loaded is None:
            use_threads("auto")
            self._loaded = load_tokenizer(self._ref), load_model(self._ref)
        return self._loaded

    def _key(self, messages: Conversation, version: str) -> str:
        return key_of(messages, "local", self._ref.identity, version, self._max_tokens)


def _ids(value: Any) -> list[int]:
    return list(value) if isinstance(value, (list, tuple)) else [] if value is None else [int(value)]
