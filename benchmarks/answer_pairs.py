"""Pairs of answers as a tuned model and an expert would give them, made from the real ones of `../shared/data`."""

import json
import random
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "../shared/data/gnome-help-en.jsonl"


def answer_pairs(count: int, seed: int = 0) -> tuple[list[str], list[str]]:
    """`count` predictions, almost all distinct, and their references, which come back as they do in an evaluation.

    A prediction is the reference's text or, one time in three, another answer's, without a third of its words.
    """
    if not SOURCE.is_file():
        raise SystemExit(f"skipped: {SOURCE} is not here")
    answers = [str(json.loads(line)["output"]) for line in SOURCE.read_text(encoding="utf-8").splitlines()]
    generator = random.Random(seed)

    def thin(text: str) -> str:
        lines = text.splitlines()
        return "\n".join(" ".join(word for word in line.split() if generator.random() >= 1 / 3) for line in lines)

    predictions: list[str] = []
    references: list[str] = []
    for _ in range(count):
        answer = generator.choice(answers)
        other = generator.choice(answers) if generator.random() < 1 / 3 else answer
        references.append(answer)
        predictions.append(thin(other))
    return predictions, references
