"""When new FAQ data call for a re-training."""

from __future__ import annotations

from pydantic import Field

from langkah.config.sections import Int, Section


class WatchConfig(Section):
    """What is watched, and how much must be new."""

    name: str = Field(default="faqs", pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", title="Name of what is watched")
    """Of a product or team; each name remembers by itself what was trained on. Part of the events' resource,
    `langkah.faqs.NAME`."""
    at_least: Int = Field(default=1, ge=1, le=1_000_000, title="Least number of new FAQs")
    """Added, changed and retired ones together; with fewer nothing is trained."""
