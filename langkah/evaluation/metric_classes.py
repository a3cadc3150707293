"""ROUGE-L and METEOR as metrics of the `evaluate` package, for its users: `combine`, a Trainer, an evaluator.

`evaluate.load("rouge")` and `("meteor")` fetch code from a hub, and its ROUGE has another mean; these classes are that
code, here, and need no network. Texts stay in memory: evaluate's default would write them to a file in its cache.
Importing this module imports evaluate, which takes seconds; the functions `rouge_l` and `meteor` need it not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import datasets
import evaluate

from langkah.evaluation.intervals import mean
from langkah.evaluation.meteor import meteor
from langkah.evaluation.rouge_l import rouge_l


class _InMemory(evaluate.Metric):
    """A metric of the rows' mean that writes no text to disk."""

    def __init__(self, config_name: str | None = None, keep_in_memory: bool = True, **options: Any) -> None:
        super().__init__(config_name, keep_in_memory, **options)

    def _describe(self, description: str, citation: str, columns: Sequence[str]) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description=description,
            citation=citation,
            inputs_description="".join(f"\n    {column}: one text for each row" for column in columns),
            features=datasets.Features({column: datasets.Value("string") for column in columns}),
        )


class RougeL(_InMemory):
    """`RougeL().compute(predictions=..., references=...)` gives `{"rouge_l": mean}`."""

    def _info(self) -> evaluate.MetricInfo:
        return self._describe(
            "ROUGE-L: F1 of the longest common subsequence of words, no stemmer, mean over rows.",
            "Lin, ROUGE: A Package for Automatic Evaluation of Summaries, 2004",
            ("predictions", "references"),
        )

    def _compute(self, *, predictions: Any = None, references: Any = None, **kwargs: Any) -> dict[str, float]:
        return {"rouge_l": mean(rouge_l(predictions, references))}


class Meteor(_InMemory):
    """`Meteor().compute(predictions=..., references=..., languages=...)` gives `{"meteor": mean}`."""

    def _info(self) -> evaluate.MetricInfo:
        return self._describe(
            "METEOR: nltk's for English, the same formula over Sastrawi and mythes-id for Indonesian; mean over rows.",
            "Lavie and Agarwal, METEOR: An Automatic Metric for MT Evaluation, 2007",
            ("predictions", "references", "languages"),
        )

    def _compute(self, *, predictions: Any = None, references: Any = None, **kwargs: Any) -> dict[str, float]:
        return {"meteor": mean(meteor(predictions, references, kwargs["languages"]))}
