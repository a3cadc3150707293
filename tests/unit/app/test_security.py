from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from langkah.app import AppSettings, app_settings
from langkah.errors import InputError
from langkah.review import Queue, ReviewQueue

Visit = Callable[..., Any]
TOKEN = "a-token-of-some-length"


def _settings(environment: dict[str, str], **options: Any) -> AppSettings:
    return app_settings(
        **{"host": "127.0.0.1", "port": 1, "reviewer": None, "language": None, **options}, environment=environment
    )


def _posts(queue: ReviewQueue) -> list[str]:
    entry = queue.page("run", Queue.new, limit=1).entries[0]
    item = f"/new/item/{entry.key}"
    return [item, f"{item}/original", "/new/undo", "/name", "/language", "/login", "/logout"]


def test_no_post_is_taken_without_its_token(visitor: Visit, queue: ReviewQueue) -> None:
    form = {"action": "approve", "version": "0", "prompt": "p", "step": "s", "name": "Eve", "language": "id"}
    for path in _posts(queue):
        fresh = visitor(follow=False)  # no cookie at all
        assert fresh.post(path, data=form).status_code == 403, path
        client = visitor(follow=False)
        client.get("/name")
        assert client.post(path, data=form).status_code == 403, path
        assert client.post(path, data={**form, "csrftoken": "x"}).status_code == 403, path
        assert client.post(path, json=form).status_code == 403, path
    assert queue.progress("run").decided == 0


def test_a_token_of_another_key_is_refused(visitor: Visit) -> None:
    client = visitor(follow=False)
    client.cookies.set("csrftoken", "forged")
    assert client.post("/language", data={"language": "id", "csrftoken": "forged"}).status_code == 403


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"csrftoken=%C3%A9", "application/x-www-form-urlencoded"),
        (b"csrftoken=\xff\xfe", "application/x-www-form-urlencoded"),
        (b"--x", "multipart/form-data"),
        (b"--x\r\nnonsense", "multipart/form-data; boundary=x"),
    ],
)
def test_a_form_that_cannot_be_read_is_refused(visitor: Visit, content: bytes, kind: str) -> None:
    client = visitor(follow=False)
    client.get("/name")
    answer = client.post("/language", content=content, headers={"content-type": kind})
    assert answer.status_code == 403
    assert answer.headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize("other", ['prefs={"a":1}', 'x="unterminated', "\x01=1", "k[]=1", "=", "é=1", "a:b=1"])
def test_cookies_of_other_servers_on_this_machine_are_no_hindrance(visitor: Visit, other: str) -> None:
    client = visitor(follow=False)
    client.get("/name")
    token = client.cookies["csrftoken"]
    answer = client.post(
        "/language",
        data={"csrftoken": token, "language": "id"},
        headers={"cookie": f"{other}; csrftoken={token}".encode()},
    )
    assert answer.status_code == 303
    forged = client.post("/language", data={"csrftoken": "x"}, headers={"cookie": f"{other}; csrftoken=x".encode()})
    assert forged.status_code == 403


def test_headers_forbid_scripts_frames_and_caches(visitor: Visit) -> None:
    client = visitor()
    for path in ("/", "/new", "/nothing", "/static/review.js"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == ("no-cache" if "static" in path else "no-store")
    page = client.get("/new").text
    assert page.count("<script") == page.count('<script src="/static/') == 2
    assert "style=" not in page and " onclick" not in page and "http://" not in page


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", ""])
def test_another_host_name_is_refused(visitor: Visit, host: str) -> None:
    assert visitor().get("/", headers={"host": host}).status_code == 400


@pytest.mark.parametrize("host", ["localhost:4280", "127.0.0.1", "[::1]:4280"])
def test_this_machines_names_are_taken(visitor: Visit, host: str) -> None:
    assert visitor().get("/", headers={"host": host}).status_code == 200


def test_cookies_are_closed_to_scripts_and_other_sites(visitor: Visit) -> None:
    client = visitor(reviewer=None, follow=False)
    client.get("/name")
    cookies = client.submit("/name", name="Ana").headers.get_list("set-cookie")
    session = next(cookie.lower() for cookie in cookies if cookie.startswith("langkah="))
    assert "httponly" in session and "samesite=lax" in session and "secure" not in session


def test_cookies_go_by_https_only_where_the_pages_do(visitor: Visit) -> None:
    client = visitor(reviewer=None, follow=False, public_url="https://review.example", host="https://review.example")
    first = client.get("/name").headers
    assert "secure" in first["set-cookie"].lower() and "strict-transport-security" in first
    cookies = client.submit("/name", name="Ana").headers.get_list("set-cookie")
    assert all("secure" in cookie.lower() for cookie in cookies)


def test_the_name_is_asked_once(visitor: Visit, queue: ReviewQueue) -> None:
    client = visitor(reviewer=None)
    page = client.get("/flagged")
    assert page.url.path == "/name" and "Who are you?" in page.text
    page = client.submit("/name?next=%2Fflagged", name="  Ana   Wijaya ")
    assert page.url.path.startswith("/flagged/item/") and "Ana Wijaya" in page.text
    assert client.get("/").url.path == "/"


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "Ana\x07", "Ana\u202eagus", "A\u200bna", "\0"])
def test_a_name_that_cannot_be_read_is_refused(visitor: Visit, name: str) -> None:
    client = visitor(reviewer=None)
    page = client.submit("/name?next=%2Fflagged", name=name)
    assert page.status_code == 422 and "A name has 1 to 200 characters" in page.text
    assert client.get("/flagged").url.path == "/name"
    with pytest.raises(InputError, match="--reviewer: expected a name"):
        _settings({}, reviewer=name)


def test_one_name_is_one_reviewer_however_it_was_typed(visitor: Visit, queue: ReviewQueue) -> None:
    client = visitor(reviewer=None)
    entry = queue.page("run", Queue.new, limit=1).entries[0]
    for name in (" Rene\u0301  Dewi ", "Ren\u00e9 Dewi"):
        client.submit("/name", name=name)
        client.submit(f"/new/item/{entry.key}", version=queue.entry(entry.key).version, action="skip")
    assert {decision.reviewer for decision in queue.history(entry.key)} == {"Ren\u00e9 Dewi"}
    assert len(queue.history(entry.key)) == 2


@pytest.mark.parametrize(
    "target", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb"]
)
def test_nobody_is_sent_to_another_site(visitor: Visit, target: str) -> None:
    client = visitor(reviewer=None, follow=False)
    client.get("/name")
    token = client.cookies["csrftoken"]
    answer = client.post("/name", params={"next": target}, data={"csrftoken": token, "name": "Ana"})
    assert answer.headers["location"] == "/"


def test_with_a_token_nothing_is_shown_before_it_is_given(visitor: Visit, queue: ReviewQueue) -> None:
    client = visitor(token=SecretStr(TOKEN))
    for path in ("/", "/new", "/new/list", "/name"):
        page = client.get(path)
        assert page.url.path == "/login" and "sound" not in page.text
    client.get("/login")
    wrong = client.submit("/login", token="wrong-token-of-length")
    assert wrong.status_code == 403 and "not the token" in wrong.text
    assert client.get("/new").url.path == "/login"
    assert client.submit("/login?next=%2Fnew", token=TOKEN).url.path.startswith("/new/item/")
    client.submit("/logout")
    assert client.get("/new").url.path == "/login"


def test_another_token_ends_old_sessions(visitor: Visit) -> None:
    client = visitor(token=SecretStr(TOKEN))
    client.get("/login")
    client.submit("/login", token=TOKEN)
    other = visitor(token=SecretStr("another-token-of-length"))
    other.cookies = client.cookies
    assert other.get("/").url.path == "/login"


def test_an_unforeseen_error_tells_no_text(
    visitor: Visit, queue: ReviewQueue, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("text of a record")

    monkeypatch.setattr(queue, "page", broken)
    with caplog.at_level(logging.DEBUG):
        answer = visitor().get("/new")
    assert answer.status_code == 500
    assert "text of a record" not in answer.text + caplog.text
    assert "unexpected RuntimeError" in caplog.text


def test_too_large_a_form_is_refused(visitor: Visit) -> None:
    client = visitor()
    client.get("/name")
    assert client.submit("/language", language="x" * 21_000_000).status_code == 413


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "review.example", ""])
def test_other_machines_are_let_in_only_with_a_sign_in(host: str) -> None:
    with pytest.raises(InputError, match="LANGKAH_REVIEW_TOKEN") as caught:
        _settings({}, host=host)
    assert ("LANGKAH_REVIEW_URL" in str(caught.value)) == (host in ("0.0.0.0", "::", "")), "all that is missing at once"


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"LANGKAH_REVIEW_TOKEN": "short"}, "at least 16 characters"),
        ({"LANGKAH_REVIEW_URL": "review.example"}, "expected an address"),
        ({"LANGKAH_OIDC_ISSUER": "https://id.example"}, "LANGKAH_OIDC_CLIENT_ID"),
        (
            {
                "LANGKAH_OIDC_ISSUER": "http://id.example", "LANGKAH_OIDC_CLIENT_ID": "a", "LANGKAH_OIDC_CLIENT_SECRET": "b",
                "LANGKAH_OIDC_DOMAINS": "x.example", "LANGKAH_REVIEW_URL": "https://r.example",
            },
            "expected an https address",
        ),
        (
            {
                "LANGKAH_OIDC_ISSUER": "https://id.example", "LANGKAH_OIDC_CLIENT_ID": "a", "LANGKAH_OIDC_CLIENT_SECRET": "b",
                "LANGKAH_OIDC_DOMAINS": ", @,", "LANGKAH_REVIEW_URL": "https://r.example",
            },
            "LANGKAH_OIDC_DOMAINS: expected domains",
        ),
    ],
)  # fmt: skip
def test_settings_that_do_not_hold_together_are_told(environment: dict[str, str], told: str) -> None:
    with pytest.raises(InputError, match=told):
        _settings(environment)


def test_a_token_and_an_address_open_the_pages_to_others() -> None:
    found = _settings({"LANGKAH_REVIEW_TOKEN": TOKEN, "LANGKAH_REVIEW_URL": "https://review.example/"}, host="0.0.0.0")
    assert found.guarded and found.https and "review.example" in found.hosts and "0.0.0.0" not in found.hosts
    assert TOKEN not in repr(found)
    with pytest.raises(InputError, match="LANGKAH_REVIEW_URL"):
        _settings({"LANGKAH_REVIEW_TOKEN": TOKEN}, host="0.0.0.0")
    assert "192.168.1.5" in _settings({"LANGKAH_REVIEW_TOKEN": TOKEN}, host="192.168.1.5").hosts
