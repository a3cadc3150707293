"""How fast the review pages answer with 5,000 records in the queue; the limit is 300 ms at the median.

Prints the median and the 95th percentile of each kind of request over HTTP on loopback, in milliseconds, and the ratio to the
same requests with 50 records: what the size of the queue costs.
"""

from __future__ import annotations

import re
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import uvicorn

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/unit/review"))
from review_items import items

from langkah.app import AppSettings, review_app
from langkah.review import Kind, Queue, ReviewQueue

ROUNDS = 60
LIMIT_MS = 300


def measure(count: int, folder: Path) -> dict[str, list[float]]:
    """Milliseconds of each kind of request with so many records."""
    queue = ReviewQueue.open(f"sqlite:///{folder / f'{count}.db'}")
    published = [item.model_copy(update={"source": f"help centre/page-{item.row}"}) for item in items(count * 2)]
    queue.publish("run", published)  # half of them in the queue that is walked through
    listening = socket.create_server(("127.0.0.1", 0))
    app = review_app(queue, AppSettings(reviewer="Ana"), b"b" * 32)
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    found: dict[str, list[float]] = {}

    def timed(name: str, request: Callable[[], httpx.Response]) -> httpx.Response:
        started = time.perf_counter()
        answer = request()
        found.setdefault(name, []).append((time.perf_counter() - started) * 1000)
        assert answer.status_code == 200, (name, answer.status_code)
        return answer

    with httpx.Client(base_url=f"http://127.0.0.1:{listening.getsockname()[1]}", follow_redirects=True) as client:
        page = client.get("/new")
        for _ in range(min(ROUNDS, count // 4)):
            fields = dict(re.findall(r'<input type="hidden" name="(csrftoken|version)" value="([^"]*)"', page.text))
            form = {**fields, "prompt": "How?", "step": ["One.", "Two."], "action": "approve"}
            path = str(page.url)
            page = timed("decision and next page", lambda path=path, form=form: client.post(path, data=form))
            following = re.search(r'rel="next" href="([^"]+)"', page.text)
            assert following
            address = following[1].replace("&amp;", "&")
            page = timed("page change", lambda address=address: client.get(address))
            timed("page, filtered", lambda: client.get("/flagged?language=id&reason=the+answer+has+too+many+steps"))
            timed("list", lambda: client.get("/new/list?show=all"))
            timed("overview", lambda: client.get("/"))
            timed("variants", lambda: client.get("/variants"))
            timed("undo", lambda fields=fields: client.post("/new/undo", data={"csrftoken": fields["csrftoken"]}))
    server.should_exit = True
    thread.join(5)
    queue.close()
    return found


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        big = measure(5_000, Path(folder))
        small = measure(50, Path(folder))
        share = sum(each.kind in Queue.new.kinds for each in items(10_000))
        assert share == 5_000 and set(Queue.new.kinds) == {Kind.record, Kind.draft}
    print(f"10,000 items, 5,000 in the queue walked through; {time.perf_counter() - started:.0f} s in all")
    slow = []
    for name, times in big.items():
        median, high = statistics.median(times), statistics.quantiles(times, n=20)[-1]
        ratio = median / statistics.median(small[name])
        print(f"{name:24} median {median:6.1f} ms   p95 {high:6.1f} ms   {ratio:4.1f} x of 50 records")
        if median > LIMIT_MS:
            slow.append(name)
    if slow:
        raise SystemExit(f"slower than {LIMIT_MS} ms: {', '.join(slow)}")


if __name__ == "__main__":
    main()
