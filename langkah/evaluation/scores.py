"""The scores of one system's answers: row by row, then one set of figures for each slice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pydantic import Field

from langkah.config import EvaluateConfig
from langkah.evaluation.consistency import Consistency, consistency
from langkah.evaluation.form import count_words, is_numbered, length_ratio, repetition, share
from langkah.evaluation.intervals import mean, mean_ci
from langkah.evaluation.meteor import meteor
from langkah.evaluation.phrase_table import PhraseTable, load_phrases
from langkah.evaluation.rouge_l import rouge_l
from langkah.evaluation.steps import StepMeans, StepScores, compare_steps, step_means


class Scorable(Protocol):
    """An answer beside its reference: `Answer`, or a row of a predictions file."""

    @property
    def slice(self) -> str:
        """The slice that its figures belong to."""
        ...

    @property
    def intent(self) -> str:
        """What was asked, in whatever words: the cluster of the intervals."""
        ...

    @property
    def prompt(self) -> str:
        """The words in which it was asked; empty where they are not known."""
        ...

    @property
    def language(self) -> str:
        """By whose words it is compared: `en`, `id`, `mixed`, or another, by exact words."""
        ...

    @property
    def reference(self) -> str:
        """The right answer."""
        ...

    @property
    def prediction(self) -> str:
        """The answer of a model."""
        ...

    @property
    def ended(self) -> bool | None:
        """Whether the model ended it by its end token; None: not known."""
        ...

    @property
    def failed(self) -> str | None:
        """Why there is no answer, which then scores as an empty one; None where there is one."""
        ...


class RowScore(StepScores):
    """The scores of one answer, without its text."""

    intent: str
    slice: str = Field(description="`eval` or `holdout`")
    rouge_l: float = Field(ge=0, description="F1 of the longest common subsequence of words, fraction of 1")
    meteor: float = Field(ge=0, description="fraction of 1; what it means for a language: `meteor.KINDS`")
    numbered: bool = Field(default=False, description="whether the steps are numbered 1 to n in order")
    words: int = Field(default=0, ge=0, description="words of the answer; 0: it is empty")
    reference_words: int = Field(default=0, ge=0, description="words of the reference")
    repetition: float = Field(default=0.0, ge=0, le=1, description="share of runs of four words that were said already")
    ended: bool | None = Field(default=None, description="whether the model ended the answer itself; None: not known")
    failed: bool = Field(default=False, description="whether generation failed: there is no answer, and it scores 0")


class Scores(StepMeans):
    """The figures of a set of answers: means over rows, fractions of 1; never NaN.

    Length ratio, repetition and invented steps, which an answer that failed would improve, are of the others alone; absent
    where there are none. All else is never absent.
    """

    n: int = Field(ge=1, description="answers, empty ones included: they score 0")
    rouge_l: float
    rouge_l_ci: tuple[float, float] = Field(description="95 % interval (low, high), clustered by intent")
    meteor: float
    meteor_ci: tuple[float, float] = Field(description="95 % interval (low, high), clustered by intent")
    numbered: float = Field(description="share of the answers whose steps are numbered 1 to n in order")
    length_ratio: float | None = Field(default=None, description="words of the answers for each word of their references")
    repetition: float | None = Field(
        default=None, description="share of runs of four words that an answer has said already, mean"
    )
    empty: int = Field(description="answers without any text")


class SliceScores(Scores, Consistency):
    """The figures of one slice."""

    ended: float = Field(description="share of the answers that the model ended itself, by its end token")
    failed: int = Field(default=0, ge=0, description="answers that could not be generated; each counts, as an empty one")


def score_rows(answers: Sequence[Scorable], phrases: PhraseTable | None = None) -> tuple[RowScore, ...]:
    """Score each answer; the rows come in the order of the answers.

    Args:
        answers: of one system.
        phrases: METEOR's fourth stage, where there is one.

    Raises:
        ResourceError: METEOR's word data are not installed.
    """
    predictions = ["" if answer.failed else answer.prediction for answer in answers]
    references = [answer.reference for answer in answers]
    languages = [answer.language for answer in answers]
    rouge: list[float] = rouge_l(predictions, references).tolist()
    met: list[float] = meteor(predictions, references, languages, phrases).tolist()
    steps = compare_steps(predictions, references, languages)
    return tuple(
        RowScore(
            intent=answer.intent,
            slice=answer.slice,
            rouge_l=one,
            meteor=two,
            numbered=is_numbered(prediction),
            words=count_words(prediction),
            reference_words=count_words(answer.reference),
            repetition=repetition(prediction),
            ended=answer.ended,
            failed=answer.failed is not None,
            **three.model_dump(),
        )
        for answer, prediction, one, two, three in zip(answers, predictions, rouge, met, steps, strict=True)
    )


def score_answers(
    answers: Sequence[Scorable], config: EvaluateConfig, rows: Sequence[RowScore] | None = None
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
    rows = score_rows(answers, load_phrases(config)) if rows is None else rows
    pairs = list(zip(answers, rows, strict=True))
    found: dict[str, SliceScores] = {}
    for name in dict.fromkeys(answer.slice for answer in answers):
        inside = [row for answer, row in pairs if answer.slice == name]
        found[name] = SliceScores(
            **summarize(inside, config).model_dump(),
            ended=share(bool(row.ended) for row in inside),
            failed=sum(row.failed for row in inside),
            **consistency([answer for answer in answers if answer.slice == name], config).model_dump(),
        )
    return found


def summarize(rows: Sequence[RowScore], config: EvaluateConfig) -> Scores:
    """Bring the rows of one set together, at least one.

    Raises:
        ValueError: there is no row.
    """
    rouge, met = [row.rouge_l for row in rows], [row.meteor for row in rows]
    intents = [row.intent for row in rows]
    said = [row for row in rows if not row.failed]
    return Scores(
        n=len(rows),
        rouge_l=mean(rouge),
        rouge_l_ci=mean_ci(rouge, intents, config.resamples, config.seed),
        meteor=mean(met),
        meteor_ci=mean_ci(met, intents, config.resamples, config.seed),
        numbered=share(row.numbered for row in rows),
        length_ratio=length_ratio([row.words for row in said], [row.reference_words for row in said]) if said else None,
        repetition=mean([row.repetition for row in said]) if said else None,
        empty=sum(row.words == 0 for row in rows),
        **step_means(rows, intents, [row.failed for row in rows], config).model_dump(),
    )
