"""`${NAME}` in an address stands for an environment variable, so that no password stands in a settings file or in Prefect."""

from __future__ import annotations

import os
from urllib.parse import quote

from langkah.addresses import VARIABLE
from langkah.errors import SourceError


def expand(address: str, where: str) -> str:
    """Put the variables' values into an address; user and password are quoted as an address needs them.

    Raises:
        SourceError: a line for each variable that is not set.
    """
    names = dict.fromkeys(VARIABLE.findall(address))
    if unset := [name for name in names if name not in os.environ]:
        raise SourceError(*(f"{where}: environment variable {name} is not set" for name in unset))
    scheme, mark, rest = address.partition("://")
    user, at, place = rest.rpartition("@")
    quoted = VARIABLE.sub(lambda found: quote(os.environ[found[1]], safe=""), user)
    return _plain(scheme) + mark + quoted + at + _plain(place)


def _plain(text: str) -> str:
    return VARIABLE.sub(lambda found: os.environ[found[1]], text)
