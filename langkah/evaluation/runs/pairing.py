"""Which prompts two runs are compared on: those that both answered, as far as that is fair."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from langkah.evaluation.runs.data import JudgedRun, Pair
from langkah.records import Answer
from langkah.same_text import same_text_key


@dataclass(frozen=True)
class Pairing:
    """The pairs that two runs are compared on, and why others are left out."""

    pairs: tuple[Pair, ...]
    shared: int
    """Prompts that both answered with the same reference: `pairs` and `left_out` together."""
    left_out: Mapping[str, int]
    """Reason -> pairs."""


def pair_up(first: JudgedRun, other: JudgedRun) -> Pairing:
    """Pair the answers of two runs to the same prompt, in the same words, with the same reference.

    Compared are wordings of intents that both trained on, and intents that neither did, whatever slice each run had them in;
    no prompt that either trained on, under whatever intent, and none that the first failed to answer: its zero would be the
    other's gain. Of what a run trained on whose dataset version is gone, the slice of the prompt tells alone.
    """
    places: dict[tuple[str, str], int] = {}
    for place, answer in enumerate(first.answers):
        places.setdefault((answer.prompt, answer.reference), place)
    pairs: list[Pair] = []
    left_out: Counter[str] = Counter()
    for after, after_row in zip(other.answers, other.rows, strict=True):
        place = places.pop((after.prompt, after.reference), None)
        if place is None:
            continue
        before = first.answers[place]
        intents = {before.intent, after.intent}  # the two may call it by different names
        known = (_knows(first, before, intents), _knows(other, after, intents))
        if reason := _unfair(first, other, before, known):
            left_out[reason] += 1
        else:
            name = "eval" if known[0] else "holdout"
            pairs.append(Pair(name, before.intent, before, after, first.rows[place], after_row))
    return Pairing(tuple(pairs), len(pairs) + left_out.total(), dict(left_out))


def _unfair(first: JudgedRun, other: JudgedRun, before: Answer, known: tuple[bool, bool]) -> str:
    """Why a pair is not compared; empty: it is."""
    runs = (first, other)
    key = same_text_key(before.prompt)
    for run in runs:
        if run.side and key in run.side.prompts:
            return f"prompt that {run.facts.name} trained on"
    if known[0] != known[1]:
        return f"of an intent that only {runs[known.index(True)].facts.name} trained on"
    return f"that {first.facts.name} failed to answer" if before.failed is not None else ""


def _knows(run: JudgedRun, own: Answer, intents: set[str]) -> bool:
    """Whether a run trained on the intent of its answer."""
    return bool(intents & run.side.intents) if run.side else own.slice == "eval"
