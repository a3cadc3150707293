"""Base models that are a GGUF file: its sizes read in place, its weights converted once to safetensors.

Loading a GGUF de-quantizes it (20-40 s for a small one); the converted copy loads in one. It lives beside the environment's
other data, so that every workspace of a machine shares it.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import uuid
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from filelock import FileLock

from langkah.errors import ConfigError, ResourceError
from langkah.models.architecture import Architecture

SOURCE_NAME: Final = "langkah-source.json"
"""In a converted folder: which GGUF it was made of."""
_CONVERSION: Final = 2
"""Raised when the conversion changes: an older converted copy is made anew."""
_SMALL: Final = 1_000_000_000
"""Parameters up to which the copy is fp32, as a CPU computes; a larger model is for a GPU, and is kept in bf16."""


@dataclass(frozen=True)
class GgufModel:
    """A GGUF file as a base model.

    Args:
        name: of the model; what identities and reports call it.
        path: the file.
        sha256: of the file.
        folder_name: of the converted copy; the name and the beginning of the hash where None.
    """

    name: str
    path: Path
    sha256: str
    folder_name: str | None = None

    @property
    def fingerprint(self) -> str:
        """The identity of the converted model: the file's sha256 and the conversion's version."""
        return f"gguf:{self.sha256}:{_CONVERSION}"

    @property
    def folder(self) -> Path:
        """Where the converted copy is, or will be."""
        return share_folder() / "models" / (self.folder_name or f"{self.name}-{self.sha256[:12]}")

    def is_converted(self) -> bool:
        """Whether the copy is there, made of this file by this conversion."""
        return read_source(self.folder).get("fingerprint") == self.fingerprint

    def converted(self) -> Path:
        """Return the folder of the copy, converting the file first where that was not done.

        Raises:
            ConfigError: the file is no GGUF of a model that transformers can load, or has no chat template.
            ResourceError: the folder cannot be written.
        """
        if self.is_converted():
            return self.folder
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder.parent / f"{self.folder.name}.lock"):
                if not self.is_converted():
                    _convert(self)
        except OSError as error:
            raise ResourceError(
                f"{self.path.name} cannot be converted into {self.folder}: {error.strerror};"
                " set LANGKAH_SHARE to a writable folder"
            ) from None
        return self.folder


def share_folder() -> Path:
    """Return where converted models are kept: `LANGKAH_SHARE`, else `share/langkah` of the environment."""
    return Path(os.environ.get("LANGKAH_SHARE") or Path(sys.prefix) / "share" / "langkah")


def read_source(folder: Path) -> dict[str, Any]:
    """Return what a converted folder says of itself, nothing for any other folder."""
    try:
        source: Any = json.loads((folder / SOURCE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return source if isinstance(source, dict) else {}


def gguf_architecture(path: Path) -> Architecture:
    """Read the sizes from a GGUF's own metadata.

    Raises:
        ConfigError: it is no GGUF, or does not say its sizes.
    """
    stat = path.stat()
    return _architecture(str(path), stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=64)
def _architecture(path: str, _size: int, _mtime_ns: int) -> Architecture:
    from gguf import GGUFReader

    try:
        reader: Any = GGUFReader(path)
        kind = str(reader.fields["general.architecture"].contents())
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise ConfigError(
            f"{path}: expected a GGUF file, this is none or is cut off ({type(error).__name__}): download it again"
        ) from None

    def size(key: str) -> int | None:
        field = reader.fields.get(f"{kind}.{key}")
        value = field.contents() if field else None
        return max(value) if isinstance(value, list) else value  # some models size each block by itself

    sizes = {
        "layers": size("block_count"),
        "hidden": size("embedding_length"),
        "intermediate": size("feed_forward_length"),
        "heads": size("attention.head_count"),
        "kv_heads": size("attention.head_count_kv"),
        "head_size": size("attention.key_length"),
        "context": size("context_length"),
        "vocabulary": size("vocab_size") or len(reader.fields["tokenizer.ggml.tokens"].data),
        "tied": all(tensor.name != "output.weight" for tensor in reader.tensors),
    }
    try:
        return Architecture.model_validate({name: value for name, value in sizes.items() if value is not None})
    except ValueError:
        raise ConfigError(f"{path}: a GGUF of kind {kind} that does not say the sizes of its layers") from None


def _convert(gguf: GgufModel) -> None:
    """Write the GGUF as safetensors with its tokenizer, then rename into place."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    small = gguf_architecture(gguf.path).parameters < _SMALL
    files: dict[str, Any] = {"pretrained_model_name_or_path": gguf.path.parent, "gguf_file": gguf.path.name}
    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(**files)
        model: Any = AutoModelForCausalLM.from_pretrained(**files, dtype=torch.float32 if small else torch.bfloat16)
    except (ValueError, KeyError, NotImplementedError) as error:  # what transformers says of a kind that it does not know
        said = " ".join(str(error).split())[:120]
        raise ConfigError(f"{gguf.path}: transformers cannot load this GGUF: {said}") from None
    if not tokenizer.chat_template:
        raise ConfigError(f"{gguf.path}: has no chat template; expected the GGUF of an instruct model")
    # The de-quantized weights are plain numbers, but the model still says it is a GGUF, and would not be saved.
    model.hf_quantizer = None
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    _right_tokens(tokenizer, model)
    model.config._name_or_path = gguf.name
    draft = gguf.folder.with_name(f"{gguf.folder.name}.{uuid.uuid4().hex[:8]}")
    model.save_pretrained(draft)
    tokenizer.save_pretrained(draft)
    source = {"fingerprint": gguf.fingerprint, "from": gguf.path.name, "name": gguf.name}
    (draft / SOURCE_NAME).write_text(json.dumps(source), encoding="utf-8")
    shutil.rmtree(gguf.folder, ignore_errors=True)
    draft.rename(gguf.folder)


def _right_tokens(tokenizer: Any, model: Any) -> None:
    """Take the special tokens from the chat template, since GGUFs often name wrong ones.

    The end token is the one that closes an answer; a token that opens every turn is no beginning of a text; and padding is
    not the end token, or the end would not be learned.
    """
    turns = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    text: str = tokenizer.apply_chat_template(turns, tokenize=False)
    special = {*tokenizer.all_special_tokens, *tokenizer.get_added_vocab()}
    tail = tokenizer.tokenize(text[text.rindex("b") + 1 :])
    tokenizer.eos_token = next((token for token in tail if token in special), tokenizer.eos_token)
    if tokenizer.bos_token and text.count(tokenizer.bos_token) != 1:
        tokenizer.bos_token = None
    if tokenizer.pad_token in (None, tokenizer.eos_token):
        tokenizer.pad_token = tokenizer.unk_token or tokenizer.eos_token
    tokenizer.clean_up_tokenization_spaces = False
    for config in (model.config, model.generation_config):
        config.bos_token_id = tokenizer.bos_token_id
        config.eos_token_id = tokenizer.eos_token_id
        config.pad_token_id = tokenizer.pad_token_id
