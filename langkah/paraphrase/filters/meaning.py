"""How much of a prompt's meaning a variant keeps, and whether the prompt of another intent is nearer to it.

Each measure is made of all prompts of one language, and compares a batch of variants with all of them at once. A prompt that
asks the same as the own one (a twin) is no other: two files may have the same question with two answers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from langkah.paraphrase.filters.stems import all_stems, content_stems
from langkah.paraphrase.lexicon import Tongue

TWIN: Final = 0.95
"""Cosine from which two prompts ask the same."""
_AT_ONCE: Final = 512

MeasureName = Literal["words", "embedding"]
Vectors = NDArray[np.float32]
Embed = Callable[[Sequence[str]], Vectors]
"""Texts to rows of unit length."""


@dataclass(frozen=True)
class Meaning:
    """What a measure says of one variant."""

    kept: float
    """How much of the original's meaning the variant has, up to 1."""
    margin: float
    """How much nearer the own prompt is than the nearest one of another intent; below 0: that one is nearer."""


class Measure(Protocol):
    """A way to compare meanings."""

    name: MeasureName

    def compare(self, pairs: Sequence[tuple[int, str]]) -> list[Meaning]:
        """Compare variants, each given with the place of its own prompt."""
        ...


class EmbeddingMeasure:
    """Cosine of sentence embeddings.

    Args:
        prompts: the originals.
        embed: the encoder.
    """

    name: MeasureName = "embedding"

    def __init__(self, prompts: Sequence[str], embed: Embed) -> None:
        self._embed = embed
        self._originals = embed(prompts)

    def compare(self, pairs: Sequence[tuple[int, str]]) -> list[Meaning]:
        """Compare variants, each given with the place of its own prompt."""
        found: list[Meaning] = []
        for start in range(0, len(pairs), _AT_ONCE):
            batch = pairs[start : start + _AT_ONCE]
            own = np.array([place for place, _ in batch])
            cosines = self._embed([text for _, text in batch]) @ self._originals.T
            between = self._originals[own] @ self._originals.T
            found += [Meaning(float(kept), margin) for kept, margin in _read(cosines, between, own)]
        return found


class WordMeasure:
    """The share of a prompt's content stems that a variant keeps; prompts and variants as vectors of stems, weighted by idf.

    Args:
        prompts: the originals.
        tongue: whose stems are taken.
    """

    name: MeasureName = "words"

    def __init__(self, prompts: Sequence[str], tongue: Tongue) -> None:
        self._tongue: Tongue = tongue
        self._stems = [content_stems(prompt, tongue) for prompt in prompts]
        places: defaultdict[str, list[int]] = defaultdict(list)
        for place, stems in enumerate(self._stems):
            for each in sorted(stems):
                places[each].append(place)
        self._places = {each: np.array(those) for each, those in places.items()}
        self._count = len(prompts)
        weights = {len(those): self._idf(len(those)) for those in places.values()}
        self._weights = {each: weights[len(those)] for each, those in places.items()}
        self._unseen = self._idf(0)
        self._norms = np.array([self._norm(stems) for stems in self._stems])

    def compare(self, pairs: Sequence[tuple[int, str]]) -> list[Meaning]:
        """Compare variants, each given with the place of its own prompt."""
        found: list[Meaning] = []
        for start in range(0, len(pairs), _AT_ONCE):
            batch = pairs[start : start + _AT_ONCE]
            own = np.array([place for place, _ in batch])
            variants = [content_stems(text, self._tongue) for _, text in batch]
            cosines = np.stack([self._cosines(stems) for stems in variants])
            between = np.stack([self._cosines(self._stems[place]) for place in own])
            margins = [margin for _, margin in _read(cosines, between, own)]
            kept = [self._kept(self._stems[place], all_stems(text, self._tongue)) for place, text in batch]
            found += [Meaning(*both) for both in zip(kept, margins, strict=True)]
        return found

    def _idf(self, prompts: int) -> float:
        """Inverse document frequency of a stem of so many prompts, smoothed as scikit-learn does."""
        return float(np.log((1 + self._count) / (1 + prompts))) + 1

    def _weight(self, stem: str) -> float:
        return self._weights.get(stem, self._unseen)

    def _norm(self, stems: frozenset[str]) -> float:
        return float(np.sqrt(sum(self._weight(each) ** 2 for each in sorted(stems)))) or 1.0

    def _cosines(self, stems: frozenset[str]) -> NDArray[np.float64]:
        """To all prompts."""
        dots = np.zeros(self._count)
        for each in sorted(stems & self._places.keys()):
            dots[self._places[each]] += self._weight(each) ** 2
        return dots / self._norms / self._norm(stems)

    def _kept(self, original: frozenset[str], variant: frozenset[str]) -> float:
        weights = {each: self._weight(each) for each in sorted(original)}
        return sum(weights[each] for each in weights if each in variant) / (sum(weights.values()) or 1.0)


def _read(cosines: NDArray[Any], between: NDArray[Any], own: NDArray[Any]) -> list[tuple[float, float]]:
    """The cosine of each variant to its own prompt, and how far that is ahead of the best of the others."""
    rows = np.arange(len(own))
    mine = cosines[rows, own]
    others = np.where(between >= TWIN, -1.0, cosines)
    others[rows, own] = -1.0
    return [(float(a), float(a - b)) for a, b in zip(mine, others.max(axis=1), strict=True)]
