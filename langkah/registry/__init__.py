"""Which adapter is the champion, and every event that made it so: an append-only history with roll-back."""

from langkah.registry.candidates import CLAIM, VERDICT, find_candidate, read_candidate
from langkah.registry.changing import promote, promote_scored, roll_back
from langkah.registry.entries import Candidate, Claim, Entry
from langkah.registry.history import ChampionRegistry

__all__ = [
    "CLAIM",
    "VERDICT",
    "Candidate",
    "ChampionRegistry",
    "Claim",
    "Entry",
    "find_candidate",
    "promote",
    "promote_scored",
    "read_candidate",
    "roll_back",
]
