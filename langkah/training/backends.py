"""The two ways to a base model with a fresh adapter on it; both are trained by the same SFTTrainer."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Protocol

from langkah.models.loading import compute_dtype, load_model, load_tokenizer, revision_of
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
        from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training

        model = load_model(recipe.base_model, load_in_4bit=recipe.load_in_4bit)
        checkpointing = recipe.device == "cuda"
        if recipe.load_in_4bit:
            model = prepare_model_for_kbit_training(model, use_gradient_checkpointing=checkpointing)
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
            from langkah.training import onednn

            if onednn.available():
                onednn.use_onednn(model)
        return model, load_tokenizer(recipe.base_model)

    def trainer_settings(self, recipe: Recipe) -> dict[str, Any]:
        """Return precision, optimizer and checkpointing for the device."""
        import torch

        cuda = recipe.device == "cuda"
        dtype = compute_dtype()
        return {
            "use_cpu": not cuda,
            "bf16": dtype == torch.bfloat16,
            "fp16": dtype == torch.float16,
            "gradient_checkpointing": cuda,
            "optim": "paged_adamw_8bit" if cuda else "adamw_torch",
        }


class UnslothBackend:
    """Unsloth's patched kernels on one NVIDIA GPU."""

    def prepare(self, work: Path) -> None:
        """Import Unsloth before anything that it patches."""
        os.environ.setdefault("UNSLOTH_DISABLE_CPU_FALLBACK", "1")
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
        )
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
        """Return precision and optimizer; checkpointing is Unsloth's own."""
        import torch

        dtype = compute_dtype()
        return {
            "bf16": dtype == torch.bfloat16,
            "fp16": dtype == torch.float16,
            "optim": "adamw_8bit",
            "loss_type": "nll",
        }


BACKENDS: dict[str, type[Backend]] = {"trl": TrlBackend, "unsloth": UnslothBackend}
