"""The settings of one training run with every `auto` resolved: what the child process is given."""

from __future__ import annotations

import importlib.util
import math
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from langkah.chat.lengths import TooLong
from langkah.config import TrainConfig
from langkah.errors import ConfigError
from langkah.models import ModelRef
from langkah.training.diagnosis import Knobs, Remedy

TARGET_MODULES: Final = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
"""All linear layers of a block, as the QLoRA paper and the user's guide advise."""
_SMALL_MODEL: Final = 1_000_000_000
_EFFECTIVE_BATCH: Final = 8


class Recipe(BaseModel):
    """One training run, fully determined."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_model: ModelRef
    dataset: str = Field(description="digest of the dataset version")
    backend: Literal["trl", "unsloth"]
    device: Literal["cpu", "cuda"]
    load_in_4bit: bool
    lora_r: int
    lora_alpha: int
    lora_dropout: float
    target_modules: tuple[str, ...] = TARGET_MODULES
    learning_rate: float
    num_train_epochs: float
    per_device_batch_size: int
    gradient_accumulation_steps: int
    warmup_ratio: float
    weight_decay: float
    max_length: int = Field(description="tokens; a longer example is treated by `too_long`")
    too_long: TooLong
    memory_limit_gb: float | None
    validation: float
    validation_intents: float
    evaluations_per_epoch: int
    early_stopping_patience: int
    replay: float
    forgetting_limit: float
    seed: int
    threads: int | Literal["auto"]

    @property
    def effective_batch_size(self) -> int:
        """Examples behind one step of the optimizer (one device)."""
        return self.per_device_batch_size * self.gradient_accumulation_steps

    def steps_per_epoch(self, examples: int) -> int:
        """Return how many steps of the optimizer one pass over so many training examples is."""
        return math.ceil(examples / self.effective_batch_size)

    def steps(self, examples: int) -> int:
        """Return how many steps of the optimizer the run is."""
        return max(1, math.ceil(self.steps_per_epoch(examples) * self.num_train_epochs))

    def with_remedy(self, remedy: Remedy) -> Recipe:
        """Return the recipe with a remedy's settings."""
        types = {name: type(getattr(self, name)) for name in remedy.settings}
        return self.model_copy(update={name: types[name](value) for name, value in remedy.settings.items()})

    @property
    def knobs(self) -> Knobs:
        """What a diagnosis starts its remedies from."""
        return Knobs(*(getattr(self, name) for name in Knobs._fields))


def resolve_recipe(
    config: TrainConfig,
    model: ModelRef,
    *,
    dataset: str,
    max_length: int,
    too_long: TooLong = "truncate",
) -> Recipe:
    """Resolve every `auto` for this machine.

    Args:
        config: the section `train`.
        model: the base model.
        dataset: digest of the dataset version.
        max_length: longest example, tokens.
        too_long: what becomes of longer ones, where memory asks for shorter examples than the dataset has.

    Raises:
        ConfigError: a backend was asked for that cannot run here.
    """
    cuda = _cuda_available()
    backend = choose_backend(config)
    rate = config.learning_rate
    if rate == "auto":
        rate = 1e-3 if 0 < model.parameters < _SMALL_MODEL else 2e-4
    batch = config.per_device_batch_size
    if batch == "auto":
        batch = 2 if cuda else _EFFECTIVE_BATCH
    accumulation = config.gradient_accumulation_steps
    if accumulation == "auto":
        accumulation = max(1, _EFFECTIVE_BATCH // batch)
    return Recipe(
        base_model=model,
        dataset=dataset,
        backend=backend,
        device="cuda" if cuda else "cpu",
        load_in_4bit=cuda if config.load_in_4bit == "auto" else config.load_in_4bit,
        lora_r=config.lora_r,
        lora_alpha=config.lora_alpha,
        lora_dropout=config.lora_dropout,
        learning_rate=rate,
        num_train_epochs=config.num_train_epochs,
        per_device_batch_size=batch,
        gradient_accumulation_steps=accumulation,
        warmup_ratio=config.warmup_ratio,
        weight_decay=config.weight_decay,
        max_length=max_length,
        too_long=too_long,
        memory_limit_gb=config.memory_limit_gb,
        validation=config.validation,
        validation_intents=config.validation_intents,
        evaluations_per_epoch=config.evaluations_per_epoch,
        early_stopping_patience=config.early_stopping_patience,
        replay=config.replay,
        forgetting_limit=config.forgetting_limit,
        seed=config.seed,
        threads=config.threads,
    )


def choose_backend(config: TrainConfig) -> Literal["trl", "unsloth"]:
    """Return the backend that trains here.

    Raises:
        ConfigError: the settings name one that cannot run here.
    """
    cuda = _cuda_available()
    has_unsloth = importlib.util.find_spec("unsloth") is not None
    if config.backend == "unsloth" and not cuda:
        raise ConfigError("train.backend: unsloth needs an NVIDIA GPU and there is none: set train.backend=trl (or auto)")
    if config.backend == "unsloth" and not has_unsloth:
        raise ConfigError("train.backend: unsloth is not installed: `pip install langkah[gpu]`, or set train.backend=trl")
    if config.backend == "auto":
        return "unsloth" if cuda and has_unsloth else "trl"
    return config.backend


def _cuda_available() -> bool:
    import torch

    return torch.cuda.is_available()
