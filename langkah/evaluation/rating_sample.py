"""Which prompts of a run people are asked to rate."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

from langkah.config import RateConfig
from langkah.evaluation.scores import RowScore

RANDOM: Final = "random"
WORST: Final = "worst"


class DrawnRow(NamedTuple):
    """A prompt to rate."""

    row: int
    """Its place among the answers, from 0."""
    drawn: str
    """`random`, or `worst`."""


def draw_prompts(
    rows: Sequence[RowScore], prompts: Sequence[str], config: RateConfig, unanswered: Collection[int] = ()
) -> list[DrawnRow]:
    """Draw prompts, as many of each slice as there are of the others, as far as it has them.

    Most are drawn at random, by a stable hash, and stand for the slice; of the rest, those with the lowest ROUGE-L come, where
    an expert sees most. An intent gives a second prompt only once each has given one.

    Args:
        rows: the tuned model's scores, (n,).
        prompts: what was asked, (n,).
        config: how many, and which share of them are the worst.
        unanswered: places of prompts that are not asked about.
    """
    chosen: list[DrawnRow] = []
    places: dict[str, list[int]] = {row.slice: [] for row in rows}
    for place, row in enumerate(rows):
        if place not in unanswered:
            places[row.slice].append(place)
    for name, many in sorted(_shares({name: len(found) for name, found in places.items()}, config.prompts).items()):
        inside = places[name]
        hashed = _spread(sorted(inside, key=lambda place: _hash(name, rows[place].intent, prompts[place])), rows)
        at_random = many - round(config.worst * many) if many < len(inside) else many
        chosen += [DrawnRow(place, RANDOM) for place in hashed[:at_random]]
        left = _spread(sorted(hashed[at_random:], key=lambda place: rows[place].rouge_l), rows)
        chosen += [DrawnRow(place, WORST) for place in left[: many - at_random]]
    return sorted(chosen)


def _shares(sizes: Mapping[str, int], wanted: int) -> dict[str, int]:
    """Give each slice as many, none more than it has, the smallest first."""
    shares: dict[str, int] = {}
    for left, name in zip(range(len(sizes), 0, -1), sorted(sizes, key=lambda name: (sizes[name], name)), strict=True):
        shares[name] = min(sizes[name], (wanted - sum(shares.values())) // left)
    return shares


def _spread(places: Sequence[int], rows: Sequence[RowScore]) -> list[int]:
    """In the same order, but first the first of each intent, then the second of each."""
    seen: dict[str, int] = {}
    turns: list[tuple[int, int]] = []
    for place in places:
        seen[rows[place].intent] = turn = seen.get(rows[place].intent, -1) + 1
        turns.append((turn, place))
    return [place for _, place in sorted(turns, key=lambda each: each[0])]


def _hash(*parts: str) -> bytes:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()
