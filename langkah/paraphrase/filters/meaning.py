"""How much of a prompt's meaning a variant keeps, and whether the prompt of another intent is nearer to it.

Each measure is made of all prompts of one language, and compares variants with those that could be nearer. A prompt that
asks the same as the own one (a twin) is no other: two files may have the same question with two answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from langkah.paraphrase.filters.stems import StemSets, all_stems, content_stems
from langkah.paraphrase.lexicon import Tongue

TWIN: Final = 0.95
"""Cosine from which two prompts ask the same."""
CLEAR: Final = 0.1
"""A prompt that is so much farther away than the own one is not looked for: a margin is told up to here."""
_AT_ONCE: Final = 512
_TILE: Final = 1 << 16
"""Prompts that a batch is compared with at once."""
_PAIRS: Final = 1 << 18
"""Of a variant and another prompt, counted together."""

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
    """How much nearer the own prompt is than the nearest one of another intent, up to `CLEAR`; below 0: that one is nearer."""
    alike: bool = False
    """Whether the variant has the very content stems of its prompt: then its meaning is its prompt's."""


class Measure(Protocol):
    """A way to compare meanings."""

    name: MeasureName

    def compare(self, pairs: Sequence[tuple[int, str]]) -> list[Meaning]:
        """Compare variants, each given with the place of its own prompt."""
        ...


class EmbeddingMeasure:
    """Cosine of sentence embeddings; every variant with every prompt, so time grows with the square of the prompts.

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
            variants, prompts = self._embed([text for _, text in batch]), self._originals[own]
            mine = np.einsum("ij,ij->i", variants, prompts)
            best = np.full(len(batch), -1.0, dtype=np.float32)
            for first in range(0, len(self._originals), _TILE):
                others = self._originals[first : first + _TILE]
                cosines = np.where(prompts @ others.T >= TWIN, -1.0, variants @ others.T)
                here = (own >= first) & (own < first + len(others))
                cosines[here, own[here] - first] = -1.0
                np.maximum(best, cosines.max(axis=1), out=best)
            found += [Meaning(float(a), min(CLEAR, float(a - b))) for a, b in zip(mine, best, strict=True)]
        return found


class WordMeasure:
    """The share of a prompt's content stems that a variant keeps; prompts and variants as vectors of stems, weighted by idf.

    A prompt that could be nearer than the own one, less `CLEAR`, has one of the rarer stems of a variant: the commoner ones
    together weigh too little. So only prompts that share one of those are compared with it, and none is missed. Most variants
    have the very stems of their prompts, and share one margin.

    Args:
        prompts: the originals, or their stems.
        tongue: whose stems are taken.
    """

    name: MeasureName = "words"

    def __init__(self, prompts: Iterable[str] | StemSets, tongue: Tongue) -> None:
        self._tongue: Tongue = tongue
        self._sets = prompts if isinstance(prompts, StemSets) else StemSets.of(content_stems(each, tongue) for each in prompts)
        counts = self._sets.counts()
        # Inverse document frequency, smoothed as scikit-learn does.
        self._idf = np.log((1 + len(self._sets)) / (1 + counts)) + 1
        self._unseen = float(np.log(1 + len(self._sets))) + 1
        self._squares = self._idf**2
        self._postings, self._starts = self._sets.postings(counts)
        lengths = self._sets.lengths()
        owners = np.repeat(np.arange(len(self._sets)), lengths)
        sums = np.bincount(owners, weights=self._squares[self._sets.members], minlength=len(self._sets))
        self._norms = np.sqrt(np.where(lengths > 0, sums, 1.0))
        self._alike = np.full(len(self._sets), np.nan)

    def compare(self, pairs: Sequence[tuple[int, str]]) -> list[Meaning]:
        """Compare variants, each given with the place of its own prompt."""
        found: list[Meaning] = []
        for start in range(0, len(pairs), _AT_ONCE):
            batch = pairs[start : start + _AT_ONCE]
            variants = [self._vector(content_stems(text, self._tongue)) for _, text in batch]
            own = np.array([place for place, _ in batch])
            alike = np.array([self._is_alike(place, variant) for (place, _), variant in zip(batch, variants, strict=True)])
            margins = np.empty(len(batch))
            margins[alike] = self.margins_alike(own[alike])
            margins[~alike] = self._margins([variants[at] for at in np.flatnonzero(~alike)], own[~alike])
            for (place, text), margin, same in zip(batch, margins.tolist(), alike.tolist(), strict=True):
                found.append(Meaning(1.0 if same else self._kept(place, text), margin, same))
        return found

    def margins_alike(self, places: _Places) -> NDArray[np.float64]:
        """The margins of variants that have the very stems of their prompts, by the places of those."""
        new = np.unique(places[np.isnan(self._alike[places])])
        for start in range(0, len(new), _AT_ONCE):
            own = new[start : start + _AT_ONCE]
            self._alike[own] = self._margins([self._known(self._sets[place]) for place in own.tolist()], own)
        return self._alike[places]

    def _is_alike(self, place: int, variant: _Vector) -> bool:
        own = self._sets[place]
        return 0 < len(own) == len(variant.stems) and not variant.unseen and variant.stems.tolist() == sorted(own.tolist())

    def _margins(self, variants: Sequence[_Vector], own: _Places) -> NDArray[np.float64]:
        mine = self._cosines(variants, np.arange(len(variants)), own)
        return np.minimum(CLEAR, mine - self._nearest(variants, own, mine - CLEAR))

    def _nearest(self, variants: Sequence[_Vector], own: _Places, least: NDArray[np.float64]) -> NDArray[np.float64]:
        """The cosine of the nearest prompt that is no twin of the own one, where it reaches `least`."""
        # One that shares no stem is at 0.
        best = np.where((least <= 0) & (len(self._sets) > 1), 0.0, -1.0)
        rare = [self._rare(variant, bound) for variant, bound in zip(variants, least.tolist(), strict=True)]
        for some in self._together(rare):
            asked = np.repeat(some, [sum(self._starts[each + 1] - self._starts[each] for each in rare[at]) for at in some])
            slices = [self._postings[self._starts[each] : self._starts[each + 1]] for at in some for each in rare[at]]
            if not slices:
                continue
            keys = np.unique(asked * len(self._sets) + np.concatenate(slices))
            asked, others = keys // len(self._sets), keys % len(self._sets)
            cosines = self._cosines(variants, asked, others)
            near = (cosines >= least[asked]) & (others != own[asked])
            asked, others, cosines = asked[near], others[near], cosines[near]
            twins = self._between(own[asked], others) >= TWIN
            np.maximum.at(best, asked[~twins], cosines[~twins])
        return best

    def _together(self, rare: Sequence[Sequence[int]]) -> Iterable[list[int]]:
        """Variants in runs that have no more than so many prompts to be compared with, unless a single one has."""
        run: list[int] = []
        room = 0
        for at, stems in enumerate(rare):
            count = sum(int(self._starts[each + 1] - self._starts[each]) for each in stems)
            if run and room + count > _PAIRS:
                yield run
                run, room = [], 0
            run.append(at)
            room += count
        if run:
            yield run

    def _rare(self, variant: _Vector, least: float) -> list[int]:
        """The stems of which a prompt must have one to come as near as `least`."""
        order = variant.stems[np.lexsort((variant.stems, self._squares[variant.stems]))]
        reached = np.sqrt(np.cumsum(self._squares[order])) / variant.norm
        return order[reached >= least - 1e-9].tolist()

    def _cosines(self, variants: Sequence[_Vector], asked: _Places, others: _Places) -> NDArray[np.float64]:
        """Of each pair of a variant, by its place in the batch, and a prompt."""
        size = len(self._idf)
        keys = [at * size + variant.stems for at, variant in enumerate(variants)]
        known = np.concatenate(keys) if keys else np.zeros(0, dtype=np.int64)  # sorted, as the stems of each are
        stems, pair = self._sets.of_places(others)
        shared = _isin_sorted(asked[pair] * size + stems, known)
        dots = np.bincount(pair[shared], weights=self._squares[stems[shared]], minlength=len(others))
        norms = np.array([variant.norm for variant in variants])
        return dots / self._norms[others] / norms[asked]

    def _between(self, ones: _Places, others: _Places) -> NDArray[np.float64]:
        """The cosines of pairs of prompts."""
        size = len(self._idf)
        stems, pair = self._sets.of_places(ones)
        known = np.sort(pair * size + stems)
        stems, pair = self._sets.of_places(others)
        shared = _isin_sorted(pair * size + stems, known)
        dots = np.bincount(pair[shared], weights=self._squares[stems[shared]], minlength=len(others))
        return dots / self._norms[ones] / self._norms[others]

    def _vector(self, stems: frozenset[str]) -> _Vector:
        numbers = [at for each in stems if (at := self._sets.place_of(each)) is not None]
        return self._known(numbers, len(stems) - len(numbers))

    def _known(self, numbers: Sequence[int] | NDArray[np.int32], unseen: int = 0) -> _Vector:
        known = np.sort(np.asarray(numbers, dtype=np.int64))
        return _Vector(known, float(np.sqrt(self._squares[known].sum() + unseen * self._unseen**2)) or 1.0, unseen)

    def _kept(self, place: int, variant: str) -> float:
        stems = all_stems(variant, self._tongue)
        weights = [(self._sets.stem(each), float(self._idf[each])) for each in self._sets[place].tolist()]
        return sum(weight for each, weight in weights if each in stems) / (sum(weight for _, weight in weights) or 1.0)


_Places = NDArray[np.int64]


class _Vector(NamedTuple):
    """A text by its stems: those that some prompt has, sorted; the norm counts all."""

    stems: _Places
    norm: float
    unseen: int
    """How many stems no prompt has."""


def _isin_sorted(values: _Places, known: _Places) -> NDArray[np.bool_]:
    """Whether each value is among sorted ones."""
    if not len(known):
        return np.zeros(len(values), dtype=np.bool_)
    at = np.minimum(np.searchsorted(known, values), len(known) - 1)
    return known[at] == values
