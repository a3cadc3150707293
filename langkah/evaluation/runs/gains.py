"""By how much other runs are better or worse than the first, with certainty, on the prompts that both answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from langkah.config import EvaluateConfig
from langkah.evaluation.comparison import COMPARED
from langkah.evaluation.runs.data import IntentChange, Pair
from langkah.evaluation.significance import Gain, holm, paired_gains

SLICES: Final = ("eval", "holdout")
STEPS: Final = ("step_recall", "step_precision")
"""Compared too, over the pairs whose reference has steps."""

Gains = dict[str, dict[str, Gain]]
"""Slice -> measure -> the paired gain."""


def run_gains(
    pairs: Mapping[str, Sequence[Pair]], config: EvaluateConfig, without: Mapping[str, frozenset[str]]
) -> dict[str, Gains]:
    """Compare several runs with the first, with Holm's correction over all runs and measures of a slice.

    Args:
        pairs: run -> the pairs that it is compared on.
        config: the resamples and the seed.
        without: run -> measures that mean something else than in the first run, and are not compared.

    Returns:
        Run -> slice -> measure -> the paired gain over the first run; a slice without a pair is not there.
    """
    found: dict[str, Gains] = {name: {} for name in pairs}
    for slice_name in SLICES:
        gains = {
            (run, measure): gain
            for run, of_run in pairs.items()
            for measure, gain in _gains([each for each in of_run if each.slice == slice_name], config, without[run]).items()
        }
        adjusted = holm({" ".join(key): gain.p for key, gain in gains.items()})
        for (run, measure), gain in gains.items():
            corrected = replace(gain, p_adjusted=adjusted[f"{run} {measure}"])
            found[run].setdefault(slice_name, {})[measure] = corrected
    return found


def _gains(pairs: Sequence[Pair], config: EvaluateConfig, without: frozenset[str]) -> dict[str, Gain]:
    """The gains of one run on one slice, each corrected by itself alone."""
    stepped = [pair for pair in pairs if pair.before_row.reference_steps and pair.after_row.reference_steps]
    return {**_measured(pairs, COMPARED, config, without), **_measured(stepped, STEPS, config, without)}


def _measured(
    pairs: Sequence[Pair], measures: Sequence[str], config: EvaluateConfig, without: frozenset[str]
) -> dict[str, Gain]:
    measures = [measure for measure in measures if measure not in without]
    if not pairs or not measures:
        return {}
    before, after = (
        {measure: [float(getattr(row, measure)) for row in rows] for measure in measures}
        for rows in ([pair.before_row for pair in pairs], [pair.after_row for pair in pairs])
    )
    return paired_gains(before, after, [pair.intent for pair in pairs], config.resamples, config.seed)


def intent_changes(pairs: Sequence[Pair]) -> tuple[IntentChange, ...]:
    """How the mean ROUGE-L of each intent changed, the deepest fall first; a list to look at, not a test."""
    grouped: dict[tuple[str, str], list[Pair]] = {}
    for pair in pairs:
        grouped.setdefault((pair.slice, pair.intent), []).append(pair)
    changes = [
        IntentChange(
            intent=intent,
            slice=name,
            before=sum(pair.before_row.rouge_l for pair in found) / len(found),
            after=sum(pair.after_row.rouge_l for pair in found) / len(found),
            n=len(found),
        )
        for (name, intent), found in grouped.items()
    ]
    return tuple(sorted(changes, key=lambda each: (each.change, each.intent)))
