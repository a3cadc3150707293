"""Steps that no mark shows: sentences with words of order, parts between arrows or semicolons, a line for each.

Only instructions become steps ("Klik Simpan", "then tap OK"); a story ("then our team calls you"), a condition ("if it fails,
then call us") and a menu path ("Settings → Privacy") are none. The word of order goes, since the number says it; nothing else
does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from langkah.procedure.actions import opens_action, opens_condition
from langkah.procedure.markers import grammar
from langkah.procedure.order import announced, order_words, split_sentences, tidy, without_order
from langkah.procedure.parts import by_lines, by_separator
from langkah.procedure.steps import Procedure


def read_sentences(lines: Sequence[str]) -> Procedure | None:
    """The steps of a text without marks; None where it shows no order, or several ways to do it."""
    if sum(order_words().alternative.match(line) is not None for line in lines) > 1:
        return None
    lines = _joined(lines)
    return by_lines(lines) or by_separator(lines) or _by_order(lines)


def _joined(lines: Sequence[str]) -> list[str]:
    """The lines, a word of order that stands alone ("Firstly", "Kedua:") put before the line that follows it."""
    joined: list[str] = []
    alone = ""
    for line in lines:
        text = line.strip()
        if order_words().opening.fullmatch(f"{text} "):
            joined.extend([alone] if alone else [])
            alone = text.rstrip(":,")
        elif alone and text:
            joined.append(f"{alone}, {text.lstrip(': ')}")
            alone = ""
        elif not alone:
            joined.append(line)
    return [*joined, alone] if alone else joined


@dataclass
class _Reading:
    """What is read so far of a text in sentences."""

    intro: list[str] = field(default_factory=list)
    steps: list[list[str]] = field(default_factory=list)
    ordered: int = 0
    told: int = 0
    """Sentences that are no instruction."""


def _by_order(lines: Sequence[str]) -> Procedure | None:
    """Running sentences, at least one instruction of which a word of order opens."""
    reading = _Reading()
    end = _end_of_steps(lines)
    for line in lines[:end]:
        new_line = True
        for sentence in split_sentences(line):
            _read_sentence(sentence, reading, "\n" if new_line else " ")
            new_line = False
    notes = _closing(reading)
    if len(reading.steps) < 2 or not reading.ordered or reading.told > len(reading.steps):
        return None
    rest = "\n".join(lines[end:]).strip()
    return Procedure(
        intro="".join(reading.intro).strip(),
        steps=tuple(tidy("".join(step)) for step in reading.steps),
        notes="\n\n".join(part for part in ("".join(notes).strip(), rest) if part),
    )


def _end_of_steps(lines: Sequence[str]) -> int:
    """The line where a paragraph or note begins after which no step comes.

    Where a word such as "finally" said which step is the last, later paragraphs hold none; else those with an instruction do.
    """
    end = len(lines)
    ended = False
    for place in range(1, len(lines)):
        ended = ended or order_words().final.search(lines[place - 1]) is not None
        starts = not lines[place - 1] or grammar().note.match(lines[place].strip())
        if starts and ended:
            return place
    for place in range(len(lines) - 1, 0, -1):
        if any(opens_action(without_order(sentence)[0]) for sentence in split_sentences(lines[place])):
            break
        if not lines[place - 1] or grammar().note.match(lines[place].strip()):
            end = place
    return end


def _read_sentence(sentence: str, reading: _Reading, space: str) -> None:
    text, ordered = without_order(sentence)
    lead, body = announced(text)
    if lead and not reading.steps:
        reading.intro.extend((space, lead))
        text = body
    if opens_condition(text) or not opens_action(text):
        reading.told += 1
        (reading.steps[-1] if reading.steps else reading.intro).extend((space, sentence))
        return
    reading.ordered += ordered
    pieces = _clauses(text)
    reading.ordered += len(pieces) > 1
    reading.steps.extend([piece] for piece in pieces)


def _closing(reading: _Reading) -> list[str]:
    """Take what follows the last step as a condition ("If it fails, ...") or a note out of that step."""
    if not reading.steps:
        return []
    step = reading.steps[-1]
    for place in range(2, len(step), 2):
        if opens_condition(step[place]) or grammar().note.match(step[place]):
            reading.steps[-1] = step[: place - 1]
            return step[place - 1 :]
    return []


def _clauses(sentence: str) -> list[str]:
    """Cut an instruction where a word of order joins another one; then at commas before instructions too."""
    cut = _cut(sentence, order_words().joining)
    return [piece for part in cut for piece in _cut(part, order_words().comma)] if len(cut) > 1 else cut


def _cut(text: str, pattern: re.Pattern[str]) -> list[str]:
    pieces: list[str] = []
    start = 0
    for match in pattern.finditer(text):
        if opens_action(text[match.end() :]) and opens_action(text[start : match.start()]):
            pieces.append(text[start : match.start()])
            start = match.end()
    return [*pieces, text[start:]]
