"""Steps that stand on lines of their own, or between arrows or semicolons, without a mark."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from langkah.procedure.actions import opens_action
from langkah.procedure.markers import grammar
from langkah.procedure.order import announced, order_words, split_sentences, tidy, without_order
from langkah.procedure.steps import Procedure

_LEAST_LINES: Final = 3
"""Lines without a mark are steps from so many on; two are where a line with a colon announces them."""
_SEMICOLON: Final = re.compile(r"(?<!\s)\s*+;\s++")
_LABEL: Final = re.compile(r"\w+[.!]?")


def by_lines(lines: Sequence[str]) -> Procedure | None:
    """A line for each step: one instruction a line, in at least three lines, or two after a line that ends with a colon."""
    filled = [line.strip() for line in lines]
    texts = [line for line in filled if line]
    headed = bool(texts) and texts[0].endswith(":") and not opens_action(texts[0])
    steps: list[str] = []
    place = filled.index(texts[0]) + 1 if headed else 0
    while place < len(filled):
        line = filled[place]
        if line:
            text = without_order(line)[0]
            if not opens_action(text) or order_words().arrow.search(line) or len(list(split_sentences(line))) > 1:
                break
            steps.append(tidy(text))
        place += 1
    notes = "\n".join(lines[place:]).strip()
    least = 2 if headed else _LEAST_LINES
    ends = place == len(filled) or not filled[place - 1] or grammar().note.match(filled[place])
    if len(steps) < least or not ends:
        return None
    return Procedure(texts[0] if headed else "", tuple(steps), notes)


def by_separator(lines: Sequence[str]) -> Procedure | None:
    """One line whose parts between arrows or semicolons are instructions; the lines around it are intro and notes."""
    for place, line in enumerate(lines):
        for pattern, paths in ((order_words().arrow, True), (_SEMICOLON, False)):
            found = _parts(line.strip(), pattern, paths=paths)
            if found is not None:
                intro, steps = found
                before = "\n".join([*lines[:place], intro]).strip()
                return Procedure(before, tuple(map(tidy, steps)), "\n".join(lines[place + 1 :]).strip())
    return None


def _parts(line: str, pattern: re.Pattern[str], *, paths: bool) -> tuple[str, list[str]] | None:
    """The steps of a line; with `paths`, a part that is no instruction belongs, arrow included, to the one before it."""
    separators = list(pattern.finditer(line))
    if not separators:
        return None
    starts = [0, *(match.end() for match in separators)]
    ends = [*(match.start() for match in separators), len(line)]
    intro, first = announced(line[: ends[0]])
    starts[0] = ends[0] - len(first)
    steps: list[tuple[int, int]] = []
    for place, (start, end) in enumerate(zip(starts, ends, strict=True)):
        part = line[start:end]
        if opens_action(part) and not (paths and place and _is_label(part)):
            steps.append((start, end))
        elif paths and steps:
            steps[-1] = (steps[-1][0], end)
        else:
            return None
    return (intro, [line[start:end] for start, end in steps]) if len(steps) > 1 else None


def _is_label(part: str) -> bool:
    """Whether a part of a path is a name on the screen ("Save", "Change Password"), though it begins like an instruction."""
    words = part.split()
    if part[:1].islower() or (len(words) > 1 and words[0].lower() in order_words().gestures):
        return False
    return _LABEL.fullmatch(part) is not None or all(word[:1].isupper() for word in words)
