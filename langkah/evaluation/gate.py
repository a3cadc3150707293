"""Whether a tuned model is better than the champion, or than its base: rules with a value and a limit each, all of which
must pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from langkah.config import EvaluateConfig, GateConfig
from langkah.errors import GenerationError
from langkah.evaluation.rules import (
    Failures,
    GateRule,
    PairedRows,
    drop_rule,
    ended_rule,
    forgetting_rule,
    gain_rule,
    invented_rule,
    opponent_failed_rule,
    own_lead_rule,
    personal_rule,
    rows_rule,
)
from langkah.evaluation.scores import RowScore
from langkah.records import Record

Opponent = Literal["base", "champion"]


class GateVerdict(Record):
    """What the gate says: passed when every rule did."""

    passed: bool
    rules: tuple[GateRule, ...] = Field(min_length=1)
    against: Opponent = "base"
    not_applied: tuple[str, ...] = Field(
        default=(), description="rules that the config switches off, or that need a champion, by setting"
    )


@dataclass(frozen=True)
class Evidence:
    """What the rules beside the scores judge; None: not measured, so that the rule, where it is on, is not passed."""

    ended: Sequence[bool] | None = None
    """Of each answer of the tuned model: whether it ended it."""
    invented: Sequence[tuple[str, int, int]] | None = None
    """Intent, and invented steps of base or champion and of the tuned model, of each prompt that both answered."""
    own_leads: Sequence[tuple[str, float]] | None = None
    """Intent, and lead of the own procedure (`own_steps.own_leads`), of each answer of the tuned model to a new wording."""
    personal_values: int | None = None
    """Personal values in the tuned model's answers that are not in the references."""
    forgetting: float | None = None
    """Rise of the loss on general instructions by the adapter, nats."""
    failures: Failures | None = None
    """Answers of both sides that could not be generated."""


def decide(
    before: Sequence[RowScore],
    after: Sequence[RowScore],
    config: GateConfig,
    evaluate: EvaluateConfig,
    evidence: Evidence | None = None,
    against: Opponent = "base",
) -> GateVerdict:
    """Judge the tuned model by the rules of `rules.py`.

    Args:
        before: the rows of the champion, or of the base model where there is no champion, all slices, without what it
            failed to answer.
        after: the tuned model's, of the same prompts; `fairness.comparable` says which are to be compared.
        config: the limits; None switches a rule off.
        evaluate: the resamples and the seed of the intervals.
        evidence: what was measured beside the scores.
        against: whose rows `before` are.

    Raises:
        GenerationError: the two did not answer the same rows of a slice.
    """
    evidence = evidence or Evidence()
    evaluated = _rouge(before, after, "eval")
    rules = [rows_rule(len(evaluated.changes))]
    if evaluated.changes:
        rules.append(gain_rule(evaluated, config.min_gain, against, evaluate))
    if (limit := config.min_own_lead) is not None:
        rules.append(own_lead_rule(evidence.own_leads, limit, evaluate))
    heldout = _rouge(before, after, "holdout")
    confidence = config.harm_confidence
    if (limit := config.max_holdout_drop) is not None:
        rules.append(drop_rule(heldout, limit, against, confidence, evaluate))
    # A base model that lists no steps invents none: what a tuned one may add is judged against a champion.
    if (limit := config.max_invented_rise) is not None and against == "champion":
        rules.append(invented_rule(_invented(evidence), limit, against, confidence, evaluate))
    if (limit := config.max_opponent_failed) is not None:
        rules.append(opponent_failed_rule(evidence.failures, limit, against))
    if (limit := config.min_ended) is not None:
        rules.append(ended_rule(evidence.ended, limit))
    if (limit := config.max_personal_values) is not None:
        rules.append(personal_rule(evidence.personal_values, limit))
    if (limit := config.max_forgetting) is not None:
        rules.append(forgetting_rule(evidence.forgetting, limit))
    return GateVerdict(
        passed=all(rule.passed for rule in rules),
        rules=tuple(rules),
        against=against,
        not_applied=tuple(
            name
            for name in type(config).model_fields
            if getattr(config, name) is None or (name == "max_invented_rise" and against == "base")
        ),
    )


def _rouge(before: Sequence[RowScore], after: Sequence[RowScore], name: str) -> PairedRows:
    """ROUGE-L of a slice on both sides; intents are drawn whole, so pairs within one need not match.

    Raises:
        GenerationError: the intents, or how often each was asked, differ.
    """
    left, right = (sorted(((r.intent, r.rouge_l) for r in rows if r.slice == name), key=_intent) for rows in (before, after))
    if Counter(intent for intent, _ in left) != Counter(intent for intent, _ in right):
        raise GenerationError(f"{name}: both models must answer the same prompts, got {len(left)} and {len(right)} answers")
    return PairedRows([value for _, value in left], [value for _, value in right], [intent for intent, _ in left])


def _invented(evidence: Evidence) -> PairedRows | None:
    if evidence.invented is None:
        return None
    return PairedRows(
        [before for _, before, _ in evidence.invented],
        [after for _, _, after in evidence.invented],
        [intent for intent, _, _ in evidence.invented],
    )


def _intent(row: tuple[str, float]) -> str:
    return row[0]
