"""What the recognizers of people's names share: how a name begins and ends, and the line that it stands in."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Final

import regex
from presidio_analyzer import LocalRecognizer, RecognizerResult

from langkah.pii import lexicon
from langkah.pii.recognizers.scored import VALID, finding
from langkah.pii.words import Token, judge, with_degrees

_LOWER: Final = regex.compile(r"(?<![\p{L}])\p{Ll}{2}")
_NEAR: Final = 200
"""Characters to each side of a name that are read."""
_HEAD: Final = regex.compile(r"(?<![\p{L}\p{M}])(\p{Lu}[\p{L}\p{M}]*)[^\S\n]$")
WITHIN: Final = tuple(",(:;\"'")
"""After these, a capital is no start of a sentence."""


class NameRecognizer(LocalRecognizer):
    """Base of the name recognizers: `spans` yields bounds, all of one score."""

    SCORE: float = VALID

    def __init__(self, language: str) -> None:
        super().__init__(supported_entities=["PERSON"], supported_language=language, name=type(self).__name__)
        self.judge = judge(language)

    def load(self) -> None:
        """Nothing to load."""

    @abstractmethod
    def spans(self, text: str) -> list[tuple[int, int]]:
        """Bounds of the names in `text`."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """Presidio's entry point: the names with what begins them (`Lalu`, `Anak Agung`) and their degrees."""
        return [
            finding(self, self._with_heads(text, start), with_degrees(text, end), self.SCORE) for start, end in self.spans(text)
        ]

    def _with_heads(self, text: str, start: int) -> int:
        """Where the words that begin a name start.

        In Indonesian within a sentence only, where a capital tells them from `lalu`, then. In English: a word that is none of
        English, but was taken for an interface word of the other language (`Satu Eriksson`).
        """
        judge = self.judge
        while (match := _HEAD.search(text, max(0, start - 24), start)) is not None:
            folded = match.group(1).casefold()
            inside = text[max(0, match.start() - 8) : match.start()].rstrip(" ")[-1:]
            if judge.language == "en":
                heads = len(folded) > 2 and not match.group(1).isupper() and not lexicon.is_english_word(folded)
                heads = heads and folded in judge.plain and folded not in judge.functions
            else:
                heads = folded in judge.heads and (inside.islower() or inside in WITHIN)
            if not heads:
                break
            start = match.start()
        return start


def line_bounds(text: str, start: int, end: int) -> tuple[int, int]:
    """Bounds of the line around the span, at most `_NEAR` characters to each side, so that a long line costs little."""
    after = text.find("\n", end, end + _NEAR)
    return max(text.rfind("\n", 0, start) + 1, start - _NEAR), min(len(text), end + _NEAR) if after < 0 else after


def in_sentence(text: str, segment: list[Token]) -> bool:
    """Whether the line around has a word in lower case: in a heading capitals say nothing."""
    start, end = segment[0].start, segment[-1].end
    first, last = line_bounds(text, start, end)
    return _LOWER.search(text, first, start) is not None or _LOWER.search(text, end, last) is not None
