"""Signing in by OpenID Connect, against a stand-in provider on loopback that signs real tokens."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from langkah.app import OidcSettings

Visit = Callable[..., Any]


class Provider:
    """Signs in whoever `claims` says, without asking."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.issuer = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
        self.claims: dict[str, Any] = {"email": "ana@shop.example", "email_verified": True, "name": "Ana Wijaya"}
        self.nonces: dict[str, str] = {}
        routes = [
            Route("/.well-known/openid-configuration", self.configuration),
            Route("/authorize", self.authorize),
            Route("/token", self.token, methods=["POST"]),
            Route("/keys", self.keys),
        ]
        self.server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), log_level="critical", lifespan="off", ws="none"))

    def configuration(self, _: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize", "jwks_uri": f"{self.issuer}/keys",
                "token_endpoint": f"{self.issuer}/token", "id_token_signing_alg_values_supported": ["RS256"],
                "response_types_supported": ["code"], "subject_types_supported": ["public"],
            }
        )  # fmt: skip

    def authorize(self, request: Request) -> Response:
        query = request.query_params
        assert query["code_challenge_method"] == "S256" and query["client_id"] == "langkah"
        self.nonces["a-code"] = query["nonce"]
        return RedirectResponse(f"{query['redirect_uri']}?{urlencode({'code': 'a-code', 'state': query['state']})}")

    async def token(self, request: Request) -> Response:
        form = await request.form()
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": "langkah", "sub": "1", "iat": now, "exp": now + 60,
            "nonce": self.nonces[str(form["code"])], **self.claims,
        }  # fmt: skip
        signed = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)
        return JSONResponse({"access_token": "x", "token_type": "Bearer", "id_token": signed, "expires_in": 60})

    def keys(self, _: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})


@pytest.fixture
def provider() -> Iterator[Provider]:
    found = Provider()
    thread = threading.Thread(target=found.server.run, kwargs={"sockets": [found.socket]}, daemon=True)
    thread.start()
    yield found
    found.server.should_exit = True
    thread.join(5)
    found.socket.close()


def _client(visitor: Visit, provider: Provider) -> Any:
    oidc = OidcSettings(
        issuer=provider.issuer, client_id="langkah", client_secret=SecretStr("hidden"), domains=("shop.example",)
    )  # fmt: skip
    return visitor(reviewer=None, follow=False, oidc=oidc, public_url="http://localhost")


def _sign_in(client: Any) -> Any:
    assert client.get("/new").headers["location"] == "/login?next=%2Fnew"
    assert "/oidc/start?next=" in client.get("/login?next=%2Fnew").text
    start = client.get("/oidc/start?next=%2Fnew").headers["location"]
    back = httpx.get(start).headers["location"]
    assert back.startswith("http://localhost/oidc/callback?")
    return client.get(f"/oidc/callback?{urlsplit(back).query}")


def test_an_account_of_the_company_signs_in_and_names_the_reviewer(visitor: Visit, provider: Provider) -> None:
    client = _client(visitor, provider)
    assert _sign_in(client).headers["location"] == "/new"
    assert "Ana Wijaya" in client.get("/").text
    assert client.get("/name").status_code == 303  # the name is the account's
    assert client.get("/new").headers["location"].startswith("/new/item/")


@pytest.mark.parametrize("name", ["", "A\u202ena", "x" * 300])
def test_an_account_without_a_name_that_can_be_read_goes_by_its_address(visitor: Visit, provider: Provider, name: str) -> None:
    provider.claims = provider.claims | {"name": name}
    client = _client(visitor, provider)
    assert _sign_in(client).headers["location"] == "/new"
    assert "You are ana@shop.example" in client.get("/").text


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "eve@evil.example", "email_verified": True},
        {"email": "eve@shop.example", "email_verified": False},
        {"email": "eve@shop.example.evil.example", "email_verified": True},
        {"email": "", "email_verified": True},
        {"aud": "another client"},
        {"nonce": "replayed"},
        {"iss": "https://evil.example"},
        {"exp": 1},
    ],
)
def test_another_account_or_token_is_turned_away(visitor: Visit, provider: Provider, claims: dict[str, Any]) -> None:
    provider.claims = provider.claims | claims
    client = _client(visitor, provider)
    answer = _sign_in(client)
    assert answer.status_code == 403 and "may not sign in here" in answer.text
    assert client.get("/new").headers["location"].startswith("/login")


def test_an_answer_that_was_not_asked_for_is_turned_away(visitor: Visit, provider: Provider) -> None:
    client = _client(visitor, provider)
    assert client.get("/oidc/callback?code=a-code&state=forged").status_code == 403
    state = parse_qs(urlsplit(client.get("/oidc/start").headers["location"]).query)["state"][0]
    assert client.get(f"/oidc/callback?error=access_denied&state={state}").status_code == 403
