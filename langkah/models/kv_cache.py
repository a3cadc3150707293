"""Keys and values of a batch in generation, with room to grow, and attention of one token to them."""

from __future__ import annotations

from typing import Any, Final

from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface
from transformers.cache_utils import DynamicCache, DynamicLayer
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import AttentionMaskInterface, sdpa_mask

GROUPED: Final = "langkah_grouped"
"""What transformers calls the attention of this module, once it is registered."""
_ROOM: Final = 64
"""Tokens that a layer has room for before it must be copied."""


class RoomyLayer(DynamicLayer):
    """A layer whose keys and values are written in place: transformers' own is copied as a whole for each token.

    `keys` and `values`, (batch, heads, tokens, head size), are views of `_store`, which has room for more tokens.
    """

    _store: tuple[Tensor, Tensor] | None = None

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        """Add tokens; return all keys and all values."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        before = self.get_seq_length()
        after = before + key_states.shape[-2]
        store = self._store
        if store is None or store[0].shape[-2] < after or store[0].shape[0] != key_states.shape[0]:
            store = self._with_room(key_states, before, after), self._with_room(value_states, before, after)
            if before and self.keys is not None and self.values is not None:
                store[0][..., :before, :] = self.keys
                store[1][..., :before, :] = self.values
        store[0][..., before:after, :] = key_states
        store[1][..., before:after, :] = value_states
        self._store = store
        self.keys, self.values = (each[..., :after, :] for each in store)
        return self.keys, self.values

    def batch_select_indices(self, indices: Tensor) -> None:
        """Keep some rows of the batch."""
        super().batch_select_indices(indices)
        self._store = None

    @staticmethod
    def _with_room(states: Tensor, before: int, after: int) -> Tensor:
        batch, heads, _, size = states.shape
        room = after if not before else after + _ROOM
        return states.new_empty((batch, heads, room, size))


def roomy_cache(config: Any) -> DynamicCache | None:
    """Return an empty cache for a model, None where its layers keep something else than all keys and values."""
    cache = DynamicCache(config=config)
    if not cache.layers or any(type(layer) is not DynamicLayer for layer in cache.layers):
        return None
    cache.layers[:] = [RoomyLayer() for _ in cache.layers]
    return cache


def grouped_attention(
    module: Any, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None, **kwargs: Any
) -> tuple[Tensor, None]:
    """Attend as `sdpa` does; of one new token, without a copy of keys and values for each query head that shares them.

    Query heads of one group stand where tokens of a query do, which is the same product.

    Args:
        module: the attention layer.
        query: (batch, heads, tokens, head size).
        key: (batch, groups, tokens so far, head size).
        value: likewise.
        attention_mask: (batch, 1, tokens, tokens so far), None for all.
        **kwargs: `scaling`, and what `sdpa` takes.
    """
    batch, heads, tokens, size = query.shape
    groups = key.shape[1]
    if tokens != 1 or heads == groups or kwargs.get("position_bias") is not None:
        attended, _ = sdpa_attention_forward(module, query, key, value, attention_mask, **kwargs)
        return attended, None
    query = query.view(batch, groups, heads // groups, size)
    attended = scaled_dot_product_attention(query, key, value, attn_mask=attention_mask, scale=kwargs.get("scaling"))
    return attended.reshape(batch, 1, heads, size), None


def register_grouped_attention() -> None:
    """Make it known to transformers by its name."""
    AttentionInterface.register(GROUPED, grouped_attention)
    AttentionMaskInterface.register(GROUPED, sdpa_mask)
