"""The base model of a run, chosen once: one commit for all its steps, whatever the hub's main branch does meanwhile."""

from __future__ import annotations

from langkah.config import RunConfig
from tasks.choosing import choose_model


def pin_base_model(config: RunConfig) -> RunConfig:
    """Return the settings with the base model that they lead to on this machine.

    Raises:
        ConfigError: there is no such model, or the catalogue is wrong.
    """
    length = config.chat.max_length
    model = choose_model(config.train, length if isinstance(length, int) else None)
    return config.model_copy(update={"train": config.train.model_copy(update={"base_model": model.pinned})})
