"""General instructions: what the model could do before, and whether it still can.

A LoRA adapter that answers help-desk questions well may have cost the model its other knowledge ("catastrophic forgetting").
It shows in the loss on the answers of a small probe, with the adapter and without.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

from langkah.chat import ChatEncoder, EncodedExample
from langkah.records import ChatExample
from langkah.training.validation import watched_losses


class Forgetting(BaseModel):
    """Mean loss in nats on the answers of the probe, before and after training."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    before: float
    after: float
    limit: float = Field(description="rise that is warned of: by .5, a token of an answer is .6 times as likely as before")

    @property
    def rise(self) -> float:
        """How much the loss rose; below zero where it fell."""
        return self.after - self.before

    @property
    def forgot(self) -> bool:
        """Whether it rose beyond the limit."""
        return self.rise > self.limit

    def __str__(self) -> str:
        """What a report says of it."""
        said = f"Loss on general instructions {self.before:.2f} before, {self.after:.2f} after"
        more = "" if not self.forgot else f": more than {self.limit:g} forgotten; train.replay=0.2 or fewer epochs may help"
        return f"{said}{more}."


@cache
def general_examples(part: str) -> tuple[ChatExample, ...]:
    """Return the rows of `probe` or `replay`, in the order of the file."""
    text = (resources.files("langkah.training") / "general.yaml").read_text(encoding="utf-8")
    rows = yaml.safe_load(text)[part]
    return tuple(
        ChatExample(intent=f"general {part} {number}", prompt=row["ask"], completion=row["answer"], original=True)
        for number, row in enumerate(rows, start=1)
    )


def measure_forgetting(trainer: Any, encoder: ChatEncoder, limit: float) -> Forgetting:
    """Measure the probe with the adapter and without it.

    Args:
        trainer: a trainer whose model is a PEFT model.
        encoder: of the model's tokenizer.
        limit: rise in nats that is warned of.
    """
    probe: list[EncodedExample] = [encoder.encode(example) for example in general_examples("probe")]
    after = watched_losses(trainer, {"probe": probe})["loss"]
    with trainer.accelerator.unwrap_model(trainer.model).disable_adapter():
        before = watched_losses(trainer, {"probe": probe})["loss"]
    return Forgetting(before=round(before, 4), after=round(after, 4), limit=limit)
