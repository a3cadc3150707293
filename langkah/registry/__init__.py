"""Which adapter is the champion, and every event that made it so: an append-only history with roll-back; and which FAQs were
trained on last."""

from langkah.registry.candidates import CLAIM, VERDICT, find_candidate, read_candidate
from langkah.registry.changing import promote, promote_scored, roll_back
from langkah.registry.entries import Candidate, Claim, Entry
from langkah.registry.history import ChampionRegistry
from langkah.registry.trained_faqs import TrainedFaqs, note_trained, read_trained

__all__ = [
    "CLAIM",
    "VERDICT",
    "Candidate",
    "ChampionRegistry",
    "Claim",
    "Entry",
    "TrainedFaqs",
    "find_candidate",
    "note_trained",
    "promote",
    "promote_scored",
    "read_candidate",
    "read_trained",
    "roll_back",
]
