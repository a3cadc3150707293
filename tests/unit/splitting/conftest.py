from __future__ import annotations

from collections.abc import Callable

import pytest

from langkah.records import PromptVariant

MakeIntent = Callable[..., list[PromptVariant]]
_NUMBERS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


def _intent(number: int, *sides: str | None, answer: str | None = None) -> list[PromptVariant]:
    """An original and a paraphrase for each of `sides`; no two intents are near-duplicates."""
    word = "".join(_NUMBERS[int(digit)] for digit in str(number))
    original = f"How do I repair {word}?"
    common = {
        "intent": f"faq#{number:04}",
        "output": answer or f"1. Open {word}.\n2. Press {word}{word}.\n3. Close {word}lid.",
        "language": "en",
        "source": "faq",
    }
    found = [PromptVariant(prompt=original, **common)]
    for at, side in enumerate(sides):
        frame = None if side is None else f"{side}-{at}"
        found.append(
            PromptVariant(prompt=f"Tell way {at} to repair {word}", variant_of=original, frame=frame, side=side, **common)
        )
    return found


@pytest.fixture(scope="session")
def intent() -> MakeIntent:
    return _intent
