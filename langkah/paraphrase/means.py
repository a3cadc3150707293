"""What a backend needs beyond its settings, found out before a step starts: endpoint, models, names to keep."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from langkah.config import LlmConfig, ParaphraseConfig, RunConfig
from langkah.models import ModelRef, resolve_model
from langkah.models.client import LlmClient
from langkah.models.conversation import Chat
from langkah.models.embedding import Embedder, resolve_embedder
from langkah.models.local_chat import LocalChat
from langkah.models.replies import Replies
from langkah.models.usage import Usage
from langkah.paraphrase.asked import SPARE, ModelBackend
from langkah.paraphrase.backends import Backend, FrameBackend
from langkah.paraphrase.balance import MOST
from langkah.paraphrase.filters.meaning import Embed

_TOKENS_EACH: Final = 60
"""Room for one candidate in a local model's reply."""
_FAILURES_IN_A_ROW: Final = 4
"""Conversations for each request at once that may fail one after another before an endpoint counts as gone."""


class Means(BaseModel):
    """The identity of all that phrases and judges variants, part of the step's cache key."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    llm: LlmConfig | None = None
    model: ModelRef | None = None
    embedder: ModelRef | None = None
    glossary: tuple[str, ...] = ()


class Engine:
    """A backend ready to be asked, an encoder, and what the backend has cost so far."""

    def __init__(self, backend: Backend, embed: Embed | None, chat: Chat | None = None) -> None:
        self.backend = backend
        self.embed = embed
        self._chat = chat

    @property
    def usage(self) -> Usage:
        """Requests and tokens so far; none of frames."""
        return self._chat.usage if self._chat else Usage()

    def figures(self, llm: LlmConfig | None) -> dict[str, Any]:
        """What the backend has cost, by name; the replies that could not be read, and the prompts left so. All 0 for frames."""
        asked = self.backend if isinstance(self.backend, ModelBackend) else None
        unread = (asked.unreadable, len(asked.unanswered)) if asked else (0, 0)
        return {**self.usage.figures(llm), **dict(zip(("unreadable", "unanswered"), unread, strict=True))}


def find_means(config: RunConfig, base: ModelRef) -> Means:
    """Find what `config.paraphrase` needs; nothing for the default backend, so that no other setting touches it.

    Args:
        config: the settings of the run.
        base: the run's base model, which the backend `local` asks by default.

    Raises:
        ConfigError: a model of the settings is not there.
        ResourceError: the default encoder is not installed.
    """
    settings = config.paraphrase
    asks = settings.backend != "frames"
    local = settings.backend == "local"
    embeds = settings.meaning == "embedding" or (settings.meaning == "auto" and asks)
    named = settings.local_model != "auto"
    model = resolve_model(settings.local_model, config.train.catalogue) if local and named else base
    return Means(
        llm=config.llm if settings.backend == "openai" else None,
        model=model if local else None,
        embedder=resolve_embedder(settings.embedding_model) if embeds and settings.variants else None,
        glossary=config.pii.glossary if asks else (),
    )


@contextmanager
def open_engine(config: ParaphraseConfig, means: Means, replies: Replies | None = None) -> Generator[Engine]:
    """Open the backend of the settings; nothing is loaded or sent before it is asked.

    Args:
        config: the settings of the step.
        means: from `find_means`.
        replies: where a model's replies are remembered.
    """
    first = (MOST if config.balance == "topics" else config.variants) + SPARE
    options: dict[str, Any] = {"rounds": config.rounds, "first": first, "glossary": means.glossary}
    with ExitStack() as opened:
        embedder = opened.enter_context(closing(Embedder(means.embedder))) if means.embedder else None
        embed = embedder.embed if embedder else None
        if means.llm:
            client = opened.enter_context(LlmClient(means.llm, cache=replies))
            yield Engine(ModelBackend(client, tolerate=_FAILURES_IN_A_ROW * means.llm.concurrency, **options), embed, client)
        elif means.model:
            tokens = _TOKENS_EACH * (first + 1)
            chat = LocalChat(means.model, batch_size=config.local_batch, max_tokens=tokens, cache=replies)
            yield Engine(ModelBackend(opened.enter_context(closing(chat)), **options), embed, chat)
        else:
            yield Engine(FrameBackend(), embed)
