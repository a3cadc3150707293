"""Text to steps: marked lists first, running sentences where nothing is marked."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Final

from langkah.procedure.inline import split_inline
from langkah.procedure.leftovers import plain_text
from langkah.procedure.markers import NESTED, Marker, find_markers, grammar, number_markers
from langkah.procedure.sentences import read_sentences
from langkah.procedure.steps import Procedure, render

_MAX_ROUNDS: Final = 8


def parse_procedure(text: str) -> Procedure | None:
    """Read an answer's steps; None where it has no explicit ones.

    A single numbered line is a step. Other marks make steps where there are two of them or more, and so do sentences with
    words of order, of which the order is made explicit: the word goes, and the step begins with a capital letter.
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


def normalize_answer(text: str) -> str:
    """An answer in the one form of `render`; without explicit steps, its text with tags, line ends and outer space tidied."""
    procedure = parse_procedure(text)
    return render(procedure) if procedure else "\n".join(_lines(plain_text(text))).strip()


def _lines(text: str) -> list[str]:
    return [line.expandtabs(4).rstrip() for line in re.split(r"\r\n|\r|\n", text)]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _read(text: str) -> Procedure | None:
    whole = _lines(plain_text(text))
    candidates = number_markers(whole)
    lines = split_inline(whole, candidates)
    if len(lines) != len(whole):
        candidates = number_markers(lines)
    markers = find_markers(lines, candidates)
    if not markers:
        return read_sentences(lines)
    intro = "\n".join(lines[: markers[0].line]).strip()
    base = markers[0].indent
    steps: list[str] = []
    for marker, following in itertools.pairwise(markers):
        steps.append(_step(marker.rest, lines[marker.line + 1 : following.line]))
    last = markers[-1]
    tail = lines[last.line + 1 :]
    cut = _notes_start(tail, base, has_text=bool(last.rest), restarts=_restart(lines, candidates, last, base))
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


def _restart(lines: Sequence[str], candidates: Sequence[Marker], last: Marker, base: int) -> int | None:
    """Where, after the last step, another list starts at 1: the offset of it, or of the heading right above it."""
    for marker in candidates:
        if marker.line > last.line and marker.number == 1 and marker.indent < base + NESTED and last.number > 1:
            offset = marker.line - last.line - 1
            heading = offset > 0 and lines[marker.line - 1].endswith(":")
            return offset - 1 if heading else offset
    return None


def _notes_start(tail: Sequence[str], base: int, *, has_text: bool, restarts: int | None) -> int:
    """The line after the last step from which the notes run."""
    note = grammar().note
    apart = False
    for place, line in enumerate(tail):
        if not line:
            apart = apart or has_text
            continue
        outside = _indent(line) < base + NESTED
        if outside and has_text and (apart or place == restarts or note.match(line.strip())):
            return place
        has_text = True
        apart = False
    return len(tail)
