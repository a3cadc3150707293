"""The texts of the pages in each language, from `texts/*.yaml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml

_REASONS: Final = ("reasons", "variant_reasons")
"""Groups of reasons that a reviewer can choose."""
_ROW: Final = re.compile(r"\brow (\d+)(?=,| |$)")
_AND_MORE: Final = re.compile(r"\band (\d+) more$")


class Wording:
    """The texts of one language: `wording("item.step", n=2)`."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._texts = _texts(language)

    def __call__(self, name: str, /, **values: object) -> str:
        """A text, with values in its braces."""
        return str(self.part(name)).format(**values)

    def part(self, name: str) -> Any:
        """What stands at a dotted name: a text, a map or a list."""
        found: Any = self._texts
        for key in name.split("."):
            found = found[key]
        return found

    def named(self, group: str, key: object) -> str:
        """The text of a key in a group, or the key where the group does not have it."""
        return str(self.part(group).get(key, key))

    def because(self, reason: str) -> str:
        """A reason of the rules, or several: what stands before a colon is known, behind it are the names of rows."""
        known: Mapping[str, str] = self._texts["because"]

        def told(one: str) -> str:
            label, colon, rest = one.partition(":")
            return known.get(one) or known.get(label, label) + colon + self._rows(rest)

        return "; ".join(told(one) for one in reason.split("; "))

    def _rows(self, named: str) -> str:
        """Names of rows in a reason, as in `faq.csv row 2, faq.csv row 7 and 3 more`."""
        counted = _AND_MORE.sub(lambda match: self("item.more", n=match[1]), named)
        return _ROW.sub(lambda match: self("item.row", row=match[1]), counted)

    def rejection(self, reason: str) -> str:
        """A reason that a reviewer chose, which is kept in English, with his own words behind it."""
        label, colon, rest = reason.partition(": ")
        for group in _REASONS:
            english = {str(text): key for key, text in _texts("en")[group].items()}
            if label in english:
                return self(f"{group}.{english[label]}") + colon + rest
        return reason

    def time_left(self, seconds: float) -> str:
        """How long it will take, as a person says it."""
        minutes = round(seconds / 60)
        if minutes < 1:
            return self("progress.soon")
        if minutes < 100:
            time = self("progress.minutes", n=minutes)
        else:
            time = self("progress.hours", h=minutes // 60, m=minutes % 60)
        return self("progress.left", time=time)

    def moment(self, at: datetime) -> str:
        """A moment in UTC; the script shows it as the clock of the reviewer has it."""
        return f"{at:%Y-%m-%d %H:%M} UTC"


@cache
def wording(language: str) -> Wording:
    """The texts of a language."""
    return Wording(language)


def rejection_reason(choice: str, own: str) -> str | None:
    """What is kept of a chosen reason and a reviewer's own words."""
    label = next((text for group in _REASONS if (text := _texts("en")[group].get(choice))), None)
    own = " ".join(own.split())
    if choice == "other" and own:
        return own
    return f"{label}: {own}" if label and own else label or own or None


@cache
def _texts(language: str) -> dict[str, Any]:
    return yaml.safe_load((files("langkah.app") / "texts" / f"{language}.yaml").read_text(encoding="utf-8"))
