"""What all tests share: one thread, no hub, a tiny model, the sample files."""

from __future__ import annotations

import os

# Before torch is imported: tests share two cores, and nothing may be fetched.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.update(TOKENIZERS_PARALLELISM="false", HF_HUB_OFFLINE="1", TRANSFORMERS_VERBOSITY="error")

from pathlib import Path
from typing import Any

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Hide the GPU where there is one, but from `make gpu`: the suite then asks the same of every machine."""
    if config.option.markexpr != "gpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""


ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def examples() -> Path:
    """The folder of sample data."""
    return ROOT / "examples"


@pytest.fixture(scope="session")
def gnome() -> Path:
    """The folder of real how-to texts, where it is there."""
    if not SHARED.is_dir():
        pytest.skip("the folder of real how-to texts is not beside this checkout")
    return SHARED


@pytest.fixture(scope="session")
def tokenizer() -> Any:
    """The tokenizer of the bundled model."""
    from langkah.models import resolve_model
    from langkah.models.loading import load_tokenizer

    return load_tokenizer(resolve_model("smollm2-135m-instruct"))


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory, tokenizer: Any) -> Path:
    """A Llama of random weights, two layers of 64, with the bundled model's tokenizer: trains in a second."""
    return _small_llama(tmp_path_factory.mktemp("tiny"), tokenizer, tied=True)


@pytest.fixture(scope="session")
def babbling_model(tmp_path_factory: pytest.TempPathFactory, tokenizer: Any) -> Path:
    """The like of it that answers in words, where the tiny one repeats an empty token."""
    return _small_llama(tmp_path_factory.mktemp("babbling"), tokenizer, tied=False)


@pytest.fixture(scope="session")
def wide_model(tmp_path_factory: pytest.TempPathFactory, tokenizer: Any) -> Path:
    """The like of it with heads of 64, as the kernels of a GPU want them."""
    return _small_llama(tmp_path_factory.mktemp("wide"), tokenizer, tied=False, width=256)


def _small_llama(folder: Path, tokenizer: Any, *, tied: bool, width: int = 64) -> Path:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2048,
        tie_word_embeddings=tied,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
