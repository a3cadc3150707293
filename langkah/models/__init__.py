"""Models: the catalogue, the advisor and the choice, the bundled demo model, loading, generation, endpoints."""

from langkah.models.advice import advise
from langkah.models.choice import resolve_base, resolve_model
from langkah.models.endpoint import check_llm
from langkah.models.ref import ModelRef

__all__ = ["ModelRef", "advise", "check_llm", "resolve_base", "resolve_model"]
