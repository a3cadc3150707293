"""The guide's table of the least GPU memory by model size."""

from __future__ import annotations

import itertools
from functools import lru_cache
from importlib import resources

import yaml
from pydantic import BaseModel, ConfigDict, Field


class VramRow(BaseModel):
    """GB that tuning a model of this size takes at least."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    parameters: float = Field(description="billions")
    qlora: float = Field(description="GB, 4-bit base")
    lora: float = Field(description="GB, 16-bit base")


class VramTable(BaseModel):
    """The rows, smallest first, and where they are from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    rows: tuple[VramRow, ...]

    def at(self, parameters: float) -> VramRow | None:
        """Return the row for a size in billions, straight between two rows; None outside the table."""
        for low, high in itertools.pairwise(self.rows):
            if low.parameters <= parameters <= high.parameters:
                share = (parameters - low.parameters) / (high.parameters - low.parameters)
                qlora = low.qlora + share * (high.qlora - low.qlora)
                return VramRow(parameters=parameters, qlora=qlora, lora=low.lora + share * (high.lora - low.lora))
        return None


@lru_cache(maxsize=1)
def vram_table() -> VramTable:
    """Return the guide's table."""
    text = (resources.files("langkah.models") / "vram_table.yaml").read_text(encoding="utf-8")
    return VramTable.model_validate(yaml.safe_load(text))
