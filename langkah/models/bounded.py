"""An HTTP client for `openai` whose replies are bounded in time and size, each as a whole.

Time-outs of the client itself are for the next piece of a reply: a server that sends a byte a second never runs into one.
"""

from __future__ import annotations

import time
from contextlib import closing
from typing import Any, Final

_MAX_BYTES: Final = 16_000_000
"""Far above what `llm.max_tokens` allows."""


class ReplyTooLongError(Exception):
    """More bytes came than any chat completion has."""


def bounded_client(seconds: float, *, trust_env: bool) -> Any:
    """Make a client that reads each reply at once, and gives one up that does not end in time or is far too long.

    Args:
        seconds: from the request to the end of its reply; `TimeoutError` where a piece comes later.
        trust_env: whether proxies of the environment are obeyed.
    """
    import openai

    class Bounded(openai.DefaultHttpxClient):
        def send(self, request: Any, *, stream: bool = False, **options: Any) -> Any:
            """Send a request; the reply is whole, or `TimeoutError` or `ReplyTooLongError`."""
            end = time.monotonic() + seconds
            parts: list[bytes] = []
            size = 0
            with closing(super().send(request, stream=True, **options)) as reply:
                for part in reply.iter_raw():
                    size += len(part)
                    if size > _MAX_BYTES:
                        raise ReplyTooLongError
                    if time.monotonic() > end:
                        raise TimeoutError
                    parts.append(part)
            return type(reply)(reply.status_code, headers=reply.headers, content=b"".join(parts), request=reply.request)

    return Bounded(trust_env=trust_env)
