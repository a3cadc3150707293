"""The one form of an address, and what is secret in that of a database or an object.

Addresses are kept by Prefect, in manifests and in the report.

`${NAME}` in an address stands for an environment variable; where a secret is due, nothing else is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote_plus, urlsplit

VARIABLE: Final = re.compile(r"\$\{(\w+)\}")
_SECRET: Final = re.compile(
    r"pass|passphrase|pwd|sig|key|auth|authorization"
    r"|.*(?:password|passwd|secret|token|signature|credential|api[-_]?key|private[-_]?key|access[-_]?key).*",
    re.IGNORECASE,
)
"""Names of parameters whose values are secret."""
_VALUE: Final = "0000"
"""Stands for a variable's value while an address is parsed: a port must be a number."""
_INNER: Final = re.compile(r"(?:^|;)\s*([\w ]+?)\s*=\s*([^;]*)")
"""`PWD=...` in an ODBC connection string, which is one parameter of the address."""
_PORT: Final = re.compile(r"[^:]*:\d{0,5}|\[[^\]]*\](?::\d{0,5})?")
_USER: Final = re.compile(r"(?:[\w.+%-]+|\$\{\w+\}):\$\{\w+\}|\$\{\w+\}:?")
_BARE_USER: Final = re.compile(r"[\w.+-]+")
_NAMING: Final = ("abfs", "abfss", "az", "wasb", "wasbs", "ftp", "hdfs", "sftp", "smb", "ssh", "webhdfs")
"""Schemes whose URLs name a container or an account before the `@`; anywhere else a lone word there is a token."""
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def normal_address(base_url: str) -> str:
    """The one form of an address: scheme and host in lower case, no default port, no slash at the end."""
    url = urlsplit(base_url)
    host = f"[{url.hostname}]" if ":" in (url.hostname or "") else url.hostname
    port = "" if url.port in (None, _DEFAULT_PORTS.get(url.scheme)) else f":{url.port}"
    return f"{url.scheme}://{host}{port}{url.path.rstrip('/')}"


def database_problem(address: str) -> str | None:
    """What is wrong with a database's address, without it: it holds a secret, or nobody can tell; None where nothing is."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import SQLAlchemyError

    if "://" not in address:
        return None  # a variable for the whole, or no address: told when it is used
    try:
        url = make_url(VARIABLE.sub(_VALUE, address))
    except (SQLAlchemyError, ValueError):
        return "expected an address such as postgresql+psycopg://user:${NAME}@host/database"
    parameters = [(name, value) for name, values in url.normalized_query.items() for value in values]
    parameters += [pair for _, value in parameters for pair in _INNER.findall(value)]
    misplaced = url.host is not None and re.search(":[^@]*@", url.database or "") is not None
    if misplaced or url.password not in (None, _VALUE) or _any_secret(parameters):
        return "expected no password in it: write ${NAME} and set that environment variable"
    return None


def holds_secret(url: str) -> bool:
    """Whether a URL of an object, or of a chain of them, has a password, token or signature of its own."""
    for part in url.split("::"):
        scheme, mark, rest = part.partition("://")
        if not mark:
            continue
        user, place = parted(rest)
        named = scheme.lower() in _NAMING and _BARE_USER.fullmatch(user)
        if user and not named and not _USER.fullmatch(user):
            return True
        pairs = (each.partition("=") for each in re.split("[?#&;]", VARIABLE.sub(_VALUE, place))[1:])
        if _any_secret((unquote_plus(name), value) for name, _, value in pairs):
            return True
    return False


def parted(rest: str) -> tuple[str, str]:
    """User and password, empty where there are none, and what follows them, of what a URL has behind `://`.

    A password with a `/`, which the secret keys of S3 have, is one, though it should be written as `%2F`.
    """
    authority = re.split("[/?#]", rest, maxsplit=1)[0]
    if "@" in authority:
        user = authority.rpartition("@")[0]
    elif "@" in rest and ":" in authority and not _PORT.fullmatch(authority):
        user = rest.rpartition("@")[0]
    else:
        return "", rest
    return user, rest[len(user) + 1 :]


def _any_secret(parameters: Iterable[tuple[str, str]]) -> bool:
    return any(_SECRET.fullmatch(name) and value not in ("", _VALUE) for name, value in parameters)
