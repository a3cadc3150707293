"""How much memory an example takes in training, from the model's architecture."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from langkah.models.choice import ModelRef


class Architecture(BaseModel):
    """The sizes that decide lengths and memory."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    layers: int = Field(ge=1)
    hidden: int = Field(ge=1)
    heads: int = Field(ge=1)
    vocabulary: int = Field(ge=1)
    context: int = Field(ge=1, description="positions that the model knows, tokens")

    def activation_bytes(self, tokens: int, *, bytes_per_number: int = 2, checkpointing: bool = True) -> int:
        """Return the memory that one example of `tokens` tokens takes in a training step.

        Korthikanti et al. 2022, "Reducing Activation Recomputation in Large Transformer Models" (arXiv:2205.05198),
        formulas 1 and 6: a layer keeps s·h·34 bytes in 16 bit (the attention matrix is not kept by SDPA), or 2·s·h with
        its activations computed again; one layer at a time is whole. The logits are counted in fp32 with their gradient.
        """
        scale = bytes_per_number / 2
        layer = 34 * tokens * self.hidden * scale
        stored = (2 * tokens * self.hidden * scale * self.layers + layer) if checkpointing else layer * self.layers
        return int(stored + 8 * tokens * self.vocabulary)


def read_architecture(model: ModelRef) -> Architecture:
    """Read the sizes from the model's config, without its weights."""
    from transformers import AutoConfig

    from langkah.models.loading import revision_of

    config: Any = AutoConfig.from_pretrained(model.location, revision=revision_of(model))
    text = config.get_text_config()
    return Architecture(
        layers=text.num_hidden_layers,
        hidden=text.hidden_size,
        heads=text.num_attention_heads,
        vocabulary=text.vocab_size,
        context=text.max_position_embeddings,
    )
