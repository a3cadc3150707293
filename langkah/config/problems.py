"""What is wrong with settings, told in lines that a person can act on."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import Final

from pydantic import ValidationError

from langkah.config.run import RunConfig
from langkah.config.sections import SECRET, Section

_BRANCH: Final = re.compile(r"int|float|bool|str|literal\[.*|constrained-.*|function-.*|nullable.*|tagged-.*")
"""How pydantic names the branch of a union in the place of an error."""


def problem_lines(error: ValidationError, where: str, known: Sequence[str] | None = None) -> list[str]:
    """One line for each setting that is wrong (a union's branches fold into one line).

    Args:
        error: what pydantic found.
        where: file or place that the lines begin with.
        known: names that an unknown one may have meant; those of the run's settings where None.
    """
    found: dict[str, list[str]] = {}
    for problem in error.errors():
        names = [str(part) for part in problem["loc"]]
        place = ".".join(name for name in names if not _BRANCH.fullmatch(name))
        if problem["type"] == "extra_forbidden":
            place = ".".join(names)
            message = "unknown setting" + _suggest(names) if known is None else f"unknown field (expected {', '.join(known)})"
        else:
            message = problem["msg"].removeprefix("Value error, ")
            message = message[:1].lower() + message[1:] if not message.startswith("`") else message
            if problem["type"] != SECRET and not isinstance(problem["input"], (dict, list)):
                message += f", got {problem['input']!r}"
        found.setdefault(place, []).append(message)
    return [f"{where}: {place}: {' or '.join(dict.fromkeys(messages))}" for place, messages in found.items()]


def _suggest(names: Sequence[str]) -> str:
    """Name the nearest known setting: one of the section that has the word in its name, else the one spelled most alike."""
    known: list[str] = []
    for section, field in RunConfig.model_fields.items():
        known.append(section)
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            known.extend(f"{section}.{name}" for name in field.annotation.model_fields)
    section, word = ".".join(names[:-1]), names[-1]
    longer = [name for name in known if name.startswith(f"{section}.") and word in name.removeprefix(f"{section}.")]
    near = longer[:1] or difflib.get_close_matches(".".join(names), known, n=1)
    return f" (did you mean {near[0]}?)" if near else f" (sections: {', '.join(RunConfig.model_fields)})"
