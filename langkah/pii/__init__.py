"""Personal data: found by Presidio recognizers, replaced by placeholders that are consistent within a record."""

from langkah.pii.ner_model import check_ner_model
from langkah.pii.report import PiiCounts
from langkah.pii.scrubber import Scrubbed, Scrubber

__all__ = ["PiiCounts", "Scrubbed", "Scrubber", "check_ner_model"]
