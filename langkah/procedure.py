"""The text of an answer as a list of steps, and back.

`parse_procedure` reads what people write: `1.`, `1)`, `(1)`, `Step 1:`, `Langkah 1:`, bullets, several numbered steps on one
line. `render` writes one form of it:

    Intro, where there is one:
    1. First step
       - a nested line belongs to its step, and is indented
    2. Second step

    Notes, after an empty line.

and `parse_procedure(render(p)) == p` for every p that `parse_procedure` returned.

A number opens a step only where the count goes on: `2.1`, `10.30` and the `11.` of a wrapped "Windows 11." do not. A count that
starts again at 1 is another list: it and its heading go to the notes, word for word, rather than into a sequence it is not in.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

_INDENT: Final = "   "
_NESTED: Final = 2
"""Columns by which a line is deeper than its step's marker when it is nested in the step."""
_MAX_SKIP: Final = 2
"""A count may skip one number ("1. 2. 4."): people delete a step and leave the rest."""
_MAX_ROUNDS: Final = 8
_WINDOW: Final = 40  # characters before a number that may hold the noun it belongs to


@dataclass(frozen=True, slots=True)
class Procedure:
    """An answer in steps. Each step is without its number; further lines of a step are parted by newlines, none empty.

    Its text does not show in `repr`, so that it cannot get into a log or a traceback.
    """

    intro: str = field(default="", repr=False)
    steps: tuple[str, ...] = field(default=(), repr=False)
    notes: str = field(default="", repr=False)


def parse_procedure(text: str) -> Procedure | None:
    """Read an answer's steps; None where it has no explicit ones.

    A single numbered line is a step; bullets are steps where there are two of them or more and no numbers.
    """
    procedure = _read(text)
    for _ in range(_MAX_ROUNDS):
        if procedure is None:
            return None
        again = _read(render(procedure))
        if again == procedure:
            return procedure
        # What stood apart in the original and reads on in the one form we write ("3." after two bullets) is taken as it reads.
        procedure = again
    return None


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


def normalize_answer(text: str) -> str:
    """An answer in the one form of `render`; without explicit steps, its text with line ends and outer space tidied."""
    procedure = parse_procedure(text)
    return render(procedure) if procedure else "\n".join(_lines(text)).strip()


class _Grammar(NamedTuple):
    number: re.Pattern[str]
    inline: re.Pattern[str]
    note: re.Pattern[str]
    joint: re.Pattern[str]
    numbered_nouns: frozenset[str]


class _Marker(NamedTuple):
    line: int
    indent: int
    number: int
    rest: str


_BULLET: Final = re.compile(r"(\s*)[-*•‣▪–](?:\s+(?=\S)|(?<=•))(.*)")


@cache
def _grammar() -> _Grammar:
    data = json.loads((files("langkah") / "procedure.json").read_text(encoding="utf-8"))
    step = "|".join(data["step_words"].split())
    note = "|".join(data["note_words"].split())
    joining = "|".join(data["joining_words"].split())
    named = rf"(?:{step})\s+(?:ke-?\s*)?(?P<c>\d{{1,2}})"
    return _Grammar(
        number=re.compile(
            r"(?P<indent>\s*)(?:\#{1,6}\s+)?(?P<bold>\*\*)?"
            rf"(?:\((?P<a>\d{{1,2}})\)|(?P<b>\d{{1,2}})[.)]|{named}\s*(?:[:.)\-–—]|(?=\*\*\s*$|$)))"
            r"(?P<unbold>\*\*)?(?:\s+|$|(?=[^\W\d_*]))(?P<rest>.*)",
            re.IGNORECASE,
        ),
        inline=re.compile(
            rf"(?<!\S)(?:\((?P<a>\d{{1,2}})\)|(?P<b>\d{{1,2}})[.)]|{named}\s*[:.)])(?:\s+(?=\S)|(?=[^\W\d_]))",
            re.IGNORECASE,
        ),
        note=re.compile(rf"\**(?:{note})\b(?:\s*\d+)?\s*\**\s*[:!.\-–—]", re.IGNORECASE),
        joint=re.compile(rf"(?:[,;]|(?:[,;]?\s|^)(?:{joining}))$", re.IGNORECASE),
        numbered_nouns=frozenset(word for line in data["numbered_nouns"] for word in line.split()),
    )


def _lines(text: str) -> list[str]:
    return [line.expandtabs(4).rstrip() for line in re.split(r"\r\n|\r|\n", text)]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _read(text: str) -> Procedure | None:
    lines = _split_inline(_lines(text))
    markers = _count_on(_numbers(lines)) or _bullets(lines)
    if not markers:
        return None
    intro = "\n".join(lines[: markers[0].line]).strip()
    base = markers[0].indent
    steps: list[str] = []
    for marker, following in itertools.pairwise(markers):
        steps.append(_step(marker.rest, lines[marker.line + 1 : following.line]))
    last = markers[-1]
    tail = lines[last.line + 1 :]
    cut = _notes_start(tail, base, has_text=bool(last.rest), restarts=_restart(lines, last, base))
    steps.append(_step(last.rest, tail[:cut]))
    notes = re.sub(r"\n{3,}", "\n\n", "\n".join(tail[cut:])).strip()
    kept = tuple(step for step in steps if step)
    return Procedure(intro=intro, steps=kept, notes=notes) if kept else None


def _step(first: str, more: Sequence[str]) -> str:
    """One step: its first line, and what follows without empty lines and common indent."""
    further = [line for line in more if line]
    if not first and further:
        first, *further = further
    common = min((_indent(line) for line in further), default=0)
    return "\n".join([first.strip(), *(line[common:] for line in further)])


def _numbers(lines: Sequence[str]) -> list[_Marker]:
    pattern = _grammar().number
    found: list[_Marker] = []
    for place, line in enumerate(lines):
        match = pattern.fullmatch(line)
        if match is None:
            continue
        rest = match["rest"]
        if match["bold"] and not match["unbold"]:  # "**Step 1: Open**": the bold goes on in the step
            rest = rest[2:].lstrip() if rest.startswith("**") else f"**{rest}" if rest else rest
        number = int(match["a"] or match["b"] or match["c"])
        found.append(_Marker(place, len(match["indent"]), number, rest.strip()))
    return found


def _count_on(candidates: Sequence[_Marker]) -> list[_Marker]:
    """The markers that count on from the first step; the others are text, or another list."""
    first = _first(candidates)
    if first is None:
        return []
    taken = [candidates[first]]
    for marker in candidates[first + 1 :]:
        previous = taken[-1].number
        nested = marker.indent >= taken[0].indent + _NESTED
        if not nested and previous <= marker.number <= previous + _MAX_SKIP:
            taken.append(marker)
        elif not nested and marker.number == 1:
            break
    return taken


def _first(candidates: Sequence[_Marker]) -> int | None:
    """Where the count starts: the first 1 or 0, else the first number that its neighbour counts on from."""
    for place, marker in enumerate(candidates):
        if marker.number <= 1:
            return place
    for place, (marker, following) in enumerate(itertools.pairwise(candidates)):
        if following.number == marker.number + 1:
            return place
    return None


def _bullets(lines: Sequence[str]) -> list[_Marker]:
    """The outermost bullets, where there are at least two."""
    found = [
        _Marker(place, len(match[1]), 0, match[2].strip())
        for place, line in enumerate(lines)
        if (match := _BULLET.fullmatch(line))
    ]
    base = min((marker.indent for marker in found), default=0)
    outer = [marker for marker in found if marker.indent < base + _NESTED]
    return outer if len(outer) > 1 else []


def _restart(lines: Sequence[str], last: _Marker, base: int) -> int | None:
    """Where, after the last step, another list starts at 1: the offset of it, or of the heading right above it."""
    for marker in _numbers(lines):
        if marker.line > last.line and marker.number == 1 and marker.indent < base + _NESTED and last.number > 1:
            offset = marker.line - last.line - 1
            heading = offset > 0 and lines[marker.line - 1].endswith(":")
            return offset - 1 if heading else offset
    return None


def _notes_start(tail: Sequence[str], base: int, *, has_text: bool, restarts: int | None) -> int:
    """The line after the last step from which the notes run."""
    note = _grammar().note
    apart = False
    for place, line in enumerate(tail):
        if not line:
            apart = apart or has_text
            continue
        outside = _indent(line) < base + _NESTED
        if outside and has_text and (apart or place == restarts or note.match(line.strip())):
            return place
        has_text = True
        apart = False
    return len(tail)


def _split_inline(lines: Sequence[str]) -> list[str]:
    """Put steps that share a line on lines of their own.

    Done where the count needs it: in a text with at most one number at a line's start, and where such numbers leave a
    gap that the line above fills ("1. Open 2. Click" above "3. Save").
    """
    markers = _count_on(_numbers(lines))
    opened = {marker.line: marker for marker in markers}
    next_number = {marker.line: following.number for marker, following in itertools.pairwise(markers)}
    split: list[str] = []
    filled = len(markers) < 2
    for place, line in enumerate(lines):
        marker = opened.get(place)
        following = next_number.get(place)
        if marker is None and markers:
            split.append(line)
            continue
        if marker is not None and following is None and not filled:
            split.append(line)
            continue
        last = following - 1 if following is not None else None
        pieces = _pieces(line, marker.number + 1 if marker else 1, last)
        if len(pieces) > 1 and following is not None:
            filled = True
        split.extend(pieces)
    return split


def _pieces(line: str, number: int, last: int | None) -> list[str]:
    """Cut a line before each inline marker that counts on from `number` (up to `last`); one piece where it does not."""
    grammar = _grammar()
    cuts: list[int] = []
    wanted = number
    for match in grammar.inline.finditer(line):
        found = int(match["a"] or match["b"] or match["c"])
        if match.start() == 0 and number > 1:
            continue
        if found != wanted or (last is not None and found > last):
            continue
        before = line[max(0, match.start() - _WINDOW) : match.start()]
        if match["b"] is None or not _counts_a_noun(before, found):  # "(2)" and "Step 2:" belong to no noun
            cuts.append(match.start())
            wanted += 1
    if not cuts or (last is not None and wanted <= last) or (number == 1 and len(cuts) == 1 and cuts[0] > 0):
        return [line]
    indent = " " * _indent(line)
    ends = [*cuts[1:], len(line)]
    pieces = [line[: cuts[0]].rstrip(), *(indent + line[start:end] for start, end in zip(cuts, ends, strict=True))]
    tidy = [grammar.joint.sub("", piece.rstrip()) for piece in pieces[:-1]]
    return [piece for piece in [*tidy, pieces[-1]] if piece.strip()]


def _counts_a_noun(before: str, number: int) -> bool:
    """Whether the number belongs to the word before it ("version 2.", "Windows 11."), and opens no step."""
    words = before.split()
    return number > 1 and bool(words) and words[-1].strip("\"'“”‘’([").lower() in _grammar().numbered_nouns
