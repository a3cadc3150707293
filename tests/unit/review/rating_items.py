"""Answers to rate that tests share."""

from __future__ import annotations

from langkah.rated_answers import CRITERIA
from langkah.review import RatingItem

SYSTEMS = ("base", "tuned", "reference")


def rating_item(number: int, systems: tuple[str, ...] = SYSTEMS, **changes: object) -> RatingItem:
    """The item of this number: a question of its own, and an answer of each system."""
    values = {
        "language": "id" if number % 3 == 0 else "en", "prompt": f"How do I set sound {number}?", "row": number,
        "answers": {system: f"1. Open Settings {place}.\n2. Press Save {number}." for place, system in enumerate(systems)},
        "intent": f"faq:{number}", "slice": "eval", "drawn": "random",
    }  # fmt: skip
    return RatingItem.model_validate({**values, **changes})


def all_rated(item: RatingItem, score: int = 3) -> dict[str, dict[str, int]]:
    """The same score for all."""
    return {system: dict.fromkeys(CRITERIA, score) for system in item.answers}
