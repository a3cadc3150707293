"""Which groups of intents are trained on and which are held out."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast, get_args

from langkah.config import SplitConfig
from langkah.errors import ArtifactError

Side = Literal["trained", "holdout"]

_LEAST_TRAINED = 2
_GROUPS_FOR_A_HOLDOUT = 10


@dataclass(frozen=True)
class Sides:
    """The side of each intent, and the recorded hold-out intents that had to become trained."""

    sides: dict[str, Side]
    moved: tuple[str, ...] = ()


def choose_sides(groups: Mapping[str, str], config: SplitConfig, recorded: Mapping[str, str] | None = None) -> Sides:
    """Choose the side of each intent, by its group.

    A group with a recorded trained member is trained: what a champion has seen is no hold-out any more. One with only
    recorded hold-out members stays held out. A new group is held out when its stable hash is below `config.holdout`; if
    that holds out none of ten groups or more, the one with the lowest hash is. At least two groups are trained.

    Args:
        groups: the group of each intent, from `group_intents`.
        config: share held out and seed.
        recorded: the side of each intent that the champion knew; intents that are gone are ignored.

    Raises:
        ArtifactError: a recorded side is neither `trained` nor `holdout`.
    """
    known = _checked(recorded or {}, groups)
    members: defaultdict[str, list[str]] = defaultdict(list)
    for intent, group in groups.items():
        members[group].append(intent)
    position = {group: stable_fraction(config.seed, "group", group) for group in members}
    recorded_sides = {group: {known[intent] for intent in intents if intent in known} for group, intents in members.items()}

    held = {group for group, sides in recorded_sides.items() if sides == {"holdout"}}
    new = sorted((group for group, sides in recorded_sides.items() if not sides), key=lambda group: (position[group], group))
    held.update(group for group in new if position[group] < config.holdout)
    if not held and new and config.holdout > 0 and len(members) >= _GROUPS_FOR_A_HOLDOUT:
        held.add(new[0])
    # Of too few groups, new ones with the highest hash are the first to be trained after all.
    for group in sorted(held, key=lambda group: (bool(recorded_sides[group]), -position[group], group)):
        if len(members) - len(held) >= _LEAST_TRAINED:
            break
        held.remove(group)

    sides: dict[str, Side] = {intent: "holdout" if groups[intent] in held else "trained" for intent in sorted(groups)}
    moved = tuple(intent for intent, side in sides.items() if side == "trained" and known.get(intent) == "holdout")
    return Sides(sides, moved)


def stable_fraction(seed: int, *parts: str) -> float:
    """A number in [0, 1) that depends on the seed and the parts only, the same on every machine."""
    digest = hashlib.sha256("\0".join((str(seed), *parts)).encode("utf-8", "surrogatepass")).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53


def _checked(recorded: Mapping[str, str], groups: Mapping[str, str]) -> dict[str, Side]:
    wrong = sorted(set(recorded.values()) - set(get_args(Side)))
    if wrong:
        raise ArtifactError(f"recorded sides: expected `trained` or `holdout`, got {len(wrong)} other value(s)")
    return {intent: cast(Side, side) for intent, side in recorded.items() if intent in groups}
