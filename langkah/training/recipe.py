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
from langkah.models.architecture import read_architecture
from langkah.models.memory import EFFECTIVE_BATCH, GB, Workload, largest_batch
from langkah.training.diagnosis import Knobs, Remedy

TARGET_MODULES: Final = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
"""All linear layers of a block, as the QLoRA paper and the user's guide advise."""
_SMALL_MODEL: Final = 1_000_000_000


class Recipe(BaseModel):
    """One training run, fully determined."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_model: ModelRef
    dataset: str = Field(description="digest of the dataset version")
    backend: Literal["trl", "unsloth"]
    device: Literal["cpu", "cuda"]
    devices: int = Field(description="processes, each with one GPU, or each with a share of the CPU's cores")
    parallel: Literal["ddp", "fsdp"] = Field(
        description="what several devices hold: each the whole base model, or a share of it"
    )
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
        """Examples behind one step of the optimizer, on all devices together."""
        return self.per_device_batch_size * self.gradient_accumulation_steps * self.devices

    @property
    def sharded(self) -> bool:
        """Whether each device holds only a share of the base model."""
        return self.devices > 1 and self.parallel == "fsdp"

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
        ConfigError: a backend was asked for that cannot run here, or more devices than there are.
    """
    cuda = _cuda_available()
    devices = count_devices(config)
    backend = choose_backend(config)
    rate = config.learning_rate
    if rate == "auto":
        rate = 1e-3 if 0 < model.parameters < _SMALL_MODEL else 2e-4
    in_4bit = cuda if config.load_in_4bit == "auto" else config.load_in_4bit
    batch = config.per_device_batch_size
    accumulation = config.gradient_accumulation_steps
    if batch == "auto":
        workload = Workload.of("cuda" if cuda else "cpu", load_in_4bit=in_4bit, lora_r=config.lora_r, tokens=max_length)
        shared = devices * (1 if accumulation == "auto" else accumulation)
        batch = _fitting_batch(model, workload, max(1, EFFECTIVE_BATCH // shared), devices, config.memory_limit_gb)
    if accumulation == "auto":
        accumulation = max(1, EFFECTIVE_BATCH // (batch * devices))
    return Recipe(
        base_model=model,
        dataset=dataset,
        backend=backend,
        device="cuda" if cuda else "cpu",
        devices=devices,
        parallel=config.parallel,
        load_in_4bit=in_4bit,
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


def _fitting_batch(model: ModelRef, workload: Workload, at_most: int, devices: int, limit_gb: float | None) -> int:
    """Return how many examples a device should take at once: on a GPU as many as fit, since many small kernels leave it idle.

    On a CPU a batch is computed in parts of like length, and larger ones cost next to nothing. Where the estimate is too bold,
    training halves the batch and keeps what a step learns from.
    """
    if workload.device == "cpu":
        return at_most
    import torch

    memory = min(torch.cuda.get_device_properties(device).total_memory for device in range(min(devices, _cuda_devices())))
    if limit_gb is not None:
        memory = min(memory, round(limit_gb * GB))
    try:
        architecture = read_architecture(model)
    except ConfigError:  # of a kind that only its own code knows
        return min(2, at_most)
    return largest_batch(architecture, workload, memory, model.parameters or None, at_most=at_most) or 1


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
        raise ConfigError(
            "train.backend: unsloth is not installed: `make setup LOCK=requirements-gpu.lock`, or set train.backend=trl"
        )
    several = count_devices(config) > 1
    if config.backend == "unsloth" and several:
        raise ConfigError(
            "train.devices: unsloth trains on one: set train.devices=1 and train.nodes=1, or train.backend=trl for several"
        )
    if config.backend == "auto":
        return "unsloth" if cuda and has_unsloth and not several else "trl"
    return config.backend


def count_devices(config: TrainConfig) -> int:
    """Return how many devices train, on all machines together: each has as many as this one.

    Raises:
        ConfigError: the settings name more than there are.
    """
    there = _cuda_devices()
    if config.devices == "auto":
        return config.nodes * (1 if config.backend == "unsloth" else max(1, there))
    if 0 < there < config.devices:
        raise ConfigError(f"train.devices: {config.devices} were asked for, and there are {there}: set train.devices=auto")
    return config.nodes * config.devices


def _cuda_available() -> bool:
    return _cuda_devices() > 0


def _cuda_devices() -> int:
    import torch

    return torch.cuda.device_count() if torch.cuda.is_available() else 0
