"""A procedure, and the one way to write it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

_INDENT: Final = "   "


@dataclass(frozen=True, slots=True)
class Procedure:
    """An answer in steps. Each step is without its number; further lines of a step are parted by newlines, none empty.

    Its text does not show in `repr`, so that it cannot get into a log or a traceback.
    """

    intro: str = field(default="", repr=False)
    steps: tuple[str, ...] = field(default=(), repr=False)
    notes: str = field(default="", repr=False)


def render(procedure: Procedure, first: int = 1) -> str:
    """Write a procedure: the intro, `1. ...` lines with what is nested indented by three, an empty line, the notes.

    Args:
        procedure: what to write.
        first: the number of its first step; above 1 for a part of a longer answer.
    """
    lines = [procedure.intro] if procedure.intro else []
    for number, step in enumerate(procedure.steps, start=first):
        opening, *more = step.split("\n")
        lines.append(f"{number}. {opening}")
        lines.extend(_INDENT + line for line in more)
    if procedure.notes:
        lines.extend(["", procedure.notes])
    return "\n".join(lines)
