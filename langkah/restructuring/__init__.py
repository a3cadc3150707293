"""Raw answers (forum threads, running text) rewritten by a language model in numbered steps: drafts that only review admits."""

from langkah.restructuring.checks import DraftProblem
from langkah.restructuring.drafts import Draft, restructure

__all__ = ["Draft", "DraftProblem", "restructure"]
