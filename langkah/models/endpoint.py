"""Where an OpenAI-compatible endpoint is, and whether its key is at hand."""

from __future__ import annotations

import ipaddress
import os
from typing import Final
from urllib.parse import urlsplit

from langkah.addresses import normal_address
from langkah.config import LlmConfig

_OPTIONAL: Final = LlmConfig.model_fields["api_key_env"].default


def is_local(base_url: str) -> bool:
    """Whether an address is this machine's own."""
    host = urlsplit(base_url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def check_llm(config: LlmConfig) -> list[str]:
    """The problems of the settings `llm` on this machine: the key's variable is not set, though a key is needed.

    It is for https addresses of other machines, and wherever a variable other than the default one is named.
    """
    hosted = config.base_url.lower().startswith("https:") and not is_local(config.base_url)
    if os.environ.get(config.api_key_env) or not (hosted or config.api_key_env != _OPTIONAL):
        return []
    place = normal_address(config.base_url)
    return [
        f"llm.api_key_env: expected the API key of {place} in the environment variable {config.api_key_env}, which is not set"
        " (any text, where the endpoint asks for none)"
    ]
