"""Completions of an OpenAI-compatible endpoint, through the official `openai` client.

What goes out is scrubbed text, and none of it comes back in an error: a message tells the endpoint, the model and the status,
never a prompt, a reply or an error's body, which may repeat them; nor in the log of `openai`, which at DEBUG holds whole
requests.

The key comes from the variable that `LlmConfig.api_key_env` names; `OPENAI_API_KEY`, `OPENAI_BASE_URL`, `OPENAI_ORG_ID` and
`OPENAI_PROJECT_ID` change nothing. Proxies of the environment (`HTTPS_PROXY` ...) and `OPENAI_CUSTOM_HEADERS`, by which
companies reach a gateway, are obeyed; a proxy never for an endpoint on this machine, which it could not reach.
"""

from __future__ import annotations

import logging
import os
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any, Final, Self

from langkah.addresses import normal_address
from langkah.config import LlmConfig
from langkah.errors import LlmAbsentError, LlmError, LlmRefusedError, LlmUnavailableError
from langkah.models.bounded import ReplyTooLongError, bounded_client
from langkah.models.conversation import Completion, Conversation
from langkah.models.endpoint import is_local
from langkah.models.replies import Replies, ReplyMemory, key_of
from langkah.models.usage import Pace, Usage

_NO_KEY: Final = "none"
"""What a local server is sent, since the client insists on a key."""
_REFUSED: Final = frozenset({400, 413, 422})
"""Statuses that blame the conversation (too long, not allowed), so that others may still be answered."""


class _GarbageError(LlmUnavailableError):
    """A reply that is no chat completion: the next one may be."""


class _NobodyThereError(LlmUnavailableError):
    """No connection could be made."""


class LlmClient:
    """Sends conversations to one model of one endpoint, at most `config.concurrency` at once, and remembers replies.

    To be closed, or used in a `with` statement. One thread at a time calls it.
    """

    def __init__(self, config: LlmConfig, *, cache: Replies | None = None, retries: int | None = None) -> None:
        """Make a client; nothing is sent yet.

        Args:
            config: endpoint, model and limits.
            cache: replies by the sha256 of all that makes them; the same conversation then costs no request, in any run.
            retries: attempts after the first; None: `config.retries`.
        """
        self._config = config
        self._memory = ReplyMemory(cache)
        self._retries = config.retries if retries is None else retries
        self._usage = Usage()
        self._lock = threading.Lock()
        self._pace = Pace(config.requests_per_minute)
        self._takes_schema = True
        self._answered = False
        """Whether the endpoint took a conversation yet."""
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
        self,
        conversations: Sequence[Conversation],
        *,
        version: str = "",
        schema: Mapping[str, Any] | None = None,
        useful: Callable[[str], bool] = bool,
        tolerate: int = 0,
        on_done: Callable[[int, int], None] | None = None,
    ) -> list[Completion]:
        """Get the reply to each conversation, in order; equal ones cost one request, known ones none.

        A reply is remembered as it arrives, by the thread that it came to: a process that is killed loses those on the way.

        Args:
            conversations: each a sequence of messages.
            version: of the template that made them; part of the cache's key.
            schema: JSON schema that a reply is asked to follow, where the endpoint can do so; a reply may still not.
            useful: whether a reply is worth remembering; the others are asked for again the next time.
            tolerate: how many conversations may fail one after another before the endpoint counts as gone; so it does where
                all fail and it has answered none before.
            on_done: called with (replies so far, replies in all) after each.

        Returns:
            One completion each; `refused` where the endpoint refused this conversation but not every other, `failed` where
            it failed within what is tolerated.

        Raises:
            LlmAbsentError: nobody listens there, and nobody did before.
            LlmUnavailableError: the endpoint is gone, times out or fails, after all retries. Replies that came are cached.
            LlmRefusedError: wrong key, unknown model, or every conversation refused and none taken before.
        """
        keys = [self._key(messages, version, schema) for messages in conversations]
        found = self._memory.known(keys, useful)
        times = Counter(keys)
        done = sum(times[key] for key in found)
        self._usage = self._usage.plus(cached=done)
        asked = {key: messages for key, messages in zip(keys, conversations, strict=True) if key not in found}
        if on_done and done:
            on_done(done, len(keys))
        replies: dict[str, Completion] = {}
        failures = 0
        with ThreadPoolExecutor(self._config.concurrency, thread_name_prefix="llm") as pool:
            futures = {pool.submit(self._ask, key, messages, schema, useful): key for key, messages in asked.items()}
            try:
                for future in as_completed(futures):
                    key = futures[future]
                    try:
                        replies[key] = future.result()
                        failures = 0
                    except LlmUnavailableError as error:
                        failures += 1
                        if isinstance(error, _NobodyThereError) and not self._usage.requests:
                            raise LlmAbsentError(str(error)) from None
                        if failures > tolerate or (failures == len(asked) and not self._usage.requests):
                            raise
                        replies[key] = Completion("", "failed")
                        self._add(failed=1)
                    done += times[key]
                    if on_done:
                        on_done(done, len(keys))
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        self._answered |= bool(found) or any(reply.finish not in ("refused", "failed") for reply in replies.values())
        if replies and not self._answered and all(reply.finish == "refused" for reply in replies.values()):
            raise LlmRefusedError(f"{self.place} refused every request: it may not take a setting of `llm`")
        return [found.get(key) or replies[key] for key in keys]

    def _ask(
        self, key: str, messages: Conversation, schema: Mapping[str, Any] | None, useful: Callable[[str], bool]
    ) -> Completion:
        """Get and remember one reply; without the schema where the endpoint refuses it for that."""
        schema = schema if self._takes_schema else None
        reply = self._send(messages, schema)
        if schema and reply.finish == "refused":
            reply = self._send(messages, None)
            if reply.finish != "refused":
                self._takes_schema = False
        with self._lock:
            self._memory.keep({key: reply}, useful)
        return reply

    def _key(self, messages: Conversation, version: str, schema: Mapping[str, Any] | None) -> str:
        return key_of(messages, self._config.identity, version, *([dict(schema)] if schema else []))

    @property
    def place(self) -> str:
        """What errors call it."""
        return f"the language model {self._config.model} at {normal_address(self._config.base_url)}"

    def _client(self) -> Any:
        with self._lock:
            if self._openai is None:
                self._openai = _open(self._config, self._retries)
            return self._openai

    def _send(self, messages: Conversation, schema: Mapping[str, Any] | None) -> Completion:
        """Send one conversation, and again where no chat completion comes back; `openai` retries what has a status."""
        for attempt in range(self._retries):
            try:
                return self._send_once(messages, schema)
            except _GarbageError:
                # As `openai` waits: doubling, at most 8 s, with jitter, so that requests do not come back all at once.
                time.sleep(min(8.0, 0.5 * 2**attempt) * random.uniform(0.75, 1))
        return self._send_once(messages, schema)

    def _send_once(self, messages: Conversation, schema: Mapping[str, Any] | None) -> Completion:
        """Send one conversation; errors are made anew, since those of `openai` hold the request and the reply's body."""
        import openai

        config = self._config
        form = {"type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": dict(schema or {})}}
        self._pace.wait()
        try:
            reply = self._client().chat.completions.create(
                model=config.model,
                messages=[dict(turn) for turn in messages],
                temperature=0,
                max_tokens=config.max_tokens,
                seed=config.seed,
                **({"response_format": form} if schema else {}),
            )
        except openai.APIStatusError as error:
            status = error.status_code
            problem = self._refusal(status)
        except openai.APITimeoutError:
            status = 0
            problem = LlmUnavailableError(f"{self.place} did not answer within {config.timeout_seconds:g} s")
        except TimeoutError:
            status = 0
            problem = _GarbageError(f"{self.place} did not end its reply within {config.timeout_seconds:g} s")
        except ReplyTooLongError:
            status = 0
            problem = _GarbageError(f"{self.place} gave a reply that is far too long: is it OpenAI-compatible?")
        except openai.APIError as error:
            status = 0
            absent = _nobody_there(error)
            kind, told = (_NobodyThereError, ": does it run? check llm.base_url") if absent else (LlmUnavailableError, "")
            problem = kind(f"{self.place} cannot be reached{told}")
        except (ValueError, RecursionError):
            status = 0
            problem = _GarbageError(f"{self.place} gave a reply that is no JSON: is it OpenAI-compatible?")
        else:
            return self._read(reply)
        if status in _REFUSED:
            self._add(requests=1)
            return Completion("", "refused")
        raise problem

    def _refusal(self, status: int) -> LlmError:
        if status in (401, 403):
            return LlmRefusedError(f"{self.place} refused the API key ({status}): set {self._config.api_key_env}")
        if status == 404:
            return LlmRefusedError(f"{self.place} is not known there (404): check llm.model and llm.base_url")
        if 400 <= status < 500 and status not in (408, 409, 429):
            return LlmRefusedError(f"{self.place} refused the request ({status})")
        return LlmUnavailableError(f"{self.place} failed ({status}), after {self._retries} retries")

    def _read(self, reply: Any) -> Completion:
        """What is in a reply, of which nothing is sure but that it was JSON."""
        choices = getattr(reply, "choices", None)
        first = choices[0] if isinstance(choices, list) and choices else None  # pyright: ignore[reportUnknownVariableType]
        message = getattr(first, "message", None)
        if message is None:
            raise _GarbageError(f"{self.place} gave a reply that is no chat completion: is it OpenAI-compatible?")
        self._count(getattr(reply, "usage", None))
        return Completion.of(getattr(message, "content", None), getattr(first, "finish_reason", None))

    def _count(self, usage: Any) -> None:
        counts = {name: getattr(usage, name, 0) for name in ("prompt_tokens", "completion_tokens")}
        self._add(requests=1, **{name: count for name, count in counts.items() if isinstance(count, int) and count > 0})

    def _add(self, **more: int) -> None:
        with self._lock:
            self._usage = self._usage.plus(**more)


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
        http_client=bounded_client(config.timeout_seconds, trust_env=not is_local(config.base_url)),
    )
    client.organization = client.project = client.admin_api_key = None  # the constructor takes them from the environment
    return client


def _nobody_there(error: BaseException | None) -> bool:
    """Whether no connection came about: nothing listens, or there is no such host."""
    while error is not None:
        if isinstance(error, (ConnectionRefusedError, socket.gaierror)):
            return True
        error = error.__cause__ or error.__context__
    return False
