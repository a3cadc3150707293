"""Other ways to ask the same: by frames or a language model, filtered, balanced, and a reason for each one left out."""

from langkah.paraphrase.backends import Ask, Backend, Candidate, FrameBackend
from langkah.paraphrase.balance import TopicShare
from langkah.paraphrase.filters import RejectedVariant, RejectReason, Scores
from langkah.paraphrase.frames import FrameFamily, load_families, side_counts
from langkah.paraphrase.means import Engine, Means, find_means, open_engine
from langkah.paraphrase.outcomes import KeptOutcomes, Paraphrases
from langkah.paraphrase.variants import Paraphrased, ParaphraseResult, make_variants, record_order

__all__ = [
    "Ask",
    "Backend",
    "Candidate",
    "Engine",
    "FrameBackend",
    "FrameFamily",
    "KeptOutcomes",
    "Means",
    "ParaphraseResult",
    "Paraphrased",
    "Paraphrases",
    "RejectReason",
    "RejectedVariant",
    "Scores",
    "TopicShare",
    "find_means",
    "load_families",
    "make_variants",
    "open_engine",
    "record_order",
    "side_counts",
]
