"""The gate on what a run measured: a tuned model against the champion where there is one, else against its base."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from langkah.config import EvaluateConfig, GateConfig
from langkah.evaluation.comparison import answered, compare_slices
from langkah.evaluation.fairness import Asked, TrainingSide, comparable, fallen_intents, refuse_contaminated
from langkah.evaluation.gate import Evidence, GateVerdict, decide
from langkah.evaluation.rules import Failures
from langkah.evaluation.scores import RowScore, summarize

UNANSWERED: Final = "that the champion failed to answer"
"""Why a row is left out of the comparison, beside the reasons of `fairness.comparable`."""


@dataclass(frozen=True)
class Challenger:
    """A tuned model as it is judged: its rows, and what was measured beside them."""

    name: str
    """In messages."""
    rows: Sequence[RowScore]
    side: TrainingSide
    own_leads: Sequence[float | None] | None = None
    """Of each answer, as `own_steps.own_leads`."""
    personal_values: int | None = None
    forgetting: float | None = None


@dataclass(frozen=True)
class Champion:
    """The champion's rows of the same prompts, and what it was trained on."""

    rows: Sequence[RowScore]
    side: TrainingSide


@dataclass(frozen=True)
class Judgement:
    """The verdict, and beside a champion what was compared and what fell."""

    verdict: GateVerdict
    against_champion: Mapping[str, Any] | None = None
    """`compared` and `left_out` (rows, among the latter those that the champion failed to answer), `gains` as `compare_slices`,
    `new` (scores of both on intents that the champion did not know), `fallen` (intents); None where the base was the
    opponent."""


def judge(
    asked: Sequence[Asked],
    base: Sequence[RowScore],
    challenger: Challenger,
    champion: Champion | None,
    gate: GateConfig,
    evaluate: EvaluateConfig,
) -> Judgement:
    """Apply the gate on the rows that the comparison is fair on.

    Args:
        asked: the evaluated prompts; all rows come in their order.
        base: the base model's rows.
        challenger: the tuned model.
        champion: None where there is none: then the base model is the opponent.
        gate: the limits.
        evaluate: resamples and seed of the intervals.

    Raises:
        ContaminationError: the challenger was trained on what it is judged by.
        GenerationError: the two did not answer the same rows.
    """
    refuse_contaminated(challenger.name, challenger.side, asked)
    fair = comparable(asked, challenger.side, champion.side if champion else None)
    opponent = champion.rows if champion else base
    before, after = answered(_at(opponent, fair.judged), _at(challenger.rows, fair.judged))
    failures = Failures(
        opponent=len(fair.judged) - len(before),
        challenger=sum(challenger.rows[place].failed for place in fair.judged),
        prompts=len(fair.judged),
    )
    leads = challenger.own_leads or ()
    evidence = Evidence(
        own_leads=[
            (asked[place].intent, lead)
            for place in sorted((*fair.eval, *fair.new))
            if leads and (lead := leads[place]) is not None
        ],
        ended=[bool(row.ended) for row in challenger.rows],
        # What was not said invents nothing: an answer that failed is no evidence of fewer invented steps.
        invented=[
            (left.intent, left.invented_steps, right.invented_steps)
            for left, right in zip(before, after, strict=True)
            if right.reference_steps and not right.failed
        ],
        failures=failures,
        personal_values=challenger.personal_values,
        forgetting=challenger.forgetting,
    )
    verdict = decide(before, after, gate, evaluate, evidence, "champion" if champion else "base")
    if champion is None:
        return Judgement(verdict)
    gains = compare_slices(before, after, evaluate)
    new = {"champion": _at(champion.rows, fair.new), "tuned": _at(challenger.rows, fair.new)}
    return Judgement(
        verdict,
        {
            "compared": {
                **{name: sum(row.slice == name for row in before) for name in ("eval", "holdout")},
                "new": len(fair.new),
            },
            "left_out": {**fair.left_out, **({UNANSWERED: failures.opponent} if failures.opponent else {})},
            "gains": {name: {key: asdict(gain) for key, gain in found.items()} for name, found in gains.items()},
            "new": {name: summarize(rows, evaluate).model_dump() for name, rows in new.items()} if fair.new else {},
            "fallen": [asdict(each) for each in fallen_intents(before, after, gate.max_intent_drop)],
        },
    )


def _at(rows: Sequence[RowScore], places: Sequence[int]) -> list[RowScore]:
    return [rows[place] for place in places]
