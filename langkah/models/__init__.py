"""Models: the catalogue and the choice, the bundled demo model, loading, generation."""

from langkah.models.choice import ModelRef, resolve_model

__all__ = ["ModelRef", "resolve_model"]
