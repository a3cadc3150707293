"""Who may see the pages: everybody on this machine, or who has the token, or an account of the company."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from langkah.app.rendering import Pages, local_path, see_other
from langkah.app.settings import LANGUAGES, AppSettings
from langkah.errors import InputError
from langkah.review import MAX_NAME, reviewer_name

_OPEN = ("/login", "/oidc/", "/static/", "/language")
"""Where nobody has to be signed in."""
_NAMELESS = (*_OPEN, "/name", "/logout")
_DELAY_SECONDS = 0.5


class AccessMiddleware:
    """Sends who is not signed in to the sign-in, and who has no name yet to the page that asks for it."""

    def __init__(self, app: ASGIApp, settings: AppSettings, secret: bytes) -> None:
        self.app = app
        self.settings = settings
        self.pass_mark = pass_mark(settings, secret)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the page that is missing first, or hand the request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        path = scope["path"]
        signed_in = not self.settings.guarded or hmac.compare_digest(str(request.session.get("pass", "")), self.pass_mark)
        named = request.session.get("reviewer") or self.settings.reviewer
        missing = None
        if not signed_in and not path.startswith(_OPEN):
            missing = "/login"
        elif not named and not path.startswith(_NAMELESS):
            missing = "/name"
        if missing:
            query = scope["query_string"].decode("latin-1")
            target = path + (f"?{query}" if query else "") if scope["method"] == "GET" else "/"
            response = RedirectResponse(f"{missing}?{urlencode({'next': local_path(target)})}", 303)
            await response(scope, receive, send)
            return
        await self.app(scope, receive, send)


def pass_mark(settings: AppSettings, secret: bytes) -> str:
    """What a session holds of who signed in: another token or another client ends all sessions."""
    token = settings.token.get_secret_value() if settings.token else ""
    client = f"{settings.oidc.issuer} {settings.oidc.client_id} {' '.join(settings.oidc.domains)}" if settings.oidc else ""
    return hmac.new(secret, f"{token}\n{client}".encode(), hashlib.sha256).hexdigest()


class Access:
    """The pages for signing in, by token or account, and for the reviewer's name."""

    def __init__(self, pages: Pages, secret: bytes) -> None:
        self.pages = pages
        self.settings = pages.settings
        self.mark = pass_mark(pages.settings, secret)
        self.oauth = _client(pages.settings)

    async def login(self, request: Request) -> Response:
        """The form for the token, and what it sends."""
        target = local_path(request.query_params.get("next", "/"))
        error = None
        if request.method == "POST":
            given = str((await request.form()).get("token", ""))
            token = self.settings.token
            if token and hmac.compare_digest(given.strip().encode(), token.get_secret_value().encode()):
                request.session["pass"] = self.mark
                return see_other(target)
            await asyncio.sleep(_DELAY_SECONDS)
            error = "login.wrong"
        status = 403 if error else 200
        return self.pages.plain(request, "login.html", status, error=error, next=target, settings=self.settings)

    async def oidc_start(self, request: Request) -> Response:
        """Send the browser to the company's sign-in."""
        if self.oauth is None:
            return see_other("/login")
        request.session["next"] = local_path(request.query_params.get("next", "/"))
        return await self.oauth.company.authorize_redirect(request, f"{self.settings.public_url}/oidc/callback")

    async def oidc_end(self, request: Request) -> Response:
        """Take what the company's sign-in says of the account."""
        from authlib.integrations.base_client.errors import OAuthError
        from httpx import HTTPError
        from joserfc.errors import JoseError

        if self.oauth is None or self.settings.oidc is None:
            return see_other("/login")
        try:
            token: Any = await self.oauth.company.authorize_access_token(request)
            claims: dict[str, Any] = dict(token.get("userinfo") or {})
        except (OAuthError, JoseError, HTTPError):
            claims = {}
        address = str(claims.get("email", "")).lower()
        verified = claims.get("email_verified") in (True, "true")
        if not verified or address.rpartition("@")[2] not in self.settings.oidc.domains:
            return self.pages.plain(
                request, "login.html", 403, error="login.refused", next="/", settings=self.settings
            )  # fmt: skip
        target = local_path(str(request.session.get("next", "/")))
        language = request.session.get("language")
        request.session.clear()
        request.session.update({"pass": self.mark, "reviewer": _account_name(claims, address), "account": address})
        if language:
            request.session["language"] = language
        return see_other(target)

    async def logout(self, request: Request) -> Response:
        """Forget who signed in."""
        request.session.clear()
        return see_other("/login" if self.settings.guarded else "/name")

    async def name(self, request: Request) -> Response:
        """Ask for the reviewer's name, once."""
        target = local_path(request.query_params.get("next", "/"))
        if request.session.get("account"):
            return see_other(target)
        error = None
        if request.method == "POST":
            given = str((await request.form()).get("name", ""))
            try:
                request.session["reviewer"] = reviewer_name(given)
            except InputError:
                error = "name.refused"
            else:
                return see_other(target)
        status = 422 if error else 200
        return self.pages.plain(request, "name.html", status, error=error, next=target, longest=MAX_NAME)

    async def language(self, request: Request) -> Response:
        """Show the pages in another language from now on."""
        form = await request.form()
        chosen = str(form.get("language", ""))
        if chosen in LANGUAGES:
            request.session["language"] = chosen
        return see_other(local_path(str(form.get("next", "/"))))


def _account_name(claims: Mapping[str, Any], address: str) -> str:
    """The name of an account, or its address where it has none that could stand on a decision."""
    try:
        return reviewer_name(str(claims.get("name") or ""))
    except InputError:
        return reviewer_name(address[:MAX_NAME])


def _client(settings: AppSettings) -> Any:
    if settings.oidc is None:
        return None
    from authlib.integrations.starlette_client import OAuth

    client: Any = OAuth()
    client.register(
        "company",
        server_metadata_url=f"{settings.oidc.issuer}/.well-known/openid-configuration",
        client_id=settings.oidc.client_id,
        client_secret=settings.oidc.client_secret.get_secret_value(),
        client_kwargs={"scope": "openid email profile", "code_challenge_method": "S256", "timeout": 20},
    )
    return client
