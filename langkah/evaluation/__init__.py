"""How good a model's answers are: ROUGE-L, METEOR and its steps with intervals, the gate, and the report.

Importing the room is light: a name below is imported when it is first asked for. The two metrics as plain functions
are `langkah.evaluation.rouge_l.rouge_l` and `langkah.evaluation.meteor.meteor`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langkah.evaluation.bands import Band, band
    from langkah.evaluation.gate import GateRule, GateVerdict, decide
    from langkah.evaluation.intervals import mean_ci, paired_gain_ci
    from langkah.evaluation.metric_classes import Meteor, RougeL
    from langkah.evaluation.phrase_table import PhraseTable, load_phrases
    from langkah.evaluation.predictions import Prediction, PredictionScores, read_predictions, score_predictions
    from langkah.evaluation.scores import RowScore, Scores, SliceScores, score_answers, score_rows
    from langkah.evaluation.steps import StepDiff, step_diff
    from langkah.evaluation.wordnet import check_wordnet, install_wordnet, lexicon_version

__all__ = [
    "Band",
    "GateRule",
    "GateVerdict",
    "Meteor",
    "PhraseTable",
    "Prediction",
    "PredictionScores",
    "RougeL",
    "RowScore",
    "Scores",
    "SliceScores",
    "StepDiff",
    "band",
    "check_wordnet",
    "decide",
    "install_wordnet",
    "lexicon_version",
    "load_phrases",
    "mean_ci",
    "paired_gain_ci",
    "read_predictions",
    "score_answers",
    "score_predictions",
    "score_rows",
    "step_diff",
]

_HOMES = {
    "bands": ("Band", "band"),
    "gate": ("GateRule", "GateVerdict", "decide"),
    "intervals": ("mean_ci", "paired_gain_ci"),
    "metric_classes": ("Meteor", "RougeL"),
    "phrase_table": ("PhraseTable", "load_phrases"),
    "predictions": ("Prediction", "PredictionScores", "read_predictions", "score_predictions"),
    "scores": ("RowScore", "Scores", "SliceScores", "score_answers", "score_rows"),
    "steps": ("StepDiff", "step_diff"),
    "wordnet": ("check_wordnet", "install_wordnet", "lexicon_version"),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
