"""How good a model's answers are: ROUGE-L, METEOR and its steps with intervals, the gate, and the report.

Importing the room is light: a name below is imported when it is first asked for. The two metrics as plain functions
are `langkah.evaluation.rouge_l.rouge_l` and `langkah.evaluation.meteor.meteor`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langkah.evaluation.bands import Band, band
    from langkah.evaluation.comparison import compare_slices
    from langkah.evaluation.fairness import (
        Comparable,
        FallenIntent,
        TrainingSide,
        comparable,
        fallen_intents,
        refuse_contaminated,
        training_side,
    )
    from langkah.evaluation.gate import Evidence, GateVerdict, decide
    from langkah.evaluation.intervals import mean_ci, paired_gain_ci, ratio_ci
    from langkah.evaluation.judgement import Challenger, Champion, Judgement, judge
    from langkah.evaluation.metric_classes import Meteor, RougeL
    from langkah.evaluation.phrase_table import PhraseTable, load_phrases
    from langkah.evaluation.predictions import Prediction, PredictionScores, read_predictions, score_predictions
    from langkah.evaluation.ratings import ordinal_alpha, rank_correlation, summarize_ratings
    from langkah.evaluation.rules import GateRule
    from langkah.evaluation.scores import RowScore, Scores, SliceScores, score_answers, score_rows
    from langkah.evaluation.significance import Gain, detectable, holm, paired_gains
    from langkah.evaluation.steps import StepDiff, step_diff
    from langkah.evaluation.wordnet import check_wordnet, install_wordnet, lexicon_version

__all__ = [
    "Band",
    "Challenger",
    "Champion",
    "Comparable",
    "Evidence",
    "FallenIntent",
    "Gain",
    "GateRule",
    "GateVerdict",
    "Judgement",
    "Meteor",
    "PhraseTable",
    "Prediction",
    "PredictionScores",
    "RougeL",
    "RowScore",
    "Scores",
    "SliceScores",
    "StepDiff",
    "TrainingSide",
    "band",
    "check_wordnet",
    "comparable",
    "compare_slices",
    "decide",
    "detectable",
    "fallen_intents",
    "holm",
    "install_wordnet",
    "judge",
    "lexicon_version",
    "load_phrases",
    "mean_ci",
    "ordinal_alpha",
    "paired_gain_ci",
    "paired_gains",
    "rank_correlation",
    "ratio_ci",
    "read_predictions",
    "refuse_contaminated",
    "score_answers",
    "score_predictions",
    "score_rows",
    "step_diff",
    "summarize_ratings",
    "training_side",
]

_HOMES = {
    "bands": ("Band", "band"),
    "comparison": ("compare_slices",),
    "fairness": (
        "Comparable",
        "FallenIntent",
        "TrainingSide",
        "comparable",
        "fallen_intents",
        "refuse_contaminated",
        "training_side",
    ),
    "gate": ("Evidence", "GateVerdict", "decide"),
    "intervals": ("mean_ci", "paired_gain_ci", "ratio_ci"),
    "judgement": ("Challenger", "Champion", "Judgement", "judge"),
    "metric_classes": ("Meteor", "RougeL"),
    "phrase_table": ("PhraseTable", "load_phrases"),
    "predictions": ("Prediction", "PredictionScores", "read_predictions", "score_predictions"),
    "ratings": ("ordinal_alpha", "rank_correlation", "summarize_ratings"),
    "rules": ("GateRule",),
    "scores": ("RowScore", "Scores", "SliceScores", "score_answers", "score_rows"),
    "significance": ("Gain", "detectable", "holm", "paired_gains"),
    "steps": ("StepDiff", "step_diff"),
    "wordnet": ("check_wordnet", "install_wordnet", "lexicon_version"),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
