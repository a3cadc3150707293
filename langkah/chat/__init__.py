"""Chat format: the model's own template, the loss mask, token lengths, and what to do with what is too long."""

from langkah.chat.lengths import FittedExamples, LengthReport, fit_to_length
from langkah.chat.mask import check_masks
from langkah.chat.template import ChatEncoder, EncodedExample

__all__ = ["ChatEncoder", "EncodedExample", "FittedExamples", "LengthReport", "check_masks", "fit_to_length"]
