"""Which paraphrases are admitted, and why others are not: form, what must be kept, sense, diversity, meaning."""

from langkah.paraphrase.filters.checks import FRAME_CHECKS, MODEL_CHECKS, Check, Judgement, Pair, check, check_distance
from langkah.paraphrase.filters.meaning import EmbeddingMeasure, Meaning, Measure, WordMeasure
from langkah.paraphrase.filters.reading import Reading
from langkah.paraphrase.filters.reasons import RejectedVariant, RejectReason, Scores
from langkah.paraphrase.filters.wording import kept_content, words

__all__ = [
    "FRAME_CHECKS",
    "MODEL_CHECKS",
    "Check",
    "EmbeddingMeasure",
    "Judgement",
    "Meaning",
    "Measure",
    "Pair",
    "Reading",
    "RejectReason",
    "RejectedVariant",
    "Scores",
    "WordMeasure",
    "check",
    "check_distance",
    "kept_content",
    "words",
]
