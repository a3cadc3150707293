"""The application: routes, and what stands around each of them."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from asgi_csrf import asgi_csrf
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from langkah.app.access import Access, AccessMiddleware
from langkah.app.browsing_pages import Browsing
from langkah.app.deciding_pages import Deciding, posted
from langkah.app.originals import Originals
from langkah.app.rating_pages import Rating
from langkah.app.rendering import Pages
from langkah.app.settings import MAX_BODY, AppSettings
from langkah.errors import UnforeseenError
from langkah.review import ReviewQueue

_COOKIES = ("csrftoken", "langkah")
_PASSED = "langkah.csrf"
_LOG = logging.getLogger("langkah.app")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class _Everywhere:
    """Paths that asgi-csrf protects even where no cookie came: all of them."""

    def __contains__(self, path: object) -> bool:
        return True


class _SecurityHeaders:
    """Puts the security headers on every answer, and keeps pages, which show records, out of caches."""

    def __init__(self, app: ASGIApp, https: bool) -> None:
        self.app = app
        headers = {**_HEADERS, **({"Strict-Transport-Security": "max-age=31536000"} if https else {})}
        self.raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                cache = b"no-cache" if scope["path"].startswith("/static/") else b"no-store"
                message["headers"] = [*message["headers"], *self.raw, (b"cache-control", cache)]
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)


def review_app(queue: ReviewQueue, settings: AppSettings, secret: bytes, originals: Originals | None = None) -> ASGIApp:
    """Put the review pages together.

    Args:
        queue: what is reviewed.
        settings: to whom the pages are shown; `app_settings` checks them.
        secret: of the workspace; sessions and forms are signed with keys made of it.
        originals: its vault; None: no original is shown.
    """
    pages = Pages(queue, settings)
    access = Access(pages, _key(secret, "pass"))
    browsing = Browsing(pages, originals)
    deciding = Deciding(pages, browsing)
    rating = Rating(pages)

    def failed(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        if status == 500:
            _LOG.error("%s", UnforeseenError.of(error))  # the type and the place: a message may hold a record's text
        known = {404: "errors.not_found", 405: "errors.not_found", 403: "errors.csrf", 500: "errors.failed"}
        return pages.plain(request, "error.html", status, message=known.get(status, "errors.bad"))

    async def csrf_failed(scope: Scope, send: Send, _: Any) -> None:
        response = pages.plain(Request(scope), "error.html", 403, message="errors.csrf")
        await response(scope, _nothing, send)

    def csrf(app: ASGIApp) -> ASGIApp:
        async def inside(scope: Scope, receive: Receive, send: Send) -> None:
            scope[_PASSED].append(True)
            await app(scope, receive, send)

        protected: ASGIApp = asgi_csrf(
            inside,
            signing_secret=_key(secret, "csrf").hex(),
            always_protect=_Everywhere(),
            cookie_secure=settings.https,
            send_csrf_failed=csrf_failed,
        )

        async def outside(scope: Scope, receive: Receive, send: Send) -> None:
            passed: list[bool] = []
            try:
                await protected({**scope, "headers": _own_cookies(scope), _PASSED: passed}, receive, send)
            except (TypeError, ValueError, IndexError):  # a token or body that asgi-csrf cannot read
                if passed:
                    raise
                await csrf_failed(scope, send, None)

        return outside

    routes = [
        Route("/", browsing.overview),
        Route("/login", access.login, methods=["GET", "POST"]),
        Route("/logout", access.logout, methods=["POST"]),
        Route("/oidc/start", access.oidc_start),
        Route("/oidc/callback", access.oidc_end),
        Route("/name", access.name, methods=["GET", "POST"]),
        Route("/language", access.language, methods=["POST"]),
        Mount("/static", StaticFiles(packages=[("langkah.app", "static")])),
        Route("/rate", rating.start),
        Route("/rate/list", rating.listing),
        Route("/rate/done", rating.done),
        Route("/rate/item/{key}", rating.item),
        Route("/rate/item/{key}", posted(rating.decide), methods=["POST"]),
        Route("/{queue}/undo", posted(deciding.undo), methods=["POST"]),
        Route("/{queue}/list", browsing.listing),
        Route("/{queue}/done", browsing.done),
        Route("/{queue}/item/{key}/original", browsing.back),
        Route("/{queue}/item/{key}/original", posted(browsing.original), methods=["POST"]),
        Route("/{queue}/item/{key}", browsing.item),
        Route("/{queue}/item/{key}", posted(deciding.item), methods=["POST"]),
        Route("/{queue}", browsing.start),
    ]
    handlers: dict[Any, Callable[[Request, Exception], Response | Awaitable[Response]]] = {
        HTTPException: failed,
        Exception: failed,
    }
    middleware = [
        Middleware(_SecurityHeaders, https=settings.https),
        Middleware(TrustedHostMiddleware, allowed_hosts=settings.hosts, www_redirect=False),
        Middleware(RequestBodyLimitMiddleware, max_body_size=MAX_BODY),
        Middleware(csrf),
        Middleware(
            SessionMiddleware, secret_key=_key(secret, "session").hex(), session_cookie=_COOKIES[1], https_only=settings.https
        ),
        Middleware(AccessMiddleware, settings=settings, secret=_key(secret, "pass")),
    ]
    return Starlette(routes=routes, middleware=middleware, exception_handlers=handlers)


def _own_cookies(scope: Scope) -> list[tuple[bytes, bytes]]:
    """The headers with these pages' cookies alone: browsers send those of every server on this machine, whatever its port.

    asgi-csrf reads them strictly, and finds none behind one that the standard does not know, such as JSON.
    """
    given = Request(scope).cookies
    own = "; ".join(f"{name}={given[name]}" for name in _COOKIES if name in given)
    others = [(name, value) for name, value in scope["headers"] if name != b"cookie"]
    return [*others, (b"cookie", own.encode("latin-1", "replace"))] if own else others


async def _nothing() -> Message:
    return {"type": "http.disconnect"}


def _key(secret: bytes, use: str) -> bytes:
    return hmac.new(secret, f"langkah review {use}".encode(), hashlib.sha256).digest()
