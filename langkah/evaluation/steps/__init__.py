"""The steps of an answer beside those of its reference: which are there, missing, invented or out of order.

`reading` turns an answer into steps, `alignment` finds which step is which, `measures` makes figures of one answer and `means`
of many, and `diff` says which step went wrong.
"""

from langkah.evaluation.steps.alignment import THRESHOLD, Aligned, align
from langkah.evaluation.steps.diff import InventedStep, ReferenceStep, StepDiff, step_diff
from langkah.evaluation.steps.means import StepMeans, step_means
from langkah.evaluation.steps.measures import StepScores, compare_steps
from langkah.evaluation.steps.reading import Step, StepReader

__all__ = [
    "THRESHOLD",
    "Aligned",
    "InventedStep",
    "ReferenceStep",
    "Step",
    "StepDiff",
    "StepMeans",
    "StepReader",
    "StepScores",
    "align",
    "compare_steps",
    "step_diff",
    "step_means",
]
