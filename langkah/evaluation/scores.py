"""The scores of one system's answers: row by row, then one set of figures for each slice."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from langkah.config import EvaluateConfig
from langkah.evaluation.intervals import mean, mean_ci
from langkah.evaluation.meteor import meteor
from langkah.evaluation.rouge_l import rouge_l
from langkah.evaluation.steps import is_numbered, length_ratio, share
from langkah.records import Answer, Record


class RowScore(Record):
    """The scores of one answer, without its text."""

    intent: str
    slice: str = Field(description="`eval` or `holdout`")
    rouge_l: float = Field(ge=0, description="F1 of the longest common subsequence of words, fraction of 1")
    meteor: float = Field(ge=0, description="fraction of 1; what it means for a language: `meteor.KINDS`")


class Scores(Record):
    """The figures of a set of answers: means over rows, fractions of 1; never absent, never NaN."""

    n: int = Field(ge=1, description="answers, empty ones included: they score 0")
    rouge_l: float
    rouge_l_ci: tuple[float, float] = Field(description="95 % interval (low, high), clustered by intent")
    meteor: float
    meteor_ci: tuple[float, float] = Field(description="95 % interval (low, high), clustered by intent")
    numbered: float = Field(description="share of the answers whose steps are numbered 1 to n in order")
    length_ratio: float = Field(description="words of the answers for each word of the references")
    empty: int = Field(description="answers without any text")


class SliceScores(Scores):
    """The figures of one slice."""

    ended: float = Field(description="share of the answers that the model ended itself, by its end token")


def score_rows(answers: Sequence[Answer]) -> tuple[RowScore, ...]:
    """Score each answer; the rows come in the order of the answers.

    Raises:
        ResourceError: METEOR's word data are not installed.
    """
    rouge, met = score_texts(
        [answer.prediction for answer in answers],
        [answer.reference for answer in answers],
        [answer.language for answer in answers],
    )
    return tuple(
        RowScore(intent=answer.intent, slice=answer.slice, rouge_l=one, meteor=two)
        for answer, one, two in zip(answers, rouge, met, strict=True)
    )


def score_answers(
    answers: Sequence[Answer], config: EvaluateConfig, rows: Sequence[RowScore] | None = None
) -> dict[str, SliceScores]:
    """The figures of each slice that has answers.

    Args:
        answers: of one system.
        config: the resamples and the seed of the intervals.
        rows: what `score_rows` gave for these answers, where it is there already.

    Raises:
        ValueError: there are not as many rows as answers.
        ResourceError: METEOR's word data are not installed.
    """
    rows = score_rows(answers) if rows is None else rows
    pairs = list(zip(answers, rows, strict=True))
    found: dict[str, SliceScores] = {}
    for name in dict.fromkeys(answer.slice for answer in answers):
        inside = [(answer, row) for answer, row in pairs if answer.slice == name]
        scores = summarize(
            predictions=[answer.prediction for answer, _ in inside],
            references=[answer.reference for answer, _ in inside],
            intents=[answer.intent for answer, _ in inside],
            rouge=[row.rouge_l for _, row in inside],
            met=[row.meteor for _, row in inside],
            config=config,
        )
        found[name] = SliceScores(**scores.model_dump(), ended=share(answer.ended for answer, _ in inside))
    return found


def score_texts(
    predictions: Sequence[str], references: Sequence[str], languages: Sequence[str]
) -> tuple[list[float], list[float]]:
    """ROUGE-L and METEOR of each row, as plain numbers."""
    met: list[float] = meteor(predictions, references, languages).tolist()
    rouge: list[float] = rouge_l(predictions, references).tolist()
    return rouge, met


def summarize(
    predictions: Sequence[str],
    references: Sequence[str],
    intents: Sequence[str],
    rouge: Sequence[float],
    met: Sequence[float],
    config: EvaluateConfig,
) -> Scores:
    """Bring the rows of one set together; all sequences are (n,), n at least 1.

    Raises:
        ValueError: there is no row.
    """
    return Scores(
        n=len(predictions),
        rouge_l=mean(rouge),
        rouge_l_ci=mean_ci(rouge, intents, config.resamples, config.seed),
        meteor=mean(met),
        meteor_ci=mean_ci(met, intents, config.resamples, config.seed),
        numbered=share(is_numbered(text) for text in predictions),
        length_ratio=length_ratio(predictions, references),
        empty=sum(not text.strip() for text in predictions),
    )
