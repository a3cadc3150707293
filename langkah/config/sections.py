"""What all sections are made of: their base, and the types of values that several of them take."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from langkah.addresses import database_problem

SECRET: Final = "secret"
"""Type of a problem whose value must not be told."""


def _for_forms(schema: dict[str, Any], section: type[Section]) -> None:
    """Make a schema fit the run form of the Prefect UI.

    The form shows what its section names in `form`, and lets the rest through: a deployment's parameters may set any field, and
    the flow validates all. A server with PostgreSQL keeps no order of fields but by `position`; and a form shows a constant,
    which the `auto` of `Int | Literal["auto"]` is, as what cannot be changed, but a choice of one as a choice.
    """
    schema["properties"] = {name: field for name, field in schema["properties"].items() if name in section.shown()}
    schema["additionalProperties"] = True
    for position, field in enumerate(schema["properties"].values()):
        field["position"] = position
        for branch in (field, *field.get("anyOf", ())):
            if "const" in branch:
                branch["enum"] = [branch.pop("const")]


class Section(BaseModel):
    """Base of all sections: frozen, closed; a wrong value is named by its place, not repeated whole."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, json_schema_extra=_for_forms)
    form: ClassVar[tuple[str, ...]] = ()
    """Fields that the run form shows: few enough that it is filled in within a minute."""

    @classmethod
    def shown(cls) -> set[str]:
        """Return the fields that the run form shows: those of `form`, and sections that show any."""
        kinds = {name: field.annotation for name, field in cls.model_fields.items()}
        sections = {
            name for name, kind in kinds.items() if isinstance(kind, type) and issubclass(kind, Section) and kind.shown()
        }
        return sections | set(cls.form)


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
