"""Whether a tuned model is better than its base: rules with a value and a limit each, all of which must pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from pydantic import Field

from langkah.config import EvaluateConfig, GateConfig
from langkah.errors import GenerationError
from langkah.evaluation.intervals import DIGITS, paired_gain_ci
from langkah.evaluation.scores import RowScore, SliceScores
from langkah.records import Record


class GateRule(Record):
    """One rule: what was measured against what it had to reach."""

    name: str
    passed: bool
    value: float
    limit: float


class GateVerdict(Record):
    """What the gate says: passed when every rule did."""

    passed: bool
    rules: tuple[GateRule, ...] = Field(min_length=1)


def decide(
    base: Mapping[str, SliceScores],
    tuned: Mapping[str, SliceScores],
    base_rows: Sequence[RowScore],
    tuned_rows: Sequence[RowScore],
    config: GateConfig,
    evaluate: EvaluateConfig,
) -> GateVerdict:
    """Judge the tuned model.

    The rules:
        `eval_rows`: the eval slice has at least one answer; without one nothing is proven.
        `eval_rouge_l_gain_low`: the lower end of the 95 % interval of the ROUGE-L gain on eval, paired by row and
            clustered by intent, is above `gate.min_gain`: equal answers are no gain.
        `holdout_rouge_l_drop`: where there is a hold-out, mean ROUGE-L on it falls by at most `gate.max_holdout_drop`.

    Args:
        base: the base model's figures by slice.
        tuned: the tuned model's.
        base_rows: the base model's rows, all slices.
        tuned_rows: the tuned model's, of the same prompts.
        config: the limits.
        evaluate: the resamples and the seed of the interval.

    Raises:
        GenerationError: base and tuned did not answer the same rows of a slice.
    """
    rules: list[GateRule] = []
    before, after = _paired(base_rows, tuned_rows, "eval")
    rules.append(GateRule(name="eval_rows", passed=bool(before), value=len(before), limit=1))
    if before:
        low, _ = paired_gain_ci(
            [row.rouge_l for row in before],
            [row.rouge_l for row in after],
            [row.intent for row in before],
            evaluate.resamples,
            evaluate.seed,
        )
        rules.append(GateRule(name="eval_rouge_l_gain_low", passed=low > config.min_gain, value=low, limit=config.min_gain))
    _paired(base_rows, tuned_rows, "holdout")
    if "holdout" in base and "holdout" in tuned:
        drop = round(base["holdout"].rouge_l - tuned["holdout"].rouge_l, DIGITS)
        limit = config.max_holdout_drop
        rules.append(GateRule(name="holdout_rouge_l_drop", passed=drop <= limit, value=drop, limit=limit))
    return GateVerdict(passed=all(rule.passed for rule in rules), rules=tuple(rules))


def _paired(base: Sequence[RowScore], tuned: Sequence[RowScore], name: str) -> tuple[list[RowScore], list[RowScore]]:
    """The rows of a slice on both sides, by intent; intents are drawn whole, so pairs within one need not match.

    Raises:
        GenerationError: the intents, or how often each was asked, differ.
    """
    before = sorted((row for row in base if row.slice == name), key=lambda row: row.intent)
    after = sorted((row for row in tuned if row.slice == name), key=lambda row: row.intent)
    if Counter(row.intent for row in before) != Counter(row.intent for row in after):
        raise GenerationError(
            f"{name}: base and tuned must answer the same prompts, got {len(before)} and {len(after)} answers"
        )
    return before, after
