"""GGUF files of random weights, with the beginning of the bundled model's vocabulary."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGUFReader, GGUFWriter

from langkah.models.bundled import gguf_path

HIDDEN, INTERMEDIATE, LAYERS, HEADS, KV_HEADS, VOCABULARY = 64, 128, 2, 4, 2, 1000


@lru_cache(maxsize=1)
def vocabulary() -> tuple[list[str], list[int], list[str], str]:
    """The first tokens, their types, the merges among them, and the chat template."""
    source = gguf_path()
    assert source
    fields: Any = GGUFReader(source).fields
    tokens: list[str] = fields["tokenizer.ggml.tokens"].contents()[:VOCABULARY]
    known = set(tokens)
    pairs = [merge.split() for merge in fields["tokenizer.ggml.merges"].contents()]
    merges = [f"{left} {right}" for left, right in pairs if {left, right, left + right} <= known]
    types = fields["tokenizer.ggml.token_type"].contents()[:VOCABULARY]
    return tokens, types, merges, fields["tokenizer.chat_template"].contents()


def write_tiny_gguf(path: Path, *, kind: str = "llama", template: bool = True) -> Path:
    """Write a model of two layers of 64, as a converter would."""
    tokens, types, merges, chat_template = vocabulary()
    writer = GGUFWriter(path, kind)
    writer.add_block_count(LAYERS)
    writer.add_context_length(2048)
    writer.add_embedding_length(HIDDEN)
    writer.add_feed_forward_length(INTERMEDIATE)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges(merges)
    for name in ("bos", "eos"):  # both wrong, as converters often leave them: the template opens each turn with token 1
        getattr(writer, f"add_{name}_token_id")(1)
    writer.add_unk_token_id(0)
    if template:
        writer.add_chat_template(chat_template)
    random = np.random.default_rng(0)

    def add(name: str, *shape: int) -> None:
        values = random.normal(0, 0.02, shape) if len(shape) > 1 else np.ones(shape)
        writer.add_tensor(name, values.astype(np.float32))

    add("token_embd.weight", len(tokens), HIDDEN)
    add("output_norm.weight", HIDDEN)
    head = HIDDEN // HEADS
    for layer in range(LAYERS):
        add(f"blk.{layer}.attn_norm.weight", HIDDEN)
        add(f"blk.{layer}.ffn_norm.weight", HIDDEN)
        add(f"blk.{layer}.attn_q.weight", HIDDEN, HIDDEN)
        add(f"blk.{layer}.attn_k.weight", KV_HEADS * head, HIDDEN)
        add(f"blk.{layer}.attn_v.weight", KV_HEADS * head, HIDDEN)
        add(f"blk.{layer}.attn_output.weight", HIDDEN, HIDDEN)
        add(f"blk.{layer}.ffn_gate.weight", INTERMEDIATE, HIDDEN)
        add(f"blk.{layer}.ffn_up.weight", INTERMEDIATE, HIDDEN)
        add(f"blk.{layer}.ffn_down.weight", HIDDEN, INTERMEDIATE)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
