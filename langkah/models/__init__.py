"""Models: the catalogue and the choice, the bundled demo model, loading, generation, endpoints."""

from langkah.models.choice import ModelRef, resolve_model
from langkah.models.endpoint import check_llm

__all__ = ["ModelRef", "check_llm", "resolve_model"]
