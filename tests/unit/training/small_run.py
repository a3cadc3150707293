"""A run of a few steps on the tiny model, and what it leaves behind."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from langkah.config import TrainConfig
from langkah.models import resolve_model
from langkah.records import ChatExample
from langkah.training import Recipe, resolve_recipe

NAMES = ["lamp", "door", "radio", "window", "kettle", "fridge", "heater", "clock"]
EXAMPLES = [
    ChatExample(
        intent=name,
        prompt=ask.format(name),
        completion=f"1. Go to the {name}.\n2. Press the {name}'s button.",
        original=not number,
    )
    for name in NAMES
    for number, ask in enumerate(("How do I use the {}?", "Show me how to use the {}.", "I want to use the {}."))
]


def recipe(model: Path, **settings: Any) -> Recipe:
    config = TrainConfig.model_validate({"threads": 1, "validation": 0.2, **settings})
    return resolve_recipe(config, resolve_model(str(model)), dataset="d" * 64, max_length=128)


def curve(adapter: Path) -> list[dict[str, float]]:
    return json.loads((adapter / "curve.json").read_text())


def children(parent: int | None = None) -> list[int]:
    """The training children of a process, from /proc."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
            command = (status.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if int(fields[1]) == (parent or os.getpid()) and b"langkah.training.child" in command and fields[0] != "Z":
            found.append(int(status.parent.name))
    return found
