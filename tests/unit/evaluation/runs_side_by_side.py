"""Runs as a comparison reads them, made by hand."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from langkah.config import EvaluateConfig
from langkah.evaluation import TrainingSide, score_answers, score_rows
from langkah.evaluation.runs.data import JudgedRun, RunFacts
from langkah.records import Answer
from langkah.same_text import same_text_key

CONFIG = EvaluateConfig(resamples=2000)


def answer(intent: str, number: int, prediction: str, **other: Any) -> Answer:
    """The answer to the `number`-th wording of an intent, whose reference has three steps."""
    fields: dict[str, Any] = {
        "slice": "eval", "intent": intent, "language": "en", "prompt": f"How do I {intent}, wording {number}?",
        "reference": f"1. Open the page of {intent}.\n2. Choose the {intent} that you want.\n3. Press Save.",
        "prediction": prediction, "ended": True,
    }  # fmt: skip
    return Answer(**fields | other)


def run(
    name: str, answers: Sequence[Answer], trained: Sequence[str] | None = (), prompts: Sequence[str] = (), **facts: Any
) -> JudgedRun:
    """A run that trained on these intents and prompts; on what is not known where `trained` is None."""
    rows = score_rows(answers)
    fields: dict[str, Any] = {
        "name": name, "created": "2026-11-27T08:00:00+00:00", "adapter": f"ad{name}", "scores": f"sc{name}",
        "dataset": "d" * 64, "base_model": "tiny", "verdict": {"passed": False}, "score_version": 3,
        "meteor_kinds": {"en": "nltk"}, "settings": {"train.lora_r": 16},
        "metrics": {key: value.model_dump() for key, value in score_answers(answers, CONFIG, rows).items()},
    }  # fmt: skip
    side = None if trained is None else TrainingSide(frozenset(map(same_text_key, prompts)), frozenset(trained))
    return JudgedRun(RunFacts.model_validate(fields | facts), tuple(answers), rows, side)


INTENTS = [f"order {thing}" for thing in ("lamps", "chairs", "tables", "shelves", "rugs", "beds", "desks", "sofas")]


def answers_of(seed: int, keep: float, **other: Any) -> list[Answer]:
    """Two wordings of each intent, answered with about this share of the reference's words."""
    draw = random.Random(seed)
    found: list[Answer] = []
    for intent in INTENTS:
        for number in (1, 2):
            reference = answer(intent, number, "").reference
            words = [word for word in reference.split(" ") if draw.random() < keep]
            found.append(answer(intent, number, " ".join(words), **other))
    return found
