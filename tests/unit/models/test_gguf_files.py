from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from tiny_gguf import HIDDEN, INTERMEDIATE, LAYERS, VOCABULARY, write_tiny_gguf

from langkah.errors import ConfigError
from langkah.models import resolve_model
from langkah.models.architecture import Architecture, read_architecture
from langkah.models.gguf_files import gguf_architecture, share_folder
from langkah.models.loading import load_model, load_tokenizer


@pytest.fixture
def share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LANGKAH_SHARE", str(tmp_path / "share"))
    return tmp_path / "share"


def test_a_gguf_file_is_converted_once_and_known_by_its_content(tmp_path: Path, share: Path) -> None:
    path = write_tiny_gguf(tmp_path / "acme-tiny.gguf")
    model = resolve_model(str(path))
    assert model.name == "acme-tiny"
    assert Path(model.location).is_relative_to(share)
    assert model.parameters == read_architecture(model).parameters
    written = (Path(model.location) / "model.safetensors").stat().st_mtime_ns
    moved = path.rename(tmp_path / "elsewhere.gguf")
    moved = moved.rename(tmp_path / "acme-tiny.gguf")
    again = resolve_model(str(moved))
    assert again == model
    assert (Path(again.location) / "model.safetensors").stat().st_mtime_ns == written
    assert resolve_model(model.pinned).identity == model.identity


def test_wrong_special_tokens_are_put_right_by_the_chat_template(tmp_path: Path, share: Path, tokenizer: Any) -> None:
    model = resolve_model(str(write_tiny_gguf(tmp_path / "tiny.gguf")))
    found: Any = load_tokenizer(model)
    assert found.eos_token == "<|im_end|>" == tokenizer.eos_token
    assert found.pad_token == tokenizer.pad_token != found.eos_token
    assert found.bos_token is None
    loaded = load_model(model)
    assert loaded.config.eos_token_id == loaded.generation_config.eos_token_id == found.eos_token_id
    assert loaded.num_parameters() == model.parameters


def test_the_sizes_are_read_from_the_file_itself(tmp_path: Path) -> None:
    assert gguf_architecture(write_tiny_gguf(tmp_path / "tiny.gguf")) == Architecture(
        layers=LAYERS,
        hidden=HIDDEN,
        intermediate=INTERMEDIATE,
        heads=4,
        kv_heads=2,
        head_size=16,
        vocabulary=VOCABULARY,
        context=2048,
        tied=True,
    )


def test_a_gguf_without_a_chat_template_is_refused(tmp_path: Path, share: Path) -> None:
    path = write_tiny_gguf(tmp_path / "base.gguf", template=False)
    with pytest.raises(ConfigError, match=r"base\.gguf: has no chat template; expected the GGUF of an instruct model"):
        resolve_model(str(path))
    assert not any(share_folder().rglob("*.safetensors"))


def test_a_kind_that_transformers_does_not_know_is_named(tmp_path: Path, share: Path) -> None:
    path = write_tiny_gguf(tmp_path / "odd.gguf", kind="rwkv9")
    with pytest.raises(ConfigError, match=r"odd\.gguf: transformers cannot load this GGUF: .*rwkv9"):
        resolve_model(str(path))


def test_what_is_no_gguf_is_named(tmp_path: Path, share: Path) -> None:
    path = tmp_path / "prose.gguf"
    path.write_text("not a model at all, but a page of prose that is long enough to be read as a header")
    with pytest.raises(ConfigError, match=r"prose\.gguf: expected a GGUF file"):
        resolve_model(str(path))
    with pytest.raises(ConfigError, match=r"missing\.gguf: no such file"):
        resolve_model(str(tmp_path / "missing.gguf"))


@pytest.mark.parametrize("share_kept", [0.0, 0.001, 0.3, 0.99])
def test_a_gguf_that_is_cut_off_is_named(tmp_path: Path, share: Path, share_kept: float) -> None:
    path = write_tiny_gguf(tmp_path / "cut.gguf")
    os.truncate(path, int(share_kept * path.stat().st_size))
    with pytest.raises(ConfigError, match=r"cut\.gguf: expected a GGUF file, this is none or is cut off .*: download it again"):
        resolve_model(str(path))
    assert not any(share_folder().rglob("*.safetensors"))
