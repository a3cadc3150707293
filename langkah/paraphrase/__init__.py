"""Other ways to ask the same: frame families that need no model, filters, and a reason for each paraphrase left out."""

from langkah.paraphrase.filters import RejectReason
from langkah.paraphrase.frames import FrameFamily, load_families, side_counts
from langkah.paraphrase.variants import ParaphraseResult, RejectedVariant, make_variants

__all__ = [
    "FrameFamily",
    "ParaphraseResult",
    "RejectReason",
    "RejectedVariant",
    "load_families",
    "make_variants",
    "side_counts",
]
