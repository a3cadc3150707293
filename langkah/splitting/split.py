"""The split of all variants into train, eval and hold-out rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Literal

from langkah.config import SplitConfig
from langkah.records import DatasetRow, PromptVariant
from langkah.row_files import RowList, Rows
from langkah.same_text import same_text_key
from langkah.splitting.near_duplicates import group_sorted
from langkah.splitting.questions import Questions, TextHashes
from langkah.splitting.sides import Side, choose_sides, stable_fraction

Slice = Literal["train", "eval", "holdout"]


_key = lru_cache(64)(same_text_key)
"""The prompts of an intent are looked at several times in a row."""


class DropReason(StrEnum):
    """Why a variant is on no side."""

    no_original = "no_original"
    """Its intent has no original prompt."""
    repeated = "repeated"
    """Another variant of its intent has the same prompt."""
    eval_frame_in_excess = "eval_frame_in_excess"
    """An eval frame phrased it, and its intent has all the eval variants it is due."""
    prompt_in_train = "prompt_in_train"
    """An eval or hold-out prompt that another intent trains."""
    prompt_in_eval = "prompt_in_eval"
    """A hold-out prompt that another intent evaluates."""


@dataclass(frozen=True)
class Split:
    """The three sides of a dataset, rows sorted by intent and prompt, and how they came about."""

    train: tuple[DatasetRow, ...]
    eval: tuple[DatasetRow, ...]
    holdout: tuple[DatasetRow, ...]
    sides: dict[str, Side]
    """The side of each intent: what the champion records for the next run."""
    groups: dict[str, str]
    """The group of near-duplicates that each intent belongs to, named by its lowest intent."""
    dropped: dict[DropReason, int]
    """How many variants are on no side."""
    moved: tuple[str, ...]
    """Recorded hold-out intents that are trained now, since a near-duplicate of theirs is trained."""


class Splitting:
    """Which side each variant of many intents is on, found out in two passes over them; the third gives the rows.

    Args:
        variants: all variants of an intent together, intents in order of name.
        config: share held out, near-duplicate threshold and seed.
        recorded: side of each intent that the champion knew, from its `Splitting.sides`.
        scratch: a folder for what is needed meanwhile.

    Raises:
        ArtifactError: a recorded side is neither `trained` nor `holdout`.
    """

    def __init__(
        self,
        variants: Rows[PromptVariant],
        config: SplitConfig,
        recorded: Mapping[str, str] | None = None,
        scratch: Path | None = None,
    ) -> None:
        self._variants = variants
        self._seed = config.seed
        self.groups = group_sorted(Questions([variants], of_originals=True), config.near_duplicate, scratch)
        """The group of near-duplicates that each intent belongs to, named by its lowest intent."""
        chosen = choose_sides(self.groups, config, recorded)
        self.sides = chosen.sides
        """The side of each intent: what the champion records for the next run."""
        self.moved = chosen.moved
        """Recorded hold-out intents that are trained now, since a near-duplicate of theirs is trained."""
        self._trained, self._evaluated = TextHashes(), TextHashes()
        self._find_texts()
        self.dropped: Counter[DropReason] = Counter()
        """How many variants are on no side, once all rows were read."""

    def rows(self) -> Iterator[tuple[Slice, DatasetRow]]:
        """Read the rows of all sides, sorted by intent and prompt."""
        self.dropped.clear()
        for intent, those in self._by_intent(self.dropped):
            if self.sides[intent] == "holdout":
                yield from self._kept("holdout", those, (DropReason.prompt_in_train, DropReason.prompt_in_eval))
                continue
            trained, tested = _divide(those, self._seed)
            yield from self._kept("train", trained, ())
            yield from self._kept("eval", tested, (DropReason.prompt_in_train,))
            self.dropped[DropReason.eval_frame_in_excess] += len(those) - len(trained) - len(tested)

    def _find_texts(self) -> None:
        for intent, those in self._by_intent(Counter()):
            if self.sides[intent] == "holdout":
                continue
            trained, tested = _divide(those, self._seed)
            for each in trained:
                self._trained.add(_key(each.prompt))
            for each in tested:
                self._evaluated.add(_key(each.prompt))
        self._trained.sort()
        # What train has is no eval row, so it is nobody else's either.
        self._evaluated.sort()

    def _kept(
        self, slice_: Slice, variants: list[PromptVariant], barred: tuple[DropReason, ...]
    ) -> Iterator[tuple[Slice, DatasetRow]]:
        texts = {DropReason.prompt_in_train: self._trained, DropReason.prompt_in_eval: self._evaluated}
        for each in sorted(variants, key=lambda each: each.prompt):
            key = _key(each.prompt) if barred else ""
            if reason := next((reason for reason in barred if key in texts[reason]), None):
                self.dropped[reason] += 1
            else:
                fields = ("intent", "prompt", "output", "language", "source", "variant_of")
                yield slice_, DatasetRow.model_construct(**{name: getattr(each, name) for name in fields})

    def _by_intent(self, dropped: Counter[DropReason]) -> Iterator[tuple[str, list[PromptVariant]]]:
        """The variants of each intent that has an original, each prompt once."""
        last = ""
        for intent, variants in groupby(self._variants, key=lambda each: each.intent):
            if intent < last:
                raise ValueError("expected variants in the order of their intents")
            last = intent
            found: dict[str, PromptVariant] = {}
            for each in sorted(variants, key=_rank):
                if each.side not in (None, "train", "eval"):
                    raise ValueError(f"{each.intent}: side: expected `train`, `eval` or None, got {each.side!r}")
                kept = found.setdefault(_key(each.prompt), each)
                dropped[DropReason.repeated] += kept is not each
            if all(each.variant_of is not None for each in found.values()):
                dropped[DropReason.no_original] += len(found)
            else:
                yield intent, list(found.values())


def split_variants(variants: Iterable[PromptVariant], config: SplitConfig, recorded: Mapping[str, str] | None = None) -> Split:
    """Split the variants of all intents into train, eval and hold-out, in memory.

    All variants of a hold-out intent go to hold-out. Of a trained intent's n variants the original trains and
    max(1, n // 3) paraphrases go to eval (n = 1: none): first those of an eval frame, then those of no frame, each by
    stable hash. What an eval frame phrased never trains, what a train frame phrased never evaluates. Where prompts of
    two sides are equal when normalized, train keeps its copy, then eval.

    Args:
        variants: originals (`variant_of` None) and paraphrases of all intents, in any order.
        config: share held out, near-duplicate threshold and seed.
        recorded: side of each intent that the champion knew, from its `Split.sides`.

    Returns:
        The same split for any order of `variants`, in any process.

    Raises:
        ArtifactError: a recorded side is neither `trained` nor `holdout`.
    """
    found = Splitting(RowList(sorted(variants, key=_rank)), config, recorded)
    slices: dict[Slice, list[DatasetRow]] = {"train": [], "eval": [], "holdout": []}
    for name, row in found.rows():
        slices[name].append(row)
    return Split(
        train=tuple(slices["train"]),
        eval=tuple(slices["eval"]),
        holdout=tuple(slices["holdout"]),
        sides=found.sides,
        groups=found.groups,
        dropped={reason: found.dropped[reason] for reason in DropReason if found.dropped[reason]},
        moved=found.moved,
    )


def _rank(each: PromptVariant) -> tuple[str | bool | int, ...]:
    """By intent; of equal prompts the original comes first, then what may train."""
    side = {"train": 0, None: 1}.get(each.side, 2)
    rest = (each.prompt, each.output, each.language, each.source, each.variant_of or "", each.frame or "")
    return (each.intent, each.variant_of is not None, side, *rest)


def _divide(variants: list[PromptVariant], seed: int) -> tuple[list[PromptVariant], list[PromptVariant]]:
    """The variants of one trained intent that train, and those that evaluate."""
    due = max(1, len(variants) // 3)
    free = [each for each in variants if each.variant_of is not None and each.side != "train"]
    free.sort(key=lambda each: (each.side is None, stable_fraction(seed, "variant", _key(each.prompt))))
    tested = free[:due]
    trained = [each for each in variants if each.variant_of is None or each.side == "train"]
    return trained + [each for each in free[due:] if each.side is None], tested
