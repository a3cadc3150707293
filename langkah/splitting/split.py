"""The split of all variants into train, eval and hold-out rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from langkah.config import SplitConfig
from langkah.records import DatasetRow, PromptVariant
from langkah.same_text import same_text_key
from langkah.splitting.near_duplicates import group_intents
from langkah.splitting.sides import Side, choose_sides, stable_fraction


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


def split_variants(variants: Sequence[PromptVariant], config: SplitConfig, recorded: Mapping[str, str] | None = None) -> Split:
    """Split the variants of all intents into train, eval and hold-out.

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
    dropped: Counter[DropReason] = Counter()
    by_intent = _by_intent(variants, dropped)
    groups = group_intents(
        [(intent, each.variant_of or each.prompt, each.output) for intent, those in by_intent.items() for each in those],
        config.near_duplicate,
    )
    chosen = choose_sides(groups, config, recorded)

    train: list[PromptVariant] = []
    evaluated: list[PromptVariant] = []
    held_out: list[PromptVariant] = []
    for intent, those in by_intent.items():
        if chosen.sides[intent] == "holdout":
            held_out += those
            continue
        trained, tested = _divide(those, config.seed)
        train += trained
        evaluated += tested
        dropped[DropReason.eval_frame_in_excess] += len(those) - len(trained) - len(tested)

    taken = {same_text_key(row.prompt) for row in train}
    evaluated = _without(evaluated, taken, DropReason.prompt_in_train, dropped)
    held_out = _without(held_out, taken, DropReason.prompt_in_train, dropped)
    taken = {same_text_key(row.prompt) for row in evaluated}
    held_out = _without(held_out, taken, DropReason.prompt_in_eval, dropped)
    return Split(
        train=_rows(train),
        eval=_rows(evaluated),
        holdout=_rows(held_out),
        sides=chosen.sides,
        groups=groups,
        dropped={reason: dropped[reason] for reason in DropReason if dropped[reason]},
        moved=chosen.moved,
    )


def _by_intent(variants: Sequence[PromptVariant], dropped: Counter[DropReason]) -> dict[str, list[PromptVariant]]:
    """The variants of each intent, each prompt once, intents in order of name."""
    found: defaultdict[str, dict[str, PromptVariant]] = defaultdict(dict)
    for each in sorted(variants, key=_rank):
        if each.side not in (None, "train", "eval"):
            raise ValueError(f"{each.intent}: side: expected `train`, `eval` or None, got {each.side!r}")
        kept = found[each.intent].setdefault(same_text_key(each.prompt), each)
        dropped[DropReason.repeated] += kept is not each
    for intent in [intent for intent, those in found.items() if all(v.variant_of is not None for v in those.values())]:
        dropped[DropReason.no_original] += len(found.pop(intent))
    return {intent: list(those.values()) for intent, those in found.items()}


def _rank(each: PromptVariant) -> tuple[str | bool | int, ...]:
    """By intent; of equal prompts the original comes first, then what may train."""
    side = {"train": 0, None: 1}.get(each.side, 2)
    rest = (each.prompt, each.output, each.language, each.source, each.variant_of or "", each.frame or "")
    return (each.intent, each.variant_of is not None, side, *rest)


def _divide(variants: list[PromptVariant], seed: int) -> tuple[list[PromptVariant], list[PromptVariant]]:
    """The variants of one trained intent that train, and those that evaluate."""
    due = max(1, len(variants) // 3)
    free = [each for each in variants if each.variant_of is not None and each.side != "train"]
    free.sort(key=lambda each: (each.side is None, stable_fraction(seed, "variant", same_text_key(each.prompt))))
    tested = free[:due]
    trained = [each for each in variants if each.variant_of is None or each.side == "train"]
    return trained + [each for each in free[due:] if each.side is None], tested


def _without(
    rows: list[PromptVariant], taken: set[str], reason: DropReason, dropped: Counter[DropReason]
) -> list[PromptVariant]:
    kept = [row for row in rows if same_text_key(row.prompt) not in taken]
    dropped[reason] += len(rows) - len(kept)
    return kept


def _rows(variants: list[PromptVariant]) -> tuple[DatasetRow, ...]:
    ordered = sorted(variants, key=lambda each: (each.intent, each.prompt))
    return tuple(DatasetRow(**each.model_dump(exclude={"frame", "side"})) for each in ordered)
