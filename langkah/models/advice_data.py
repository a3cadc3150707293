"""What the advisor says, as `langkah models --json` writes it. A GB is 2^30 bytes; IFEval is in per cent."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from langkah.models.vram_table import VramTable


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class GuideFigures(_Record):
    """Least memory by the guide's table, for a model of this size."""

    qlora_gb: float
    lora_gb: float


class Candidate(_Record):
    """One model of the catalogue on one device."""

    name: str
    path: str
    parameters: float = Field(description="billions")
    ifeval: float | None
    licence: str
    chat_family: str
    source: str
    guide: GuideFigures | None = Field(description="None where the table has no such size")
    estimate_gb: float = Field(description="by the method in force, batch 1")
    qlora_gb: float = Field(description="the same with a 4-bit base")
    lora_gb: float = Field(description="the same with a base in 16 bits (32 on a CPU)")
    fits: bool
    batch: int | None = Field(description="largest of 8, 4, 2, 1 that fits")
    batch_gb: float | None = Field(description="estimate with that batch")
    parts_gb: dict[str, float] = Field(description="of that estimate, by part")
    longest_sequence: int = Field(description="tokens that would fit with batch 1")
    context: int = Field(description="tokens that the model knows")
    verdict: str = Field(default="", description="why it is, or is not, the one")


class Recommendation(_Record):
    """The model to tune, and the numbers to tune it with."""

    name: str
    path: str
    parameters: float
    ifeval: float | None
    licence: str
    guide: GuideFigures | None
    estimate_gb: float
    batch_gb: float | None
    sequence: int
    batch: int = Field(description="for train.per_device_batch_size")
    gradient_accumulation: int = Field(description="for train.gradient_accumulation_steps: together 8")
    reason: str
    warning: str | None = Field(description="what stands in its way at the moment")


class Advice(_Record):
    """All candidates, and the one that is recommended: None where none fits."""

    device: Literal["cuda", "cpu", "figure"]
    device_name: str
    total_gb: float
    free_gb: float | None
    usable_gb: float
    method: Literal["qlora", "lora"]
    backend: Literal["trl", "unsloth"]
    lora_r: int
    sequence: int = Field(description="tokens of the longest example")
    recommended: Recommendation | None
    models: list[Candidate]
    guide: VramTable
