"""How the adapter is trained."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from langkah.config.sections import Float, Int, Section


class TrainConfig(Section):
    """The LoRA recipe."""

    form = ("base_model", "num_train_epochs", "learning_rate", "lora_r")

    base_model: str = Field(default="auto", title="Base model", examples=["Qwen/Qwen3-8B"])
    """`auto`, a name of the catalogue, a hub id, a local folder, or a GGUF file. `auto`: the best IFEval score of what fits the
    GPU (`langkah models` shows all); without CUDA the bundled `smollm2-135m-instruct`."""
    catalogue: str | None = Field(default=None, title="Catalogue of your own", examples=["models.yaml"])
    """YAML file with models that extend Langkah's catalogue; None: the one that LANGKAH_CATALOGUE names, if any. See
    docs/models.md."""
    backend: Literal["auto", "trl", "unsloth"] = Field(default="auto", title="Backend")
    """`auto`: Unsloth where CUDA and Unsloth are, TRL elsewhere."""
    load_in_4bit: bool | Literal["auto"] = Field(default="auto", title="QLoRA (4-bit NF4 base)")
    """`auto`: on with CUDA, off on a CPU, where LoRA in fp32 is faster and a small model fits anyway."""
    lora_r: Int = Field(default=16, ge=1, le=256, title="LoRA rank r")
    """Capacity of the adapter; the guide's 16 or 32."""
    lora_alpha: Int = Field(default=32, ge=1, le=512, title="LoRA alpha")
    """Strength of the adapter; r or 2r."""
    lora_dropout: Float = Field(default=0.0, ge=0, lt=1, title="LoRA dropout")
    """0 is what Unsloth's fast path needs."""
    learning_rate: Float | Literal["auto"] = Field(default="auto", title="Learning rate")
    """`auto`: 2e-4 from 1B parameters on, 1e-3 below."""
    num_train_epochs: Float = Field(default=3, gt=0, le=100, title="Epochs")
    """How often the model sees each example; the guide's 1-3."""
    devices: Int | Literal["auto"] = Field(default="auto", title="Devices to train on at once")
    """On each machine. `auto`: the CUDA devices there are, 1 on a CPU, and 1 where Unsloth is asked for by name."""
    nodes: Int = Field(default=1, ge=1, le=64, title="Machines that train together")
    """Each with `devices`, and the workspace on a file system that they share; on the others `langkah join` waits."""
    rendezvous: str = Field(default="", title="Where the machines meet, host:port", examples=["trainer-0:29400"])
    """An address of the run's own machine that the others reach; it is not part of what a training is known by."""
    parallel: Literal["ddp", "fsdp"] = Field(default="ddp", title="What several devices hold")
    """`ddp`: each the whole base model; faster. `fsdp`: each a share of it while it trains, for longer examples."""
    per_device_batch_size: Int | Literal["auto"] = Field(default="auto", title="Batch size for each device, examples")
    """`auto`: 8, or on a GPU what fits of that, shared by the devices: an effective batch of 8. Larger is faster and takes more
    memory."""
    gradient_accumulation_steps: Int | Literal["auto"] = Field(default="auto", title="Gradient accumulation, batches")
    """Effective batch size = batch size x accumulation x devices. `auto` makes it 8, or what comes nearest below."""
    warmup_ratio: Float = Field(default=0.05, ge=0, le=0.5, title="Warm-up, share of all steps")
    """The guide's 5-10 %."""
    weight_decay: Float = Field(default=0.01, ge=0, le=0.1, title="Weight decay")
    """The guide's 0.01, at most 0.1."""
    validation: Float = Field(default=0.1, ge=0, le=0.5, title="Share of intents watched while training")
    """One training variant of each of them gives the validation loss, and is not trained on; never eval, never hold-out."""
    validation_intents: Float = Field(default=0.03, ge=0, le=0.5, title="Share of intents watched whole, from 20 intents on")
    """None of their variants is trained on: what is learned by heart shows only there. 0 trains them all."""
    evaluations_per_epoch: Int = Field(default=2, ge=1, le=100, title="Evaluations in an epoch")
    """How often the validation loss is measured, and a checkpoint kept."""
    early_stopping_patience: Int = Field(default=3, ge=0, le=100, title="Early stopping, evaluations without a better loss")
    """Training ends after so many; the best checkpoint is the adapter anyway. 0: never ends early."""
    auto_remedy: Int = Field(default=0, ge=0, le=5, title="Remedies to try by itself")
    """After an unhealthy run, train again with the diagnosis' remedies, up to so many times; the lowest validation loss is
    kept."""
    replay: Float = Field(default=0.0, ge=0, le=0.5, title="General instructions mixed in, share of the training examples")
    """Against forgetting: rows of `langkah/training/general.yaml`, at most the 36 that it holds."""
    forgetting_limit: Float = Field(default=0.5, ge=0, le=10, title="Rise of the loss on general instructions to warn of, nats")
    """Measured on a probe of 36 general questions, with the adapter and without."""
    seed: Int = Field(default=0, ge=0, title="Seed of weights and data order")
    """Same seed, same machine: same adapter."""
    memory_limit_gb: Float | None = Field(default=None, gt=0, title="Most memory to take, GB")
    """Of the GPU, or of the training process on a CPU. None: all there is. Where it runs out, batches are halved (with the
    effective batch kept), then examples shortened by `chat.too_long`, at most three times."""
    threads: Int | Literal["auto"] = Field(default="auto", title="CPU threads")
    """`auto`: the cores this process may use."""
    timeout_minutes: Float = Field(default=24 * 60, gt=0, title="Time-out, minutes")
    """The training child is ended after it; its last checkpoint stays for the next run."""

    @model_validator(mode="after")
    def _meets(self) -> Self:
        host, _, port = self.rendezvous.rpartition(":")
        if (self.nodes > 1 or self.rendezvous) and not (host and port.isdecimal() and 0 < int(port) < 65536):
            raise ValueError("rendezvous: several nodes need host:port of the run's own machine, such as trainer-0:29400")
        return self

    @field_validator("learning_rate")
    @classmethod
    def _rate_in_range(cls, value: float | str) -> float | str:
        if isinstance(value, float) and not 0 < value <= 0.1:
            raise ValueError("expected `auto` or a number above 0 and up to 0.1")
        return value

    @field_validator("devices", "per_device_batch_size", "gradient_accumulation_steps", "threads")
    @classmethod
    def _positive(cls, value: int | str) -> int | str:
        if isinstance(value, int) and not 1 <= value <= 4096:
            raise ValueError("expected `auto` or 1 to 4096")
        return value
