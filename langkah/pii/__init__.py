"""Personal data: found by Presidio recognizers, replaced by placeholders that are consistent within a record."""

from langkah.pii.audit import PiiAudit, audit
from langkah.pii.ner_model import check_ner_model
from langkah.pii.report import PiiCounts
from langkah.pii.scrubber import Scrubbed, Scrubber

__all__ = ["PiiAudit", "PiiCounts", "Scrubbed", "Scrubber", "audit", "check_ner_model"]
