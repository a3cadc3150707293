"""Which adapter is the champion, and every event that made it so: an append-only history with roll-back."""

from langkah.registry.entries import Candidate, Entry, withdrawn
from langkah.registry.history import ChampionRegistry

__all__ = ["Candidate", "ChampionRegistry", "Entry", "withdrawn"]
