"""A real HTTP server on loopback that speaks the chat-completions protocol, and does what a test tells it to."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

KEY = "secret-key"


@dataclass
class Reply:
    """What the server sends: a text as a chat completion, or any status and body."""

    text: str | None = None
    status: int = 200
    body: bytes | None = None
    kind: str = "application/json"
    delay: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)
    finish: str = "stop"
    cut: bool = False
    """Whether the connection breaks in the middle of the body."""
    drip: float = 0.0
    """Seconds between two bytes of the body."""

    def payload(self, request: dict[str, Any]) -> bytes:
        if self.body is not None:
            return self.body
        if self.status != 200:  # servers like to repeat what they were sent
            return json.dumps({"error": {"message": f"cannot do {request['messages']}", "code": "x"}}).encode()
        message = {"role": "assistant", "content": self.text}
        return json.dumps(
            {
                "id": "chatcmpl-1",
                "object": "chat.completion",
                "created": 1,
                "model": request["model"],
                "choices": [{"index": 0, "message": message, "finish_reason": self.finish}],
                "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
            }
        ).encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away, or was killed."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class ChatServer:
    """`answer(request, number)` gives the reply to the request with that number, counted from 1."""

    def __init__(self, answer: Callable[[dict[str, Any], int], Reply], *, key: str | None = None) -> None:
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with outer._lock:
                    outer.requests.append(request)
                    outer.headers.append({name.lower(): value for name, value in self.headers.items()})
                    number = len(outer.requests)
                    outer._at_once += 1
                    outer.most_at_once = max(outer.most_at_once, outer._at_once)
                try:
                    if self.path != "/v1/chat/completions":
                        reply = Reply(status=404)
                    elif key and self.headers["Authorization"] != f"Bearer {key}":
                        reply = Reply(status=401)
                    else:
                        reply = answer(request, number)
                    time.sleep(reply.delay)
                    data = reply.payload(request)
                    self.send_response(reply.status)
                    self.send_header("Content-Type", reply.kind)
                    self.send_header("Content-Length", str(len(data) + 10 * reply.cut))
                    for name, value in reply.headers.items():
                        self.send_header(name, value)
                    self.end_headers()
                    for part in (data[at : at + 1] for at in range(len(data))) if reply.drip else (data,):
                        self.wfile.write(part)
                        time.sleep(reply.drip)
                    if reply.cut:
                        self.close_connection = True
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True  # the client waited no longer
                finally:
                    with outer._lock:
                        outer._at_once -= 1

            def log_message(self, format: str, *args: object) -> None: ...

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
