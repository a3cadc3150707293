"""Which intents and variants train, evaluate and are held out, and the proof that the sides share nothing.

Identity (`IntentNames`), one answer each (`find_conflicts`, `find_repeats`), the records that may train (`Sorting`) ->
groups of near-duplicates, sides and rows (`Splitting`) -> proof (`audit_sorted`). `name_intents`, `group_intents`,
`split_variants` and `audit_leaks` are the same for what is in memory, in no order.
"""

from langkah.splitting.identity import IntentKey, IntentNames, name_intents
from langkah.splitting.leak_audit import LeakAudit, audit_leaks, audit_sorted
from langkah.splitting.near_duplicates import NearPair, answer_key, group_intents, near_pairs
from langkah.splitting.repeats import SCRUBBED_ALIKE, Asked, find_conflicts, find_repeats, question_key
from langkah.splitting.sides import Side, Sides, choose_sides
from langkah.splitting.sorting import Sorting
from langkah.splitting.split import DropReason, Slice, Split, Splitting, split_variants

__all__ = [
    "SCRUBBED_ALIKE",
    "Asked",
    "DropReason",
    "IntentKey",
    "IntentNames",
    "LeakAudit",
    "NearPair",
    "Side",
    "Sides",
    "Slice",
    "Sorting",
    "Split",
    "Splitting",
    "answer_key",
    "audit_leaks",
    "audit_sorted",
    "choose_sides",
    "find_conflicts",
    "find_repeats",
    "group_intents",
    "name_intents",
    "near_pairs",
    "question_key",
    "split_variants",
]
