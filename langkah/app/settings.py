"""Where the pages are served, to whom, and in which language."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from langkah.errors import InputError
from langkah.review import PUBLIC_URL, reviewer_name

LANGUAGES: Final = ("en", "id")
TOKEN: Final = "LANGKAH_REVIEW_TOKEN"
OIDC: Final = ("LANGKAH_OIDC_ISSUER", "LANGKAH_OIDC_CLIENT_ID", "LANGKAH_OIDC_CLIENT_SECRET", "LANGKAH_OIDC_DOMAINS")
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1", "[::1]")
MAX_BODY: Final = 20_000_000
"""Of a form, in bytes: an answer has up to a million characters, and browsers send some as nine bytes."""
_SHORTEST_TOKEN: Final = 16


class OidcSettings(BaseModel):
    """The company's own sign-in, by OpenID Connect."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    issuer: str
    client_id: str
    client_secret: SecretStr
    domains: tuple[str, ...] = Field(description="of e-mail addresses that may sign in")


class AppSettings(BaseModel):
    """How the pages are served."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    host: str = "127.0.0.1"
    port: int = 4280
    reviewer: str | None = Field(default=None, description="name on decisions; None: asked once")
    language: str | None = Field(default=None, description="of the pages, until another is chosen; None: the browser's")
    token: SecretStr | None = None
    oidc: OidcSettings | None = None
    public_url: str | None = Field(default=None, description="under which a proxy shows the pages")

    @property
    def guarded(self) -> bool:
        """Whether a visitor has to sign in."""
        return self.token is not None or self.oidc is not None

    @property
    def https(self) -> bool:
        """Whether visitors come by https, so that cookies must not go another way."""
        return bool(self.public_url and self.public_url.startswith("https://"))

    @property
    def hosts(self) -> list[str]:
        """The names by which a browser may ask for the pages: any other is refused, against DNS rebinding."""
        public = urlsplit(self.public_url).hostname if self.public_url else None
        own = () if is_wildcard(self.host) else (self.host, f"[{self.host}]") if ":" in self.host else (self.host,)
        return list(dict.fromkeys(name.lower() for name in (*LOOPBACK, *own, *((public,) if public else ()))))


def app_settings(
    *, host: str, port: int, reviewer: str | None, language: str | None, environment: Mapping[str, str]
) -> AppSettings:
    """Put the settings together, and refuse to serve beyond this machine without a sign-in.

    Raises:
        InputError: every problem at once.
    """
    problems: list[str] = []
    token = environment.get(TOKEN) or None
    public = environment.get(PUBLIC_URL) or None
    if token and len(token) < _SHORTEST_TOKEN:
        problems.append(f"{TOKEN}: expected at least {_SHORTEST_TOKEN} characters, got {len(token)}")
    if public and (urlsplit(public).scheme not in ("http", "https") or not urlsplit(public).hostname):
        problems.append(f"{PUBLIC_URL}: expected an address such as https://review.example.com")
    oidc = _oidc(environment, public, problems)
    if not is_loopback(host):
        if not token and oidc is None:
            problems.append(
                f"--host {host}: can be reached from other machines; set {TOKEN}, or {OIDC[0]} and its companions, first"
            )
        if is_wildcard(host) and not public:
            problems.append(f"--host {host}: set {PUBLIC_URL} to the address that reviewers open")
    try:
        reviewer = reviewer_name(reviewer) if reviewer is not None else None
    except InputError as error:
        problems.extend(f"--{problem}" for problem in error.problems)
    if problems:
        raise InputError(*problems)
    return AppSettings(
        host=host,
        port=port,
        reviewer=reviewer,
        language=language,
        token=SecretStr(token) if token else None,
        oidc=oidc,
        public_url=public.rstrip("/") if public else None,
    )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def is_wildcard(host: str) -> bool:
    """Whether it stands for all addresses of the machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_unspecified
    except ValueError:
        return host == ""


def _oidc(environment: Mapping[str, str], public: str | None, problems: list[str]) -> OidcSettings | None:
    values = {name: environment.get(name, "").strip() for name in OIDC}
    if not any(values.values()):
        return None
    missing = [name for name, value in values.items() if not value]
    if not public:
        missing.append(PUBLIC_URL)
    if missing:
        problems.append(f"sign-in by OIDC: {', '.join(missing)} not set")
        return None
    issuer, client_id, secret, domains = values.values()
    if not (issuer.startswith("https://") or is_loopback(urlsplit(issuer).hostname or "")):
        problems.append(f"{OIDC[0]}: expected an https address")
    named = tuple(domain.strip().lower().lstrip("@") for domain in domains.split(",") if domain.strip(" @"))
    if not named:
        problems.append(f"{OIDC[3]}: expected domains of e-mail addresses, such as example.com,example.co.id")
    return OidcSettings(issuer=issuer.rstrip("/"), client_id=client_id, client_secret=SecretStr(secret), domains=named)
