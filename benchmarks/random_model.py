"""A model of a given shape with random weights in NF4, written layer by layer: never more than one layer in 16 bit at once."""

import json
from pathlib import Path
from typing import Any

QWEN3_8B = {
    "hidden_size": 4096,
    "num_hidden_layers": 36,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "intermediate_size": 12288,
    "vocab_size": 151936,
}
TINY = {
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "intermediate_size": 128,
    "vocab_size": 50000,
}


def write_random_model(folder: Path, shape: dict[str, int], device: str) -> None:
    """Write a Qwen3 of this shape, with the bundled model's tokenizer."""
    import torch
    from safetensors.torch import save_file
    from transformers import Qwen3Config
    from transformers.models.qwen3.modeling_qwen3 import Qwen3DecoderLayer

    from langkah.models import resolve_model
    from langkah.models.loading import compute_dtype, load_tokenizer, nf4_config

    tokenizer = load_tokenizer(resolve_model("smollm2-135m-instruct"))
    tokenizer.save_pretrained(folder)
    dtype = compute_dtype()
    config = Qwen3Config(
        **shape,
        tie_word_embeddings=False,
        max_position_embeddings=40960,
        rope_theta=1e6,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        dtype=dtype,
        architectures=["Qwen3ForCausalLM"],
    )
    torch.manual_seed(0)
    places: dict[str, str] = {}

    def write(name: str, weights: dict[str, Any]) -> None:
        save_file({key: weight.contiguous().cpu() for key, weight in weights.items()}, folder / name, metadata={"format": "pt"})
        places.update(dict.fromkeys(weights, name))

    for number in range(shape["num_hidden_layers"]):
        with torch.device(device):
            layer = Qwen3DecoderLayer(config, number).to(dtype)
        _quantize(layer, device, dtype)
        prefix = f"model.layers.{number}."
        write(f"layer-{number:02d}.safetensors", {prefix + key: weight for key, weight in layer.state_dict().items()})
    for key in ("model.embed_tokens.weight", "lm_head.weight"):
        weight = torch.randn(shape["vocab_size"], shape["hidden_size"], dtype=dtype, device=device) * 0.02
        write(f"{key}.safetensors", {key: weight})
    write("norm.safetensors", {"model.norm.weight": torch.ones(shape["hidden_size"], dtype=dtype)})
    config.quantization_config = nf4_config().to_dict()
    config.save_pretrained(folder)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}))


def _quantize(layer: Any, device: str, dtype: Any) -> None:
    """Put a 4-bit layer in the place of each linear one."""
    import bitsandbytes
    import torch

    for name, module in list(layer.named_modules()):
        if isinstance(module, torch.nn.Linear):
            small = bitsandbytes.nn.Linear4bit(
                module.in_features,
                module.out_features,
                bias=False,
                compute_dtype=dtype,
                compress_statistics=True,
                quant_type="nf4",
                device="meta",
            )
            weight = torch.randn_like(module.weight) * 0.02
            small.weight = bitsandbytes.nn.Params4bit(weight, requires_grad=False, compress_statistics=True, quant_type="nf4")
            layer.set_submodule(name, small.to(device))
