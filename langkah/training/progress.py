"""What the training child tells its parent, one JSON object a line."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Progress(BaseModel):
    """One point of the training curve."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    step: int
    total_steps: int
    epoch: float
    loss: float | None = Field(default=None, description="mean loss on the answers of this step's batch")
    eval_loss: float | None = Field(default=None, description="loss on the answers of the validation variants")
    learning_rate: float | None = None
    seconds: float = Field(default=0.0, description="since training began in this process")
    seconds_left: float | None = None
    tokens_per_second: float | None = Field(
        default=None, description="real (unpadded) tokens, all devices, since training began"
    )
    memory_gb: float | None = Field(default=None, description="peak so far: of the GPU's allocator, or of the process")


class TrainingResult(BaseModel):
    """What the child reports at the end."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    backend: str
    precision: str
    device: str = Field(description="name of the GPU or CPU")
    devices: int
    steps: int
    per_device_batch_size: int = Field(description="smaller than asked for where memory ran out; so with the next two")
    gradient_accumulation_steps: int
    max_length: int = Field(description="tokens")
    resumed_from: int = Field(description="step of the checkpoint that training went on from, 0 for a fresh start")
    train_examples: int
    validation_examples: int
    shortened: int = Field(description="training examples cut or left out since memory ran out with the dataset's max_length")
    best_step: int | None = Field(description="step whose checkpoint is the adapter; None where nothing was watched")
    best_eval_loss: float | None
    verdict: str = Field(description="of the diagnosis: healthy, overfitting, underfitting, divergence, unclear")
    forgetting: float = Field(description="rise of the loss on general instructions, nats")
    tokens: int = Field(description="real (unpadded) tokens that were trained on since `resumed_from`")
    seconds: float = Field(description="of training in this process, model loading apart")
    tokens_per_second: float
    device_seconds: float = Field(description="what the run cost: seconds of all its attempts, loading included, x devices")
    peak_memory_gb: float = Field(description="of the device that took most")
    trainable_parameters: int
    packages: dict[str, str]
