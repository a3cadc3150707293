"""Whether a system gives the same procedure for the different wordings of one intent.

Two answers agree by the F1 of their steps: twice the steps that both have, by `steps.align`, for each step of both; where and
in what order they stand plays no part. An intent's consistency is the mean over all pairs of its wordings, the figure the
mean over intents. It is the consistency of Elazar et al., "Measuring and Improving Consistency in Pretrained Language Models"
(TACL 9, 2021: the share of pairs of paraphrases with the same answer), with an agreement of texts in place of equality, as
Raj, Rosati and Majumdar have it in "Measuring Reliability of Large Language Models through Semantic Consistency"
(arXiv:2211.05853, 2022).

It says nothing of right or wrong: the same wrong procedure for every wording is consistent. An answer without steps, or one
that failed, gives no procedure and agrees with none.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from typing import Final, Protocol

from pydantic import Field

from langkah.config import EvaluateConfig
from langkah.evaluation.figures import Figures
from langkah.evaluation.intervals import mean, mean_ci
from langkah.evaluation.steps import Step, StepReader, align
from langkah.same_text import same_text_key

MOST: Final = 10
"""Wordings of an intent that are compared: 45 pairs. Hashes of the prompts decide which, the same for all systems."""


class Worded(Protocol):
    """An answer with the wording that it was given to: an `Answer`, for one."""

    @property
    def intent(self) -> str:
        """What was asked, in whatever words."""
        ...

    @property
    def language(self) -> str:
        """Wordings of one language are compared."""
        ...

    @property
    def prompt(self) -> str:
        """The words in which it was asked."""
        ...

    @property
    def prediction(self) -> str:
        """The answer."""
        ...

    @property
    def failed(self) -> str | None:
        """Why there is no answer; None where there is one."""
        ...


class Consistency(Figures):
    """The figure of a set of answers of one system; no figure where no intent was asked in two wordings."""

    consistency_n: int = Field(default=0, ge=0, description="intents that were asked in two wordings or more")
    consistency: float | None = Field(
        default=None, description="F1 of the steps of two answers to one intent: mean over pairs of wordings, then over intents"
    )
    consistency_ci: tuple[float, float] | None = Field(
        default=None, description="95 % interval (low, high), clustered by intent"
    )


def consistency(answers: Sequence[Worded], config: EvaluateConfig) -> Consistency:
    """Compare the answers to each intent with each other.

    Args:
        answers: of one system on one slice, in any order.
        config: the resamples and the seed of the interval.

    Raises:
        ResourceError: the word data of a language that occurs are not installed.
    """
    reader = StepReader()
    wordings: dict[tuple[str, str], dict[str, Worded]] = {}
    for each in sorted(answers, key=lambda answer: answer.prediction):
        wordings.setdefault((each.intent, each.language), {}).setdefault(same_text_key(each.prompt), each)
    values: list[float] = []
    intents: list[str] = []
    for (intent, language), found in sorted(wordings.items()):
        if len(found) < 2:
            continue
        chosen = sorted(found, key=lambda prompt: hashlib.sha256(prompt.encode()).digest())[:MOST]
        told = [found[prompt] for prompt in sorted(chosen)]
        steps = [() if each.failed else reader.steps(each.prediction, language) for each in told]
        values.append(mean([_agreement(one, other) for one, other in itertools.combinations(steps, 2)]))
        intents.append(intent)
    if not values:
        return Consistency()
    return Consistency(
        consistency_n=len(set(intents)),
        consistency=mean(values),
        consistency_ci=mean_ci(values, intents, config.resamples, config.seed),
    )


def _agreement(one: Sequence[Step], other: Sequence[Step]) -> float:
    """F1 of two answers' steps (Dice), 0 where either has none."""
    return 2 * len(align(one, other)) / (len(one) + len(other)) if one and other else 0.0
