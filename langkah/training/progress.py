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


class TrainingResult(BaseModel):
    """What the child reports at the end."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    backend: str
    precision: str
    device: str
    steps: int
    resumed_from: int = Field(description="step of the checkpoint that training went on from, 0 for a fresh start")
    train_examples: int
    validation_examples: int
    shortened: int = Field(description="training examples cut or left out since memory ran out with the dataset's max_length")
    best_step: int | None = Field(description="step whose checkpoint is the adapter; None where nothing was watched")
    best_eval_loss: float | None
    verdict: str = Field(description="of the diagnosis: healthy, overfitting, underfitting, divergence, unclear")
    forgetting: float = Field(description="rise of the loss on general instructions, nats")
    tokens: int = Field(description="real (unpadded) tokens that this process trained on")
    seconds: float = Field(description="of training in this process, model loading apart")
    tokens_per_second: float
    peak_memory_gb: float
    trainable_parameters: int
    packages: dict[str, str]
