"""Completions of an OpenAI-compatible endpoint, through the official `openai` client.

What goes out is scrubbed text, and none of it comes back in an error: a message tells the endpoint, the model and the status,
never a prompt, a reply or an error's body, which may repeat them; nor in the log of `openai`, which at DEBUG holds whole
requests.

The key comes from the variable that `LlmConfig.api_key_env` names; `OPENAI_API_KEY`, `OPENAI_BASE_URL`, `OPENAI_ORG_ID` and
`OPENAI_PROJECT_ID` change nothing. Proxies of the environment (`HTTPS_PROXY` ...) and `OPENAI_CUSTOM_HEADERS`, by which
companies reach a gateway, are obeyed; a proxy never for an endpoint on this machine, which it could not reach.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import threading
from collections import Counter
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import Any, Final, Self

from langkah.config import LlmConfig
from langkah.errors import LlmError, LlmRefusedError, LlmUnavailableError
from langkah.models.endpoint import is_local, normal_address

Message = Mapping[str, str]
"""One turn: `role` (`system`, `user`, `assistant`) and `content`."""
Conversation = Sequence[Message]

RETRIES: Final = 3
"""Attempts after the first, on 408, 409, 429, 5xx, time-outs and lost connections; `openai` waits 0.5 s to 8 s, or as told."""
_NO_KEY: Final = "none"
"""What a local server is sent, since the client insists on a key."""
_REFUSED: Final = frozenset({400, 413, 422})
"""Statuses that blame the conversation (too long, not allowed), so that others may still be answered."""
_THINKING: Final = re.compile(r"\A\s*<think>.*?</think>\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Completion:
    """One reply. Its text does not show in `repr`."""

    text: str = field(repr=False)
    """Without the thinking that reasoning models put before it; empty where the endpoint refused the conversation."""
    finish: str
    """`stop`: the model ended it; `length`: cut at `max_tokens`; `refused`: no reply to this conversation."""
    cached: bool = False


@dataclass(frozen=True, slots=True)
class Usage:
    """What a client has cost so far."""

    requests: int = 0
    """Conversations sent; retries are not counted."""
    cached: int = 0
    """Conversations answered from the cache."""
    prompt_tokens: int = 0
    completion_tokens: int = 0


class LlmClient:
    """Sends conversations to one model of one endpoint, at most `config.concurrency` at once, and remembers replies.

    To be closed, or used in a `with` statement. One thread at a time calls it.
    """

    def __init__(self, config: LlmConfig, *, cache: MutableMapping[str, str] | None = None, retries: int = RETRIES) -> None:
        """Make a client; nothing is sent yet.

        Args:
            config: endpoint, model and limits.
            cache: replies by the sha256 of all that makes them; the same conversation then costs no request, in any run.
            retries: attempts after the first.
        """
        self._config = config
        self._cache: MutableMapping[str, str] = {} if cache is None else cache
        self._retries = retries
        self._usage = Usage()
        self._lock = threading.Lock()
        self._openai: Any = None

    @property
    def model(self) -> str:
        """The model's name, as the endpoint knows it."""
        return self._config.model

    @property
    def usage(self) -> Usage:
        """Requests and tokens so far."""
        return self._usage

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        if self._openai is not None:
            self._openai.close()
            self._openai = None

    def complete(self, messages: Conversation, *, version: str = "") -> Completion:
        """Get the reply to one conversation; see `complete_many`."""
        return self.complete_many([messages], version=version)[0]

    def complete_many(
        self, conversations: Sequence[Conversation], *, version: str = "", on_done: Callable[[int, int], None] | None = None
    ) -> list[Completion]:
        """Get the reply to each conversation, in order; equal ones cost one request, known ones none.

        Args:
            conversations: each a sequence of messages.
            version: of the template that made them; part of the cache's key.
            on_done: called with (replies so far, replies in all) after each.

        Returns:
            One completion each; `refused` where the endpoint refused this conversation but not every other.

        Raises:
            LlmUnavailableError: the endpoint is not there, times out or fails, after all retries. Replies that came are cached.
            LlmRefusedError: wrong key, unknown model, or every conversation refused.
        """
        keys = [self._key(messages, version) for messages in conversations]
        found = {key: _restored(self._cache[key]) for key in dict.fromkeys(keys) if key in self._cache}
        times = Counter(keys)
        done = sum(times[key] for key in found)
        self._usage = _plus(self._usage, cached=done)
        asked = {key: messages for key, messages in zip(keys, conversations, strict=True) if key not in found}
        if on_done and done:
            on_done(done, len(keys))
        replies: dict[str, Completion] = {}
        with ThreadPoolExecutor(self._config.concurrency, thread_name_prefix="llm") as pool:
            futures = {pool.submit(self._ask, messages): key for key, messages in asked.items()}
            try:
                for future in as_completed(futures):
                    key = futures[future]
                    replies[key] = self._store(key, future.result())
                    done += times[key]
                    if on_done:
                        on_done(done, len(keys))
            except BaseException:
                pool.shutdown(cancel_futures=True)
                self._keep(futures)
                raise
        if replies and not found and all(reply.finish == "refused" for reply in replies.values()):
            raise LlmRefusedError(f"{self._place()} refused every request: it may not take a setting of `llm`")
        return [found.get(key) or replies[key] for key in keys]

    def _keep(self, futures: Mapping[Future[Completion], str]) -> None:
        """Remember the replies that came before, or while, another request failed."""
        for future, key in futures.items():
            if future.done() and not future.cancelled() and future.exception() is None:
                self._store(key, future.result())

    def _store(self, key: str, reply: Completion) -> Completion:
        if reply.text and reply.finish != "refused":
            self._cache[key] = json.dumps({"text": reply.text, "finish": reply.finish}, ensure_ascii=False)
        return reply

    def _key(self, messages: Conversation, version: str) -> str:
        config = self._config
        turns = [[turn["role"], turn["content"]] for turn in messages]
        work = [normal_address(config.base_url), config.model, version, config.max_tokens, config.seed, turns]
        return hashlib.sha256(json.dumps(work, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()

    def _place(self) -> str:
        return f"the language model {self._config.model} at {normal_address(self._config.base_url)}"

    def _client(self) -> Any:
        with self._lock:
            if self._openai is None:
                self._openai = _open(self._config, self._retries)
            return self._openai

    def _ask(self, messages: Conversation) -> Completion:
        """Send one conversation; errors are made anew, since those of `openai` hold the request and the reply's body."""
        import openai

        config = self._config
        try:
            reply = self._client().chat.completions.create(
                model=config.model,
                messages=[dict(turn) for turn in messages],
                temperature=0,
                max_tokens=config.max_tokens,
                seed=config.seed,
            )
        except openai.APIStatusError as error:
            status = error.status_code
            problem = self._refusal(status)
        except openai.APITimeoutError:
            status = 0
            problem = LlmUnavailableError(f"{self._place()} did not answer within {config.timeout_seconds:g} s")
        except openai.APIError:
            status = 0
            problem = LlmUnavailableError(f"{self._place()} cannot be reached")
        except ValueError:
            status = 0
            problem = LlmUnavailableError(f"{self._place()} gave a reply that is no JSON: is it OpenAI-compatible?")
        else:
            return self._read(reply)
        if status in _REFUSED:
            self._count(None)
            return Completion("", "refused")
        raise problem

    def _refusal(self, status: int) -> LlmError:
        if status in (401, 403):
            return LlmRefusedError(f"{self._place()} refused the API key ({status}): set {self._config.api_key_env}")
        if status == 404:
            return LlmRefusedError(f"{self._place()} is not known there (404): check llm.model and llm.base_url")
        if 400 <= status < 500 and status not in (408, 409, 429):
            return LlmRefusedError(f"{self._place()} refused the request ({status})")
        return LlmUnavailableError(f"{self._place()} failed ({status}), after {self._retries} retries")

    def _read(self, reply: Any) -> Completion:
        choices = getattr(reply, "choices", None)
        message = getattr(choices[0], "message", None) if choices else None
        if choices is None or message is None:
            raise LlmUnavailableError(f"{self._place()} gave a reply that is no chat completion: is it OpenAI-compatible?")
        self._count(getattr(reply, "usage", None))
        text = message.content if isinstance(message.content, str) else ""
        return Completion(_THINKING.sub("", text).strip(), str(choices[0].finish_reason or "stop"))

    def _count(self, usage: Any) -> None:
        with self._lock:
            self._usage = _plus(
                self._usage,
                requests=1,
                prompt_tokens=int(getattr(usage, "prompt_tokens", 0) or 0),
                completion_tokens=int(getattr(usage, "completion_tokens", 0) or 0),
            )


def _open(config: LlmConfig, retries: int) -> Any:
    import openai

    # At DEBUG (OPENAI_LOG, or a root logger set so) it would write whole requests.
    logger = logging.getLogger("openai")
    logger.setLevel(max(logger.level, logging.WARNING))
    client = openai.OpenAI(
        base_url=config.base_url,
        api_key=os.environ.get(config.api_key_env) or _NO_KEY,
        timeout=config.timeout_seconds,
        max_retries=retries,
        http_client=openai.DefaultHttpxClient(trust_env=not is_local(config.base_url)),
    )
    client.organization = client.project = client.admin_api_key = None  # the constructor takes them from the environment
    return client


def _restored(value: str) -> Completion:
    kept = json.loads(value)
    return Completion(kept["text"], kept["finish"], cached=True)


def _plus(usage: Usage, *, requests: int = 0, cached: int = 0, prompt_tokens: int = 0, completion_tokens: int = 0) -> Usage:
    return Usage(
        usage.requests + requests,
        usage.cached + cached,
        usage.prompt_tokens + prompt_tokens,
        usage.completion_tokens + completion_tokens,
    )
