"""Proof that nothing of one side of a split is on another."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from langkah.errors import LeakError
from langkah.records import DatasetRow, PromptVariant
from langkah.same_text import same_text_key
from langkah.splitting.near_duplicates import answer_key, group_intents

_NAMED = 10


@dataclass(frozen=True)
class LeakAudit:
    """What a passed audit compared, in counts."""

    train: int
    eval: int
    holdout: int
    prompts: int
    """Different normalized prompts, over all sides."""
    answers: int
    """Different normalized answers, over all sides."""
    frames: int
    """Different frames that phrased train or eval rows; 0 where no variants were given."""
    near_duplicates: int
    """Hold-out intents compared with all trained ones for near-duplicates; 0 where no threshold was given."""


def audit_leaks(
    train: Sequence[DatasetRow],
    eval: Sequence[DatasetRow],
    holdout: Sequence[DatasetRow],
    variants: Sequence[PromptVariant] = (),
    near_duplicate: float | None = None,
) -> LeakAudit:
    """Check that the sides of a split share nothing that they must not share.

    No normalized prompt is on two sides; no intent and no normalized answer of the hold-out is in train or eval; no
    frame phrases both train and eval rows, nor any on the side that is not its own; with `near_duplicate`, no hold-out
    intent is in one group with a trained one.

    Args:
        train: rows trained on.
        eval: other wordings of trained intents.
        holdout: intents never trained on.
        variants: the variants that the rows came from: they know their frames.
        near_duplicate: threshold of `group_intents`; None leaves this check out.

    Raises:
        LeakError: one line for each pair of sides and kind of leak, with counts and hashes of intents, never text.
    """
    sides = {"train": train, "eval": eval, "holdout": holdout}
    prompts = {name: _intents_by(rows, lambda row: same_text_key(row.prompt)) for name, rows in sides.items()}
    key_of_answer = cache(answer_key)  # All variants of an intent have the same answer.
    answers = {name: _intents_by(rows, lambda row: key_of_answer(row.output)) for name, rows in sides.items()}
    intents = {name: _intents_by(rows, lambda row: row.intent) for name, rows in sides.items()}

    problems: list[str] = []
    for first, second in (("train", "eval"), ("train", "holdout"), ("eval", "holdout")):
        problems += _shared("prompt", first, prompts[first], second, prompts[second])
        if second == "holdout":
            problems += _shared("answer", first, answers[first], second, answers[second])
            problems += _shared("intent", first, intents[first], second, intents[second])
    frames: dict[str, dict[str, set[str]]] = {}
    for name in ("train", "eval"):
        frames[name], astray = _intents_by_frame(variants, sides[name], name)
        if astray:
            problems.append(_line("intent", f"{name} and the frames of the other side", len(astray), astray))
    problems += _shared("frame", "train", frames["train"], "eval", frames["eval"])
    if near_duplicate is not None:
        problems += _near_duplicates([*train, *eval], holdout, near_duplicate)
    if problems:
        raise LeakError("\n".join(problems))
    return LeakAudit(
        train=len(train),
        eval=len(eval),
        holdout=len(holdout),
        prompts=len(set[str]().union(*prompts.values())),
        answers=len(set[str]().union(*answers.values())),
        frames=len(set[str]().union(*frames.values())),
        near_duplicates=len(intents["holdout"]) if near_duplicate is not None else 0,
    )


def _intents_by(rows: Iterable[DatasetRow], key: Callable[[DatasetRow], str]) -> dict[str, set[str]]:
    """The intents that have each key."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        found[key(row)].add(row.intent)
    return dict(found)


def _shared(kind: str, first: str, first_keys: dict[str, set[str]], second: str, second_keys: dict[str, set[str]]) -> list[str]:
    keys = first_keys.keys() & second_keys.keys()
    if not keys:
        return []
    intents = set[str]().union(*(first_keys[key] | second_keys[key] for key in keys))
    return [_line(kind, f"{first} and {second}", len(keys), intents)]


def _line(kind: str, where: str, count: int, intents: set[str]) -> str:
    named = sorted(map(intent_code, intents))[:_NAMED]
    more = f" and {len(intents) - len(named)} more" if len(intents) > len(named) else ""
    return f"leak between {where}: {count} {kind}(s), of the intent(s) whose sha256 begins with {', '.join(named)}{more}"


def intent_code(intent: str) -> str:
    """What an intent is called in messages: its name is made of a row's `source` and `id`, in which may be anybody's words."""
    return hashlib.sha256(intent.encode()).hexdigest()[:12]


def _near_duplicates(trained: Sequence[DatasetRow], holdout: Sequence[DatasetRow], threshold: float) -> list[str]:
    held = {row.intent for row in holdout}
    rows = [(row.intent, row.variant_of or row.prompt, row.output) for row in [*trained, *holdout]]
    members: defaultdict[str, set[str]] = defaultdict(set)
    for intent, group in group_intents(rows, threshold).items():
        members[group].add(intent)
    split = [intents for intents in members.values() if intents & held and intents - held]
    if not split:
        return []
    return [_line("near-duplicate group", "train or eval and holdout", len(split), set[str]().union(*split))]


def _intents_by_frame(
    variants: Sequence[PromptVariant], rows: Sequence[DatasetRow], side: str
) -> tuple[dict[str, set[str]], set[str]]:
    """The intents that each frame phrased in the rows of `side`, and the intents with a frame of the other side.

    Two frames may come to the same words: then the row counts as phrased by the one that may stand on its side.
    """
    known: defaultdict[tuple[str, str], list[PromptVariant]] = defaultdict(list)
    for each in variants:
        if each.variant_of is not None:
            known[each.intent, each.prompt].append(each)
    frames: defaultdict[str, set[str]] = defaultdict(set)
    astray: set[str] = set()
    for row in rows:
        if row.variant_of is None or (row.intent, row.prompt) not in known:
            continue
        # Its own side's first, then those of no side.
        phrasings = sorted(known[row.intent, row.prompt], key=lambda each: (each.side != side, each.frame or ""))
        fitting = [each for each in phrasings if each.side in (side, None)]
        if not fitting:
            astray.add(row.intent)
        elif fitting[0].frame is not None:
            frames[fitting[0].frame].add(row.intent)
    return dict(frames), astray
