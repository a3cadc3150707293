"""Put runs side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from langkah.config import EvaluateConfig
from langkah.evaluation.runs.data import AnswerPair, JudgedRun, Pair, PairedRun, RunComparison
from langkah.evaluation.runs.gains import SLICES, Gains, intent_changes, run_gains
from langkah.evaluation.runs.pairing import Pairing, pair_up
from langkah.evaluation.steps import step_diff


def compare_judged(runs: Sequence[JudgedRun], config: EvaluateConfig) -> RunComparison:
    """Compare the tuned models of runs with that of the first.

    Args:
        runs: two or more, of different names.
        config: resamples and seed of the intervals of the differences.

    Raises:
        ValueError: fewer than two runs, or two of the same name.
        ResourceError: the word data of a language that occurs are not installed.
    """
    first, *others = runs
    names = [run.facts.name for run in runs]
    if not others or len(set(names)) < len(names):
        raise ValueError(f"expected two or more runs of different names, got {names}")
    pairings = {run.facts.name: pair_up(first, run) for run in others}
    without = {run.facts.name: _incomparable(first, run, pairings[run.facts.name].pairs) for run in others}
    gains = run_gains({name: found.pairs for name, found in pairings.items()}, config, without)
    return RunComparison(
        runs=tuple(run.facts for run in runs),
        pairs=tuple(
            _paired(first, run, pairings[run.facts.name], gains[run.facts.name], without[run.facts.name]) for run in others
        ),
        settings=differing([run.facts.settings for run in runs]),
    )


def differing(settings: Sequence[Mapping[str, Any]]) -> dict[str, tuple[Any, ...]]:
    """The settings that are not the same in all runs, with the value in each; None where a run has no such setting."""
    names = dict.fromkeys(name for each in settings for name in each)
    values = {name: tuple(each.get(name) for each in settings) for name in names}
    return {name: found for name, found in values.items() if any(value != found[0] for value in found[1:])}


def _incomparable(first: JudgedRun, other: JudgedRun, pairs: Sequence[Pair]) -> frozenset[str]:
    """METEOR, where it means something else in a language of the pairs: another phrase table, other word data."""
    languages = {pair.after.language for pair in pairs}
    left, right = first.facts.meteor_kinds, other.facts.meteor_kinds
    return frozenset({"meteor"} if any(left.get(code) != right.get(code) for code in languages) else ())


def _paired(first: JudgedRun, other: JudgedRun, pairing: Pairing, gains: Gains, without: frozenset[str]) -> PairedRun:
    pairs = pairing.pairs
    return PairedRun(
        name=other.facts.name,
        asked=(len(first.answers), len(other.answers)),
        shared=pairing.shared,
        compared={name: sum(pair.slice == name for pair in pairs) for name in SLICES},
        left_out=pairing.left_out,
        gains=gains,
        intents=intent_changes(pairs),
        answers=tuple(sorted((_answers(pair) for pair in pairs), key=_worst_first)),
        notes=tuple(_notes(first, other, without)),
    )


def _notes(first: JudgedRun, other: JudgedRun, without: frozenset[str]) -> list[str]:
    """What whoever reads the figures must know."""
    names = (first.facts.name, other.facts.name)
    notes = [
        f"What {run.facts.name} trained on is not known any more: its dataset version is gone, and prompts that it trained on"
        " may be among those compared."
        for run in (first, other)
        if run.side is None
    ]
    if first.facts.scores == other.facts.scores:
        notes.append(f"{names[0]} and {names[1]} are the same adapter with the same answers: nothing can differ.")
    elif first.facts.adapter and first.facts.adapter == other.facts.adapter:
        notes.append(f"{names[0]} and {names[1]} are the same adapter, scored apart.")
    if without:
        notes.append("METEOR is not compared: the two runs scored it by other word data or another phrase table.")
    if first.facts.score_version != other.facts.score_version:
        notes.append(
            f"Scored by different versions of the step score ({first.facts.score_version} and {other.facts.score_version}):"
            " a measure may have changed between them."
        )
    if first.facts.base_model != other.facts.base_model:
        notes.append(f"Other base models: {first.facts.base_model or 'unknown'} and {other.facts.base_model or 'unknown'}.")
    return notes


def _answers(pair: Pair) -> AnswerPair:
    before, after = pair.before, pair.after
    return AnswerPair(
        slice=pair.slice,
        intent=pair.intent,
        language=after.language,
        prompt=after.prompt,
        reference=after.reference,
        before=before.prediction,
        after=after.prediction,
        before_rouge_l=pair.before_row.rouge_l,
        after_rouge_l=pair.after_row.rouge_l,
        before_failed=before.failed,
        after_failed=after.failed,
        steps=step_diff(after.prediction, after.reference, after.language),
        changed=step_diff(after.prediction, before.prediction, after.language),
    )


def _worst_first(pair: AnswerPair) -> tuple[float, str, str, str]:
    return (pair.after_rouge_l, pair.slice, pair.intent, pair.prompt)
