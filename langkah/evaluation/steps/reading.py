"""An answer as steps, and each step as what is compared of it: its words by stem, what they weigh, and what they rule out.

Words that any step may have are left out; the gestures of a screen (click, tap, ketuk, pilih) count as one word, and words
of `words.yaml` that stand for each other as one too. What is left of two steps that mean the same, in English or
Indonesian, overlaps; that of two steps of one procedure mostly does not.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any, Final, NamedTuple

import yaml

from langkah.evaluation.lexicons import Lexicon, lexicon_of
from langkah.evaluation.meteor import meteor_kind
from langkah.procedure import parse_procedure

GESTURE_WEIGHT: Final = 0.5
THING_WEIGHT: Final = 0.25
"""What a gesture and a thing on the screen count beside other words, which count 1."""
_WORD: Final = re.compile(r"[^\W_]+(?:[-'’.][^\W_]+)*")
_MOST_WORDS: Final = 200
"""Words of a step that are compared; a step has some ten, and what a loop piles up behind them says nothing more."""
_OPENING: Final = 2
"""Words of a step among which the one that says what to do is looked for: "Please open", "Buka"."""

Side = tuple[int, int]
"""A row of opposites, and 0 or 1: which side of it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step as it is compared. Its text does not show in `repr`."""

    text: str = field(repr=False)
    """As it stands in the answer, without its number."""
    plain: str = field(repr=False)
    """In lower case, each blank one space."""
    content: frozenset[str] = field(repr=False)
    things: frozenset[str] = field(repr=False)
    names: frozenset[str] = field(repr=False)
    """Those of `content` that are written as a name within the step: a button, a menu, a product."""
    gesture: bool
    weight: float
    """Of all its words."""
    figures: frozenset[str] = field(repr=False)
    """Its words with a digit."""
    sides: frozenset[Side]
    against: frozenset[Side]
    """The sides that it rules out."""

    def similarity(self, other: Step) -> float:
        """The share of both steps' words that they have in common, by weight, from 0 to 1 (Dice, 1945).

        0 for opposites ("Turn Wi-Fi on", "Turn Wi-Fi off") and where all names differ ("Click on Network in the sidebar",
        "Click on Wi-Fi in the sidebar"), 1 for equal texts.
        """
        if self.plain == other.plain:
            return 1.0
        if not self.against.isdisjoint(other.sides) or not self.weight + other.weight:
            return 0.0
        if self.names and other.names and self.names.isdisjoint(other.content) and other.names.isdisjoint(self.content):
            return 0.0
        common = (
            len(self.content & other.content)
            + THING_WEIGHT * len(self.things & other.things)
            + GESTURE_WEIGHT * (self.gesture and other.gesture)
        )
        return 2 * common / (self.weight + other.weight)


class StepReader:
    """Reads answers; keeps what it read of a reference, which comes back for each variant of an intent."""

    def __init__(self) -> None:
        self._references: dict[tuple[str, str], tuple[Step, ...]] = {}

    def reference(self, text: str, language: str) -> tuple[Step, ...]:
        """The steps of a reference."""
        key = (text, meteor_kind(language))
        if key not in self._references:
            self._references[key] = self.steps(text, language)
        return self._references[key]

    def steps(self, text: str, language: str) -> tuple[Step, ...]:
        """The steps of an answer, none where `parse_procedure` finds none: an answer in prose has none.

        Raises:
            ResourceError: the word data of the language are not installed.
        """
        procedure = parse_procedure(text)
        if procedure is None:
            return ()
        kind = meteor_kind(language)
        return tuple(_read(step, lexicon_of(kind), _vocabulary(kind)) for step in procedure.steps)


def _read(text: str, lexicon: Lexicon, vocabulary: _Vocabulary) -> Step:
    plain = " ".join(text.lower().split())
    written = [match[0] for match in itertools.islice(_WORD.finditer(text), _MOST_WORDS)]
    words = [word.lower() for word in written]
    gesture = False
    content: set[str] = set()
    things: set[str] = set()
    names: set[str] = set()
    for place, word in enumerate(words):
        if word in vocabulary.function:
            continue
        stem = lexicon.stem(word)
        if stem in vocabulary.gestures:
            gesture = True
        elif stem in vocabulary.things:
            things.add(stem)
        else:
            meaning = vocabulary.same.get(word) or vocabulary.same_stem.get(stem, stem)
            content.add(meaning)
            if place and written[place][0].isupper():
                names.add(meaning)
    if not content and not things and not gesture:
        content.update(words)
    sides = _sides(words[:_OPENING], vocabulary.opposites) | _sides(words, vocabulary.states)
    return Step(
        text=text,
        plain=plain,
        content=frozenset(content),
        things=frozenset(things),
        names=frozenset(names),
        gesture=gesture,
        weight=len(content) + THING_WEIGHT * len(things) + GESTURE_WEIGHT * gesture,
        figures=frozenset(word for word in words if any(sign.isdigit() for sign in word)),
        sides=sides,
        against=frozenset((row, 1 - side) for row, side in sides),
    )


def _sides(words: Iterable[str], opposites: Mapping[str, Sequence[Side]]) -> frozenset[Side]:
    """The sides that these words are on; a step with words of both sides of a row is on neither."""
    found = {side for word in words for side in opposites.get(word, ())}
    return frozenset(each for each in found if (each[0], 1 - each[1]) not in found)


class _Vocabulary(NamedTuple):
    """`words.yaml`, what is compared by stem in stems of one language."""

    function: frozenset[str]
    gestures: frozenset[str]
    things: frozenset[str]
    same: Mapping[str, str]
    same_stem: Mapping[str, str]
    """As `same`, for the words that are not listed: `masuk` (go in) is another word than `masukkan` (enter), of one stem."""
    opposites: Mapping[str, Sequence[Side]]
    states: Mapping[str, Sequence[Side]]


@cache
def _vocabulary(kind: str) -> _Vocabulary:
    text = resources.files("langkah.evaluation.steps").joinpath("words.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = yaml.safe_load(text)
    stem = lexicon_of(kind).stem
    lists = {name: frozenset(" ".join(data[name]).split()) for name in ("function", "gestures", "things")}
    same = {word: f"={row.split()[0]}" for row in reversed(data["same"]) for word in row.split()}  # no stem has a "="
    return _Vocabulary(
        function=lists["function"],
        gestures=frozenset(map(stem, lists["gestures"])),
        things=frozenset(map(stem, lists["things"])),
        same=same,
        same_stem={stem(word): meaning for word, meaning in reversed(same.items())},
        opposites=_by_word(data["opposites"], 0),
        states=_by_word(data["states"], len(data["opposites"])),
    )


def _by_word(rows: Sequence[Sequence[str]], first: int) -> dict[str, list[Side]]:
    found: dict[str, list[Side]] = {}
    for row, sides in enumerate(rows, first):
        for side, words in enumerate(sides):
            for word in words.split():
                found.setdefault(word, []).append((row, side))
    return found
