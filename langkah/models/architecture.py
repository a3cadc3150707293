"""The sizes of a model that decide lengths and memory, without its weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, model_validator

from langkah.errors import ConfigError

if TYPE_CHECKING:
    from langkah.models.ref import ModelRef


def _size(*names: str, **bounds: Any) -> Any:
    """A size that may also be written under its name in a `config.json`."""
    return Field(validation_alias=AliasChoices(*names), ge=1, **bounds)


class Architecture(BaseModel):
    """A decoder of gated blocks (Llama, Qwen, Mistral, Gemma, Phi): each size in numbers, not bytes.

    A field may also be named as in a `config.json`, so that a catalogue's entry can be copied from one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    layers: int = _size("layers", "num_hidden_layers")
    hidden: int = _size("hidden", "hidden_size")
    intermediate: int = _size("intermediate", "intermediate_size")
    heads: int = _size("heads", "num_attention_heads")
    kv_heads: int = _size("kv_heads", "num_key_value_heads")
    head_size: int = _size("head_size", "head_dim")
    vocabulary: int = _size("vocabulary", "vocab_size")
    context: int = _size("context", "max_position_embeddings", description="positions that the model knows, tokens")
    tied: bool = Field(default=False, validation_alias=AliasChoices("tied", "tie_word_embeddings"))

    @model_validator(mode="before")
    @classmethod
    def _usual(cls, value: Any) -> Any:
        """Where not given: as many heads of keys as of queries, heads that share the hidden size, an MLP of 4 hidden."""
        if not isinstance(value, Mapping):
            return value
        sizes: dict[str, Any] = dict(value)
        heads = sizes.get("heads", sizes.get("num_attention_heads"))
        hidden = sizes.get("hidden", sizes.get("hidden_size"))
        if not (isinstance(heads, int) and isinstance(hidden, int) and heads > 0):
            return sizes  # told by the fields
        usual = {
            ("kv_heads", "num_key_value_heads"): heads,
            ("head_size", "head_dim"): hidden // heads,
            ("intermediate", "intermediate_size"): 4 * hidden,
        }
        for (name, alias), size in usual.items():
            if sizes.get(name) is None and sizes.get(alias) is None:
                sizes = {key: kept for key, kept in sizes.items() if key != alias} | {name: size}
        return sizes

    @property
    def query(self) -> int:
        """Numbers of a token's queries, all heads."""
        return self.heads * self.head_size

    @property
    def key(self) -> int:
        """Numbers of a token's keys, all heads; its values are as many."""
        return self.kv_heads * self.head_size

    @property
    def embeddings(self) -> int:
        """Parameters of the embedding, and of the output head where it is not the same."""
        return self.vocabulary * self.hidden * (1 if self.tied else 2)

    @property
    def linears(self) -> tuple[tuple[int, int], ...]:
        """(inputs, outputs) of a block's seven linear layers: q, k, v, o, gate, up, down."""
        h, i, q, k = self.hidden, self.intermediate, self.query, self.key
        return (h, q), (h, k), (h, k), (q, h), (h, i), (h, i), (i, h)

    @property
    def parameters(self) -> int:
        """Parameters of the whole model; biases, and the few norms beyond two a block, are not counted."""
        block = sum(inputs * outputs for inputs, outputs in self.linears) + 2 * self.hidden
        return self.embeddings + self.layers * block + self.hidden

    def lora_parameters(self, r: int) -> int:
        """Parameters of an adapter of rank `r` on all seven linear layers of each block."""
        return self.layers * r * sum(inputs + outputs for inputs, outputs in self.linears)

    @classmethod
    def of_folder(cls, folder: Path) -> Architecture:
        """Take the sizes from a model folder's `config.json`; of a model that sees or hears too, those of its text.

        Raises:
            OSError, ValueError: there is none, or it holds no such sizes.
        """
        config: Any = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        if not isinstance(config, dict):
            raise ValueError("expected an object")
        text = config.get("text_config", config)
        sizes = {name: text[name] for name in _config_names() if text.get(name) is not None}
        return cls.model_validate(sizes)


def read_architecture(model: ModelRef) -> Architecture:
    """Read the sizes from the model's config, without its weights.

    Raises:
        ConfigError: the config does not say them, or is of a kind that transformers does not know.
    """
    from transformers import AutoConfig

    from langkah.models.loading import refusing, revision_of

    with refusing(model, "config.json"):
        config: Any = AutoConfig.from_pretrained(model.location, revision=revision_of(model), trust_remote_code=False)
    text = config.get_text_config()
    sizes = {name: getattr(text, name, None) for name in _config_names()}
    try:
        return Architecture.model_validate({name: size for name, size in sizes.items() if size is not None})
    except ValueError:
        raise ConfigError(f"train.base_model: {model.name}: its config does not say the sizes of its layers") from None


def _config_names() -> list[str]:
    """The names of the sizes in a `config.json`."""
    aliases = [field.validation_alias for field in Architecture.model_fields.values()]
    return [str(alias.choices[-1]) for alias in aliases if isinstance(alias, AliasChoices)]
