"""A reference of all settings, made from the sections themselves."""

from __future__ import annotations

import inspect
import json
import typing
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo

from langkah.config.run import RunConfig
from langkah.config.sections import Section
from langkah.errors import ConfigError

_BOUNDS: Final[dict[Any, tuple[str, str]]] = {Ge: (">=", "ge"), Gt: (">", "gt"), Le: ("<=", "le"), Lt: ("<", "lt")}
_COLLECTIONS: Final[dict[Any, str]] = {tuple: "list of ", dict: "named "}
_KINDS: Final[dict[Any, str]] = {type(None): "null", str: "text", int: "whole number", float: "number", bool: "true or false"}


def settings_reference(section: str | None = None) -> str:
    """Return the settings as Markdown: of each its choices or range, default, title, and what it does.

    Args:
        section: the one to tell of; None: all.

    Raises:
        ConfigError: there is no such section.
    """
    if section not in (None, *RunConfig.model_fields):
        raise ConfigError(f"{section}: no such section; there are {', '.join(RunConfig.model_fields)}")
    chosen = {name: field for name, field in RunConfig.model_fields.items() if section in (None, name)}
    return "\n".join(_section_lines("", chosen)).strip()


def _section_lines(path: str, fields: Mapping[str, FieldInfo]) -> Iterator[str]:
    """Tell of the fields of a section, then of the sections inside it."""
    inner: dict[str, type[Section]] = {}
    for name, field in fields.items():
        annotation: Any = field.annotation
        sections = [kind for kind in _kinds(annotation) if inspect.isclass(kind) and issubclass(kind, Section)]
        if annotation not in sections:
            facts = ", ".join((*_allowed(field), "required" if field.is_required() else f"default {_shown(field)}"))
            yield " ".join(f"- `{path}{name}` ({facts}): {field.title}. {field.description or ''}".split())
        inner.update({f"{path}{name}" + "[]" * (section is not annotation): section for section in sections})
    for name, section in inner.items():
        yield from ("", f"{'###' if path else '##'} {name}", "", *inspect.cleandoc(section.__doc__ or "").splitlines(), "")
        yield from _section_lines(f"{name}.", section.model_fields)


def _allowed(field: FieldInfo) -> Iterator[str]:
    """What may be given: kinds of values and choices, and a range."""
    names = (_KINDS.get(kind, f"`{kind}`") for kind in _kinds(field.annotation) if kind in _KINDS or isinstance(kind, str))
    outer = _COLLECTIONS.get(typing.get_origin(field.annotation), "")
    if told := " or ".join(names):
        yield outer + told
    for bound in field.metadata:
        if type(bound) in _BOUNDS:
            sign, name = _BOUNDS[type(bound)]
            yield f"{sign} {getattr(bound, name):,}"


def _kinds(annotation: Any) -> Iterator[Any]:
    """Return the types in an annotation, and the choices of a Literal as texts."""
    inside = typing.get_args(annotation)
    if typing.get_origin(annotation) is Literal:
        yield from map(str, inside)
    elif typing.get_origin(annotation) is typing.Annotated:
        yield from _kinds(inside[0])
    elif inside:
        yield from (kind for each in inside if each is not ... for kind in _kinds(each))
    else:
        yield annotation


def _shown(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    return f"`{value}`" if isinstance(value, str) else f"`{json.dumps(value, default=str)}`"
