from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import fsspec
import pytest

from langkah.config import IngestConfig, SourcesConfig
from langkah.errors import SourceError
from langkah.sources import build_index, describe_sources, read_accepted, read_rows, release_sources
from langkah.sources.locations import locate

CSV = b"id,prompt,output\n1,How do I pay?,1. Open the app\n"
PAGE = b"<h1>Pay a bill</h1><ol><li>Open the app.</li><li>Tap Pay.</li></ol>"
PLAIN = SourcesConfig()


def problem_of(*data: str, config: SourcesConfig = PLAIN) -> str:
    with pytest.raises(SourceError) as caught:
        describe_sources(data, config)
    (problem,) = caught.value.problems
    assert "\n" not in problem
    return problem


class _Handler(BaseHTTPRequestHandler):
    """Answers from `contents`; a number in place of bytes is a status, a text the place of a redirect."""

    contents: ClassVar[dict[str, bytes | int | str]] = {}
    asked: ClassVar[list[str]] = []
    authorized: ClassVar[list[str | None]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.authorized.append(self.headers.get("Authorization"))
        content = self.contents.get(self.path.partition("?")[0], 404)
        self.send_response(content if isinstance(content, int) else 302 if isinstance(content, str) else 200)
        if isinstance(content, str):
            self.send_header("Location", content)
        self.end_headers()  # no length, no ranges: the plainest of servers
        if isinstance(content, bytes):
            self.wfile.write(content)

    def do_HEAD(self) -> None:
        self.send_response(405)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


@pytest.fixture
def memory() -> Iterator[Any]:
    system = fsspec.filesystem("memory")
    system.store.clear()
    yield system
    system.store.clear()


def test_an_object_is_read_and_named_by_its_url(memory: Any) -> None:
    memory.pipe("/bucket/faq/a.csv", CSV)
    (source,) = describe_sources(["memory://bucket/faq/a.csv"])
    assert (source.name, source.source, source.format) == ("memory://bucket/faq/a.csv", "a.csv", "csv")
    (record,) = read_accepted([source], build_index([source], IngestConfig()))
    assert (record.prompt, record.source, record.file) == ("How do I pay?", "a.csv", "memory://bucket/faq/a.csv")


def test_a_glob_of_a_store(memory: Any) -> None:
    for name in ("b.csv", "a.csv", "deep/c.csv", "d.txt"):
        memory.pipe(f"/docs/{name}", CSV)
    assert [file.source for file in describe_sources(["memory://docs/*.csv"])] == ["a.csv", "b.csv"]
    assert [file.source for file in describe_sources(["memory://docs/**/*.csv"])] == ["a.csv", "b.csv", "c.csv"]
    assert problem_of("memory://docs/*.md") == "memory://docs/*.md: matches no file"


def test_an_object_with_signs_of_a_glob_in_its_name(memory: Any) -> None:
    memory.pipe("/docs/a[1].csv", CSV)
    assert describe_sources(["memory://docs/a[1].csv"])[0].source == "a[1].csv"


def test_files_and_objects_together(memory: Any, tmp_path: Path) -> None:
    memory.pipe("/docs/a.csv", CSV)
    (tmp_path / "b.csv").write_bytes(CSV.replace(b"pay", b"stop"))
    assert [file.name for file in describe_sources(["memory://docs/a.csv", str(tmp_path / "b.csv")])] == [
        "b.csv",
        "memory://docs/a.csv",
    ]


def test_an_object_that_changed_is_refused(memory: Any) -> None:
    memory.pipe("/a.csv", CSV)
    (source,) = describe_sources(["memory://a.csv"])
    memory.pipe("/a.csv", CSV + b"2,b,c\n")
    assert [row.row for row in read_rows(source, PLAIN)] == [1]  # as this process described it
    release_sources([source])
    with pytest.raises(SourceError, match=r"memory://a\.csv: changed while"):
        read_rows(source, PLAIN)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("memory://none.csv", "memory://none.csv: no such file"),
        ("gs://bucket/a.csv", "gcsfs"),
        ("abfs://box/a.csv", "adlfs"),
        ("quark://x/a.csv", "no driver for quark://"),
        ("simplecache::memory://a.csv", "would write what it reads to disk"),
        ("filecache://a.csv", "would write what it reads to disk"),
    ],
)
def test_what_cannot_be_read_is_one_line(memory: Any, url: str, said: str) -> None:
    assert said in problem_of(url)


def test_a_file_over_http(server: str) -> None:
    _Handler.contents["/faq.csv"] = CSV
    (source,) = describe_sources([f"{server}/faq.csv"])
    assert (source.name, source.source) == (f"{server}/faq.csv", "faq.csv")
    assert [row.row for row in read_rows(source, PLAIN)] == [1]


def test_a_page_of_a_web_site_needs_no_ending(server: str) -> None:
    _Handler.contents.update({"/help/pay": b"\n<!doctype html>" + PAGE, "/help/data": b"a,b\n"})
    (source,) = describe_sources([f"{server}/help/pay"])
    (row,) = read_rows(source, PLAIN)
    assert source.format == "html"
    assert row.fields == {"prompt": "Pay a bill", "output": "1. Open the app.\n2. Tap Pay."}
    assert "got no suffix" in problem_of(f"{server}/help/data")


def test_what_a_url_asks_for_is_fetched_and_not_told(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _Handler.contents["/export.csv"] = CSV
    monkeypatch.setenv("LANGKAH_TEST_SIGNATURE", "SECRET1")
    signed = f"{server}/export.csv?sig=${{LANGKAH_TEST_SIGNATURE}}&lang"
    found = describe_sources([f"{signed}=en", f"{signed}=id"])
    assert not any("SECRET" in file.model_dump_json() for file in found)
    assert {file.name for file in found} == {f"{server}/export.csv", f"{server}/export.csv#2"}
    assert {file.source for file in found} == {"export.csv"}
    assert any("SECRET1" in path for path in _Handler.asked)
    assert "SECRET" not in problem_of(f"{server}/gone.csv?sig=SECRET")


def test_a_redirect_of_a_deployed_run_stays_below_its_roots(server: str) -> None:
    config = SourcesConfig(allowed_roots=(f"{server}/docs",))
    elsewhere = server.replace("127.0.0.1", "localhost")
    _Handler.contents.update({"/secret.csv": CSV, "/docs/new.csv": CSV, "/docs/old.csv": "new.csv"})
    _Handler.contents.update(
        {"/docs/up.csv": "/secret.csv", "/docs/out.csv": f"{elsewhere}/docs/new.csv", "/docs/on.csv": "on.csv"}
    )
    (source,) = describe_sources([f"{server}/docs/old.csv"], config, bounded=True)
    assert [row.row for row in read_rows(source, config)] == [1]
    assert describe_sources([f"{server}/docs/up.csv"], config)  # the command line follows it
    _Handler.asked.clear()
    for name, said in (("up", f"to {server}/secret.csv"), ("out", f"to {elsewhere}/docs/new.csv"), ("on", "without end")):
        with pytest.raises(SourceError, match="is redirected") as caught:
            describe_sources([f"{server}/docs/{name}.csv"], config, bounded=True)
        assert caught.value.problems[0].endswith(said)
    assert not {"/secret.csv", "/docs/new.csv"} & set(_Handler.asked)


@pytest.mark.parametrize(("status", "said"), [(404, "no such file"), (403, "answered 403"), (500, "answered 500")])
def test_an_answer_that_is_none_is_one_line(server: str, status: int, said: str) -> None:
    _Handler.contents["/a.csv"] = status
    assert problem_of(f"{server}/a.csv").endswith(said)


@pytest.mark.parametrize(("status", "kind"), [(503, ConnectionError), (429, ConnectionError), (403, SourceError)])
def test_what_may_pass_by_itself_can_be_tried_again(server: str, status: int, kind: type[Exception]) -> None:
    _Handler.contents["/later.csv"] = CSV
    (source,) = describe_sources([f"{server}/later.csv"])
    _Handler.contents["/later.csv"] = status
    release_sources([source])
    with pytest.raises(kind, match="later"):
        read_rows(source, PLAIN)


def test_a_server_that_is_not_there_is_one_line() -> None:
    assert "cannot be read" in problem_of("http://127.0.0.1:9/a.csv")


def test_a_stream_without_end_is_left_at_the_limit(server: str) -> None:
    _Handler.contents["/big.csv"] = CSV + b"2,x,y\n" * 500_000
    assert "larger than sources.max_megabytes (1 MB" in problem_of(f"{server}/big.csv", config=SourcesConfig(max_megabytes=1))


def test_a_password_comes_from_the_environment_and_stays_there(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _Handler.contents["/private.csv"] = CSV
    address = server.removeprefix("http://")
    url = f"http://ana:${{LANGKAH_TEST_WORD}}@{address}/private.csv"
    assert problem_of(url).endswith("environment variable LANGKAH_TEST_WORD is not set")
    monkeypatch.setenv("LANGKAH_TEST_WORD", "open/sesame")
    (source,) = describe_sources([url])
    assert "sesame" not in source.model_dump_json()
    assert source.name == f"http://{address}/private.csv"
    assert "expected no password" in problem_of(f"http://ana:sesame@{address}/private.csv")
    assert "sesame" not in problem_of(f"http://ana:sesame@{address}/private.csv")


@pytest.mark.parametrize(
    "url",
    [
        "s3://AKIA:wJalr/XUtn@bucket/a.csv",
        "https://ghp_hunter2@raw.example/a.csv",
        "https://hunter2:x-oauth-basic@raw.example/a.csv",
        "https://ana:hunt?er2@raw.example/a.csv",
        "https://box.example/a.csv?sv=2024&sig=hunter2",
        "https://box.example/a.csv?X-Amz-Signature=hunter2&page=1",
        "https://box.example/a.csv?%73ig=hunter2",
        "https://box.example/a.csv#access_token=hunter2",
        "zip://a.csv::https://ana:hunter2@box.example/a.zip",
    ],
)
def test_no_secret_in_a_url_is_taken_or_told(url: str) -> None:
    problem = problem_of(url)
    assert "expected no password, token or signature" in problem
    assert not any(part in problem for part in ("hunt", "er2", "AKIA", "wJalr", "XUtn"))


@pytest.mark.parametrize(
    "url",
    [
        "https://medium.example/@ana/a:b",
        "https://box.example:8443/@ana/a.csv?page=2&lang=en",
        "https://[::1]:8443/@ana/a.csv",
        "s3://bucket/ana@work/a.csv",
        "abfs://faq@account.dfs.core.windows.net/a.csv",
        "sftp://ana@box.example/a.csv",
        "s3://${KEY}:${SECRET}@bucket/a.csv",
        "https://${TOKEN}@raw.example/a.csv",
        "https://box.example/a.csv?sv=2024&sig=${SIGNATURE}",
    ],
)
def test_a_url_whose_secrets_come_from_the_environment_is_taken(url: str) -> None:
    (location,), problems = locate([url], lambda each: [each])
    assert (location.target, problems) == (url, [])


def test_a_glob_keeps_its_variables(memory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGKAH_TEST_WORD", "sesame")
    for name in ("b.csv", "a.csv"):
        memory.pipe(f"/sesame/docs/{name}", CSV)
    found = describe_sources(["memory://${LANGKAH_TEST_WORD}/docs/*.csv"])
    assert [file.location.target for file in found] == [f"memory://${{LANGKAH_TEST_WORD}}/docs/{name}.csv" for name in "ab"]
    assert "sesame" not in "".join(file.model_dump_json() for file in found)
    memory.pipe("/sesame/docs/sesame.csv", CSV)
    assert "behind a glob" in problem_of("memory://*/docs/${LANGKAH_TEST_WORD}.csv")
