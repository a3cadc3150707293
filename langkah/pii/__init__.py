"""Personal data: found by Presidio recognizers, replaced by placeholders that are consistent within a record."""

from langkah.pii.audit import PiiAudit, audit
from langkah.pii.given_away import given_away
from langkah.pii.local_model import check_ner, ner_identity
from langkah.pii.ner_model import check_ner_model
from langkah.pii.patterns import check_patterns
from langkah.pii.report import PiiCounts
from langkah.pii.scrubber import Scrubbed, Scrubber
from langkah.pii.sealed import SealedRows, check_key, is_sealed, restore

__all__ = [
    "PiiAudit",
    "PiiCounts",
    "Scrubbed",
    "Scrubber",
    "SealedRows",
    "audit",
    "check_key",
    "check_ner",
    "check_ner_model",
    "check_patterns",
    "given_away",
    "is_sealed",
    "ner_identity",
    "restore",
]
