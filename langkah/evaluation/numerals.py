"""How figures are written for people."""

from __future__ import annotations


def written(value: float, form: str) -> str:
    """A figure in a format such as `+.3f`, with the sign that is a minus, not a hyphen."""
    return f"{value:{form}}".replace("-", "−")
