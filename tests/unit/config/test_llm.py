from __future__ import annotations

import pytest

from langkah.config import load_config
from langkah.errors import ConfigError


@pytest.mark.parametrize(
    "url",
    [
        "", "localhost:11434", "ftp://x/v1", "http://", "http://a b/v1", "http://x:99999/v1", "http://user:hunter2@h/v1",
        "http://hunter2@h/v1", "https://h/v1?api-key=hunter2", "https://h/v1#hunter2", "https://h\\@hunter2/v1",
    ],
)  # fmt: skip
def test_an_address_with_a_secret_or_none_at_all_is_neither_taken_nor_told(url: str) -> None:
    with pytest.raises(ConfigError, match=r"llm\.base_url: expected an http") as caught:
        load_config(None, [f"llm.base_url='{url}'"])
    assert len(caught.value.problems) == 1
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("name", ["LANGKAH_VAULT_KEY", "AWS_SECRET_ACCESS_KEY", "LANGKAH_LLM_", "", "sk-hunter2"])
def test_only_a_variable_for_it_is_sent_as_the_key(name: str) -> None:
    with pytest.raises(ConfigError, match=r"llm\.api_key_env: expected OPENAI_API_KEY or") as caught:
        load_config(None, [f"llm.api_key_env='{name}'"])
    assert len(caught.value.problems) == 1
    assert "hunter2" not in str(caught.value)


def test_an_endpoint_is_named_whole() -> None:
    settings = ["llm.base_url=http://[::1]:8000/v1", "llm.api_key_env=LANGKAH_LLM_BOX", "llm.model=qwen3:8b"]
    assert load_config(None, settings).llm.api_key_env == "LANGKAH_LLM_BOX"
    assert load_config(None, ["llm.api_key_env=OPENAI_API_KEY"]).llm.api_key_env == "OPENAI_API_KEY"
    with pytest.raises(ConfigError, match=r"llm\.model: expected the name of a model"):
        load_config(None, ["llm.model=' '"])
