"""What all sections are made of: their base, and the types of values that several of them take."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from langkah.addresses import database_problem

SECRET: Final = "secret"
"""Type of a problem whose value must not be told."""


def _for_forms(schema: dict[str, Any]) -> None:
    """Make a schema fit the run form of the Prefect UI.

    A server with PostgreSQL keeps no order of fields but by `position`; and a form shows a constant, which the `auto` of
    `Int | Literal["auto"]` is, as what cannot be changed, but a choice of one as a choice.
    """
    for position, field in enumerate(schema.get("properties", {}).values()):
        field["position"] = position
        for branch in (field, *field.get("anyOf", ())):
            if "const" in branch:
                branch["enum"] = [branch.pop("const")]


class Section(BaseModel):
    """Base of all sections: frozen, closed; a wrong value is named by its place, not repeated whole."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, json_schema_extra=_for_forms)


def _no_bool(value: Any) -> Any:
    """Refuse `true` where a number is due: Python and pydantic take it for 1."""
    if isinstance(value, bool):
        raise ValueError("expected a number")
    return value


Int = Annotated[int, BeforeValidator(_no_bool)]
"""A whole number; text such as `"3"` is read as one, true and false are refused."""
Float = Annotated[float, BeforeValidator(_no_bool)]
"""A number, whole or not; true and false are refused."""


def alone(value: Any) -> Any:
    """Take one text, or number, for a list of one."""
    return (str(value),) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(alone)]
"""Texts; one alone need not be written as a list."""


def _no_password(value: str) -> str:
    if problem := database_problem(value):
        raise PydanticCustomError(SECRET, "{problem}", {"problem": problem})
    return value


DatabaseUrl = Annotated[str, AfterValidator(_no_password)]
"""An SQLAlchemy URL; `${NAME}` stands for an environment variable, and a password in it is refused."""
