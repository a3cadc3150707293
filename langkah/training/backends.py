"""The two ways to a base model with a fresh adapter on it; both are trained by the same SFTTrainer."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Protocol

from langkah.models.loading import compute_dtype, load_model, load_tokenizer, require_finite, revision_of
from langkah.training.recipe import Recipe


class Backend(Protocol):
    """What the training child needs from a backend."""

    def prepare(self, work: Path) -> None:
        """Set the process up; runs before torch, transformers or trl are imported."""
        ...

    def load(self, recipe: Recipe) -> tuple[Any, Any]:
        """Return the base model with a fresh LoRA adapter, and the tokenizer."""
        ...

    def trainer_settings(self, recipe: Recipe) -> dict[str, Any]:
        """Return what SFTConfig is given on this backend beside the recipe."""
        ...


class TrlBackend:
    """transformers + PEFT, with bitsandbytes for QLoRA; runs everywhere."""

    def prepare(self, work: Path) -> None:
        """Nothing to do."""

    def load(self, recipe: Recipe) -> tuple[Any, Any]:
        """Return the base model with a fresh LoRA adapter, and the tokenizer."""
        from peft import LoraConfig, get_peft_model

        model = load_model(
            recipe.base_model,
            load_in_4bit=recipe.load_in_4bit,
            attention=flash_attention(recipe),
            sharded=recipe.sharded,
        )
        # PEFT's prepare_model_for_kbit_training would turn embeddings, head and norms into fp32: 2.5 GB of an 8B model, for
        # products that are computed in bf16 again. What it does beside that, the trainer does.
        model.config.use_cache = False
        adapter = LoraConfig(
            r=recipe.lora_r,
            lora_alpha=recipe.lora_alpha,
            lora_dropout=recipe.lora_dropout,
            target_modules=list(recipe.target_modules),
            task_type="CAUSAL_LM",
        )
        model = get_peft_model(model, adapter)
        if recipe.device == "cpu":
            from langkah.models.onednn import available
            from langkah.training.onednn import use_onednn

            if available():
                use_onednn(model)
        return model, load_tokenizer(recipe.base_model)

    def trainer_settings(self, recipe: Recipe) -> dict[str, Any]:
        """Return precision, optimizer, checkpointing, padding and sharding for the device."""
        import torch

        cuda = recipe.device == "cuda"
        dtype = compute_dtype()
        settings: dict[str, Any] = {
            "use_cpu": not cuda,
            "bf16": dtype == torch.bfloat16,
            "fp16": dtype == torch.float16,
            "gradient_checkpointing": cuda,
            "gradient_checkpointing_kwargs": {"use_reentrant": False} if cuda else None,
            "optim": _optimizer(recipe),
            "padding_free": flash_attention(recipe) is not None,
            # Every weight of an adapter has a gradient, and to look for those without does not go with checkpointing.
            "ddp_find_unused_parameters": False if recipe.devices > 1 and not recipe.sharded else None,
        }
        if recipe.sharded:
            settings |= {"gradient_checkpointing": False, "fsdp": True, "fsdp_config": _sharding(checkpointing=cuda)}
        return settings


def flash_attention(recipe: Recipe) -> str | None:
    """Name the FlashAttention that is installed here, None without one.

    Only with it are examples laid end to end instead of padded: it is told where each begins, so none sees another. SDPA
    would need a mask of all tokens by all tokens for that, which costs more than padding does in batches of like length.
    """
    from transformers.utils.import_utils import is_flash_attn_2_available, is_flash_attn_3_available

    if recipe.device != "cuda":
        return None
    if is_flash_attn_3_available():
        return "flash_attention_3"
    return "flash_attention_2" if is_flash_attn_2_available() else None


def _optimizer(recipe: Recipe) -> str:
    """Paged in 8 bit where memory is what is short; fused else. bitsandbytes has none for weights that are dealt out."""
    if recipe.device == "cpu":
        return "adamw_torch"
    return "paged_adamw_8bit" if recipe.load_in_4bit and not recipe.sharded else "adamw_torch_fused"


def _sharding(*, checkpointing: bool) -> dict[str, Any]:
    """FSDP2, one unit for each transformer layer; each process loads the weights itself, since 4-bit ones go no other way."""
    return {
        "version": 2,
        "reshard_after_forward": True,
        "auto_wrap_policy": "TRANSFORMER_BASED_WRAP",
        "cpu_ram_efficient_loading": False,
        "state_dict_type": "FULL_STATE_DICT",
        "activation_checkpointing": checkpointing,
    }


class UnslothBackend:
    """Unsloth's patched kernels on one NVIDIA GPU."""

    def prepare(self, work: Path) -> None:
        """Import Unsloth before anything that it patches; it sends no statistics, and compiles into the run's own folder."""
        os.environ.setdefault("UNSLOTH_DISABLE_STATISTICS", "1")
        os.environ.setdefault("UNSLOTH_COMPILE_LOCATION", str(work / "unsloth_compiled"))
        import unsloth  # noqa: F401  # pyright: ignore[reportMissingImports, reportUnusedImport]

    def load(self, recipe: Recipe) -> tuple[Any, Any]:
        """Return the base model with a fresh LoRA adapter, and the tokenizer."""
        from unsloth import FastLanguageModel  # pyright: ignore[reportMissingImports]

        model, _ = FastLanguageModel.from_pretrained(
            model_name=recipe.base_model.location,
            revision=revision_of(recipe.base_model),
            max_seq_length=recipe.max_length,
            dtype=compute_dtype(),
            load_in_4bit=recipe.load_in_4bit,
            trust_remote_code=False,
            use_exact_model_name=True,  # else a ready-made 4-bit copy takes its place, of other weights than are evaluated
        )
        require_finite(model, recipe.base_model)
        model = FastLanguageModel.get_peft_model(
            model,
            r=recipe.lora_r,
            lora_alpha=recipe.lora_alpha,
            lora_dropout=recipe.lora_dropout,
            target_modules=list(recipe.target_modules),
            bias="none",
            use_gradient_checkpointing="unsloth",
            random_state=recipe.seed,
        )
        # The tokenizer is loaded plainly: Unsloth may edit the chat template, and the mask is made with the model's own.
        return model, load_tokenizer(recipe.base_model)

    def trainer_settings(self, recipe: Recipe) -> dict[str, Any]:
        """Return precision and optimizer; checkpointing is Unsloth's own.

        Unsloth leaves examples that are tokenized padded: batches are of like length anyway.
        """
        import torch

        dtype = compute_dtype()
        return {
            "bf16": dtype == torch.bfloat16,
            "fp16": dtype == torch.float16,
            "optim": "adamw_8bit",
            "padding_free": False,
            "loss_type": "nll",
        }


BACKENDS: dict[str, type[Backend]] = {"trl": TrlBackend, "unsloth": UnslothBackend}
