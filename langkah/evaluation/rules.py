"""The rules of the gate, each a function from what was measured to a verdict of its own.

A rule whose limit is None in the config is switched off, and `GateVerdict.not_applied` names it. A rule that is on and has
nothing to judge is not passed, with `measured` false: what was not measured never counts as good.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import Field

from langkah.config import EvaluateConfig
from langkah.evaluation.intervals import DIGITS, LEVEL, mean, mean_bounds
from langkah.evaluation.numerals import written
from langkah.evaluation.significance import detectable
from langkah.records import Record


class GateRule(Record):
    """One rule: what was measured against what it had to reach."""

    name: str
    passed: bool
    value: float | None = Field(description="None where it was not measured")
    limit: float
    measured: bool = True
    meaning: str = Field(default="", description="a sentence for who reads the report: what was found, and how it was judged")


class PairedRows:
    """One measure of the same rows before and after, with their intents; the rows of one intent in any order."""

    def __init__(self, before: Sequence[float], after: Sequence[float], intents: Sequence[str]) -> None:
        if not len(before) == len(after) == len(intents):
            raise ValueError(f"expected the same rows on both sides, got {len(before)}, {len(after)} and {len(intents)}")
        self.changes = [right - left for left, right in zip(before, after, strict=True)]
        self.intents = list(intents)

    def negated(self) -> PairedRows:
        """What fell as what rose."""
        return PairedRows(self.changes, [0.0] * len(self.changes), self.intents)


@dataclass(frozen=True)
class Failures:
    """Answers that could not be generated, among those to the prompts that are compared."""

    opponent: int
    """Of the base model or champion: left out of the comparison, since its zero would be the tuned model's gain."""
    challenger: int
    """Of the tuned model: each counts as zero."""
    prompts: int


def rows_rule(rows: int) -> GateRule:
    """`eval_rows`: the eval slice has at least one answer."""
    return GateRule(
        name="eval_rows", passed=rows > 0, value=rows, limit=1, meaning=f"{rows} answers to new wordings were compared."
    )


def gain_rule(rouge: PairedRows, limit: float, against: str, evaluate: EvaluateConfig) -> GateRule:
    """`eval_rouge_l_gain_low`: the lower end of the gain's 95 % interval is above the limit: equal answers are no gain.

    With the answers of one intent alone that end is -1: they say nothing of other intents.
    """
    low, high = _bounds(rouge, (1 + LEVEL) / 2, evaluate, 1.0)
    seen = detectable(rouge.changes, rouge.intents)
    return GateRule(
        name="eval_rouge_l_gain_low",
        passed=low > limit,
        value=low,
        limit=limit,
        meaning=(
            f"On new wordings ROUGE-L changed by {_signed(mean(rouge.changes))} against the {against}, with 95 % confidence by "
            f"{_signed(low)} to {_signed(high)}; it must be more than {_signed(limit)}. {_size(rouge)} {_seen(seen)}"
        ),
    )


def own_lead_rule(leads: Sequence[tuple[str, float]] | None, limit: float, evaluate: EvaluateConfig) -> GateRule:
    """`eval_own_steps_lead_low`: the lower end of the lead's 95 % interval is above the limit.

    The lead is the share of the steps of the procedure asked for that an answer has, less the share that it has of others.
    Of the bundled model tuned on the sample data it is .21 (.10 to .31, 22 intents), of its base .00, and of answers that are
    right for another question about 0, though their ROUGE-L is .31 where the base has .09.
    """
    name = "eval_own_steps_lead_low"
    if not leads or len({intent for intent, _ in leads}) < 2:
        return _unmeasured(name, limit, "Answers to fewer than two intents were held against the procedures of others")
    rows = PairedRows([0.0] * len(leads), [lead for _, lead in leads], [intent for intent, _ in leads])
    low, high = _bounds(rows, (1 + LEVEL) / 2, evaluate, 1.0)
    return GateRule(
        name=name,
        passed=low > limit,
        value=low,
        limit=limit,
        meaning=(
            f"On new wordings an answer has {_signed(mean(rows.changes))} more of the steps of its own procedure than of"
            f" others', with 95 % confidence {_signed(low)} to {_signed(high)}; it must be more than {_signed(limit)}."
            f" {_size(rows)}"
        ),
    )


def drop_rule(rouge: PairedRows, limit: float, against: str, confidence: float, evaluate: EvaluateConfig) -> GateRule:
    """`holdout_rouge_l_drop`: mean ROUGE-L on the hold-out did not fall by more than the limit.

    The value is the drop that there is with the confidence, a one-sided bound. From .5 on it is the lower one, and a model
    is refused for a harm that is shown; below .5 it is the upper one, and harmlessness must be shown instead (tests of
    deterioration and of non-inferiority: Schultzberg, Ankargren and Frånberg, "Risk-aware product decisions in A/B tests
    with multiple metrics", arXiv:2402.11609, 2024). A small hold-out shows little either way: the sentence says how large a
    drop it would have shown.

    At .7 and a limit of .05, of 300 simulated hold-outs of 6, 10, 20 and 40 intents, 96, 98, 99 and 100 % passed where nothing
    had changed, and 0, 0, 0 and 1 % where the model had fallen by twice the minimum detectable difference (.30, .21, .14 and
    .10); at .5, 92, 94, 98 and 100 % and none; at .8, 98, 99, 100 and 100 % and 0, 0, 0 and 3 %.
    """
    name = "holdout_rouge_l_drop"
    intents = len(set(rouge.intents))
    if intents < 2:
        why = "There is no common hold-out" if not intents else "A hold-out of one intent says nothing of others"
        return _unmeasured(name, limit, why)
    drop = _harm(rouge.negated(), confidence, evaluate)
    return GateRule(
        name=name,
        passed=drop <= limit,
        value=drop,
        limit=limit,
        meaning=(
            f"On intents never trained on ROUGE-L changed by {_signed(mean(rouge.changes))} against the {against}. "
            f"{_shown(drop, 'drop', confidence, '.3f')}, where {limit:.3f} is allowed. "
            f"{_size(rouge)} {_seen(detectable(rouge.changes, rouge.intents))}"
        ),
    )


def invented_rule(
    steps: PairedRows | None, limit: float, against: str, confidence: float, evaluate: EvaluateConfig
) -> GateRule:
    """`invented_steps_rise`: an answer does not have more invented steps than before by more than the limit.

    On both slices; the value is a one-sided bound of the rise, as in `drop_rule`.
    """
    name = "invented_steps_rise"
    if steps is None or not steps.changes:
        return _unmeasured(name, limit, "Invented steps were not counted")
    if len(set(steps.intents)) < 2:
        return _unmeasured(name, limit, "Invented steps were counted for one intent, which says nothing of others")
    rise = _harm(steps, confidence, evaluate)
    return GateRule(
        name=name,
        passed=rise <= limit,
        value=rise,
        limit=limit,
        meaning=(
            f"The mean answer has {written(mean(steps.changes), '+.2f')} invented steps against the {against}. "
            f"{_shown(rise, 'rise', confidence, '.2f')}, where {limit:.2f} is allowed. {_size(steps)}"
        ),
    )


def opponent_failed_rule(failures: Failures | None, limit: float, against: str) -> GateRule:
    """`opponent_failed`: the share of the prompts that the base or champion failed to answer is at most the limit.

    They are left out of gain, drop and invented steps, where they would flatter the tuned model. Where many are missing,
    nobody knows whether what is left is like them, and no gain is proven.
    """
    name = "opponent_failed"
    if failures is None or not failures.prompts:
        return _unmeasured(name, limit, "Failed answers were not counted, or no prompt was compared")
    share = failures.opponent / failures.prompts
    passed = share <= limit
    said = f"The {against} answered all of the {failures.prompts} prompts."
    if failures.opponent:
        said = f"The {against} failed to answer {failures.opponent} of {failures.prompts} prompts, which are left out of the"
        said += f" comparison, where {_percent(limit)} may be." + ("" if passed else " On what is left nothing is proven.")
    if failures.challenger:
        said += f" The tuned model failed to answer {failures.challenger}, which count as zero."
    return GateRule(name=name, passed=passed, value=share, limit=limit, meaning=said)


def ended_rule(ended: Sequence[bool] | None, limit: float) -> GateRule:
    """`ended`: the share of the tuned model's answers, of both slices, that it ended itself is at least the limit."""
    if not ended:
        return _unmeasured("ended", limit, "No answer was seen to end or not to end")
    share = sum(ended) / len(ended)
    said = f"The model ended {sum(ended)} of {len(ended)} answers by its end token"
    return GateRule(
        name="ended", passed=share >= limit, value=share, limit=limit, meaning=f"{said}; at least {_percent(limit)} must be."
    )


def personal_rule(found: int | None, limit: int) -> GateRule:
    """`personal_values`: personal values in the tuned answers that are not in the reference, at most the limit."""
    if found is None:
        return _unmeasured("personal_values", limit, "The answers were not searched for personal data")
    said = f"The answers hold {found} personal values that the references do not"
    return GateRule(
        name="personal_values", passed=found <= limit, value=found, limit=limit, meaning=f"{said}; at most {limit} may be."
    )


def forgetting_rule(rise: float | None, limit: float) -> GateRule:
    """`forgetting_rise`: the loss on general instructions, nats, rose by at most the limit."""
    if rise is None or not math.isfinite(rise):
        return _unmeasured("forgetting_rise", limit, "What the model forgot was not probed, or its loss is no number")
    said = f"The loss on general instructions changed by {written(rise, '+.2f')} nats"
    return GateRule(
        name="forgetting_rise", passed=rise <= limit, value=rise, limit=limit, meaning=f"{said}; +{limit:g} is allowed."
    )


def _bounds(rows: PairedRows, confidence: float, evaluate: EvaluateConfig, most: float) -> tuple[float, float]:
    low, high = mean_bounds(rows.changes, rows.intents, confidence, evaluate.resamples, evaluate.seed, (-most, most))
    return round(low, DIGITS), round(high, DIGITS)


def _harm(rises: PairedRows, confidence: float, evaluate: EvaluateConfig) -> float:
    """What a mean rise is above with the confidence; below .5, what it is not above with the rest of it."""
    low, high = _bounds(rises, max(confidence, 1 - confidence), evaluate, math.inf)
    return low if confidence >= 0.5 else high


def _shown(harm: float, kind: str, confidence: float, form: str) -> str:
    if confidence < 0.5:
        said = f"A {kind} of more than {harm:{form}} is" if harm > 0 else f"Any {kind} is"
        return f"{said} ruled out with {_percent(1 - confidence)} confidence"
    said = f"A {kind} of {harm:{form}} or more is" if harm > 0 else f"No {kind} is"
    return f"{said} shown with {_percent(confidence)} confidence"


def _signed(value: float) -> str:
    return written(value, "+.3f")


def _percent(share: float) -> str:
    return f"{100 * share:g} %"


def _unmeasured(name: str, limit: float, why: str) -> GateRule:
    return GateRule(
        name=name, passed=False, value=None, limit=limit, measured=False, meaning=f"{why}: what is not measured is not passed."
    )


def _size(rows: PairedRows) -> str:
    return f"Compared: {len(rows.changes)} answers of {len(set(rows.intents))} intents."


def _seen(difference: float) -> str:
    """What a comparison of this size can see."""
    if difference == math.inf:
        return "One intent says nothing of others."
    if difference >= 1:
        return "So few show no difference four times in five, however large."
    return f"So many would show a difference of {difference:.3f} four times in five."
