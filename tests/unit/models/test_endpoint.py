from __future__ import annotations

import pytest

from langkah.addresses import normal_address
from langkah.config import LlmConfig
from langkah.models.endpoint import check_llm, is_local


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:11434/v1", True),
        ("http://localhost/v1", True),
        ("http://[::1]:8000/v1", True),
        ("https://api.openai.com/v1", False),
        ("http://10.0.0.8:8000/v1", False),
    ],
)
def test_which_endpoints_are_this_machines(url: str, local: bool) -> None:
    assert is_local(url) is local


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("HTTP://Box.Example:80/v1/", "http://box.example/v1"),
        ("https://box.example:443", "https://box.example"),
        ("https://box.example:8443/V1", "https://box.example:8443/V1"),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1"),
    ],
)
def test_an_address_has_one_form(url: str, normal: str) -> None:
    assert normal_address(url) == normal


@pytest.mark.parametrize(
    ("settings", "needed"),
    [
        ({}, False),
        ({"base_url": "http://gpu-box:8000/v1"}, False),
        ({"base_url": "https://localhost/v1"}, False),
        ({"base_url": "https://api.example/v1"}, True),
        ({"base_url": "http://gpu-box:8000/v1", "api_key_env": "LANGKAH_LLM_BOX"}, True),
    ],
)
def test_a_key_is_asked_for_where_it_is_needed(settings: dict[str, str], needed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    config = LlmConfig(**settings)
    monkeypatch.delenv(config.api_key_env, raising=False)
    problems = check_llm(config)
    assert len(problems) == needed
    assert all(config.api_key_env in problem and config.base_url in problem for problem in problems)
    monkeypatch.setenv(config.api_key_env, "a-key")
    assert check_llm(config) == []
