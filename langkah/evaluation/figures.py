"""Sets of figures as JSON: a figure is a number, or it is absent."""

from __future__ import annotations

from typing import Any

from pydantic import SerializerFunctionWrapHandler, model_serializer

from langkah.records import Record


class Figures(Record):
    """Figures of a set of answers; one that nothing tells is None, and left out of JSON."""

    @model_serializer(mode="wrap")
    def _known(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in handler(self).items() if value is not None}
