"""The step-aware figures of a set of answers."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from langkah.config import EvaluateConfig
from langkah.evaluation.figures import Figures
from langkah.evaluation.intervals import mean, mean_ci
from langkah.evaluation.steps.measures import StepScores

Interval = tuple[float, float]
_INTERVAL = "95 % interval (low, high), clustered by intent"


class StepMeans(Figures):
    """Means over the answers whose reference has steps; all 0 where none has (`step_n` 0).

    An answer that failed has no step of its reference, and invented none: it is in no mean of invented steps, which it would
    improve; those are None where all failed.
    """

    step_n: int = Field(default=0, ge=0, description="answers whose reference has steps: those of these means")
    step_recall: float = Field(default=0.0, description="share of the reference's steps that an answer has")
    step_recall_ci: Interval = Field(default=(0.0, 0.0), description=_INTERVAL)
    step_precision: float = Field(default=0.0, description="share of an answer's steps that the reference has")
    step_precision_ci: Interval = Field(default=(0.0, 0.0), description=_INTERVAL)
    step_order: float = Field(default=0.0, description="Kendall's tau over the aligned steps as (tau + 1) / 2")
    step_order_ci: Interval = Field(default=(0.0, 0.0), description=_INTERVAL)
    exact_procedure: float = Field(default=0.0, description="share of the answers with every step, in order, and none more")
    exact_procedure_ci: Interval = Field(default=(0.0, 0.0), description=_INTERVAL)
    missing_steps: float = Field(default=0.0, description="steps of the reference that an answer has not, steps an answer")
    invented_steps: float | None = Field(
        default=None, description="steps of an answer that the reference has not, steps an answer that did not fail"
    )
    invented_steps_ci: Interval | None = Field(default=None, description=_INTERVAL)


def step_means(rows: Sequence[StepScores], intents: Sequence[str], failed: Sequence[bool], config: EvaluateConfig) -> StepMeans:
    """Bring the rows of one set together.

    Args:
        rows: one for each answer, (n,).
        intents: of each row, (n,).
        failed: whether there is no answer, (n,).
        config: the resamples and the seed of the intervals.
    """
    counted = [(row, intent, lost) for row, intent, lost in zip(rows, intents, failed, strict=True) if row.reference_steps]
    if not counted:
        return StepMeans(invented_steps=0.0, invented_steps_ci=(0.0, 0.0))
    found: dict[str, float | Interval | None] = {"missing_steps": mean([float(row.missing_steps) for row, *_ in counted])}
    for name in ("step_recall", "step_precision", "step_order", "exact_procedure", "invented_steps"):
        told = [(float(getattr(row, name)), intent) for row, intent, lost in counted if not (lost and name == "invented_steps")]
        found |= {name: None, f"{name}_ci": None}
        if told:
            values, clusters = [value for value, _ in told], [intent for _, intent in told]
            most = max(1.0, max(values))  # a count has no other bound than what was seen
            interval = mean_ci(values, clusters, config.resamples, config.seed, (0.0, most))
            found |= {name: mean(values), f"{name}_ci": interval}
    return StepMeans.model_validate({"step_n": len(counted), **found})
