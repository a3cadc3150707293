"""The endpoint of a language model that writes drafts and paraphrases."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from langkah.addresses import normal_address
from langkah.config.sections import SECRET, Float, Int, Section

_ADDRESS: Final = re.compile(r"https?://(?:[\w.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?(?:/[^\s?#]*)?", re.IGNORECASE)
_KEY_VARIABLE: Final = re.compile(r"OPENAI_API_KEY|LANGKAH_LLM_[A-Z0-9_]+")


class LlmConfig(Section):
    """An OpenAI-compatible endpoint. Only scrubbed text is sent to it."""

    base_url: str = Field(default="http://127.0.0.1:11434/v1", title="Address", examples=["https://api.openai.com/v1"])
    """Ollama, vLLM, llama.cpp, OpenAI and others; the default is a local Ollama. No user, password or query stands in it."""
    model: str = Field(default="qwen3:8b", title="Model")
    """As the endpoint names it."""
    api_key_env: str = Field(default="LANGKAH_LLM_API_KEY", title="Environment variable with the API key")
    """`OPENAI_API_KEY`, or a name that begins with `LANGKAH_LLM_`: whoever fills in a run's form sends the worker's key to an
    address of their choice, and must not be able to send any other secret of it. A local server needs none."""
    concurrency: Int = Field(default=4, ge=1, le=64, title="Requests at once")
    """More than the endpoint serves at once only wait there."""
    requests_per_minute: Int = Field(default=0, ge=0, le=100_000, title="Requests a minute, 0: no limit")
    """The rate that a vendor allows; requests are spaced evenly, so that few are answered 429."""
    retries: Int = Field(default=3, ge=0, le=20, title="Attempts after the first")
    """On 408, 409, 429, 5xx, time-outs, lost connections and replies that are none; the waits double from 0.5 s to 8 s, with
    jitter, or are as the endpoint says (Retry-After)."""
    timeout_seconds: Float = Field(default=120, gt=0, title="Time-out of a request, seconds")
    """A request that takes longer is tried again, then given up."""
    max_tokens: Int = Field(default=1024, ge=16, le=32_768, title="Longest reply, tokens")
    """A reply that is cut short by it is no draft."""
    seed: Int = Field(default=0, ge=0, title="Seed")
    """Sent with each request; with temperature 0, most servers then answer alike."""
    price_input: Float = Field(default=0, ge=0, title="Price of a million prompt tokens")
    """In any currency; the report then tells what a run cost. 0: nothing, or unknown."""
    price_output: Float = Field(default=0, ge=0, title="Price of a million tokens of replies")
    """In the same currency."""

    @property
    def identity(self) -> tuple[str, str, int, int]:
        """What decides a reply, and so is part of cache keys: not how fast it is asked for, by which key, and what it costs."""
        return normal_address(self.base_url), self.model, self.max_tokens, self.seed

    @field_validator("base_url")
    @classmethod
    def _plain_address(cls, value: str) -> str:
        try:
            plain = _ADDRESS.fullmatch(value) and urlsplit(value).port != 0
        except ValueError:  # no port has this number
            plain = False
        if not plain:
            expected = "expected an http(s) address without user, password or query, such as http://127.0.0.1:11434/v1"
            raise PydanticCustomError(SECRET, expected)
        return value

    @field_validator("model")
    @classmethod
    def _named(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("expected the name of a model, as the endpoint knows it")
        return value

    @field_validator("api_key_env")
    @classmethod
    def _own_variable(cls, value: str) -> str:
        if not _KEY_VARIABLE.fullmatch(value):  # the value may be the key itself
            raise PydanticCustomError(SECRET, "expected OPENAI_API_KEY or a name that begins with LANGKAH_LLM_")
        return value
