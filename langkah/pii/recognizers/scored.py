"""The base of the pattern recognizers: a Presidio `PatternRecognizer` whose check ranks a finding, not only drops it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import regex
from presidio_analyzer import AnalysisExplanation, EntityRecognizer, Pattern, PatternRecognizer, RecognizerResult

LED_IN: Final = 1.0
"""Score of a value that its own name leads in ("NIK: ...")."""
VALID: Final = 0.9
"""Score of a value whose check digit, structure or number range holds."""
FORMATTED: Final = 0.6
"""Score of a value written as an identifier of its type is, whose check fails: people write wrong ones too."""
WEAK: Final = 0.3
"""Score of a value that counts only with a context word nearby (Presidio adds 0.35)."""

_DIGIT: Final = regex.compile("[0-9]")
_NO_IDENTIFIER: Final = regex.compile(
    r"""(?x)
    \d{1,2}[-./ ]\d{1,2}[-./ ](?:19|20)\d{2}(?!\d).*      # 31-12-2025, and what was taken with it
    | (?:19|20)\d{2}[-./]\d{1,2}[-./]\d{1,2}(?!\d).*      # 2025-12-31
    | \d{1,2}[.:]\d{2}(?:[.:]\d{2})?\s?-\s?\d{1,2}[.:]\d{2}.*   # 08.00-17.00
    | v?\d{1,4}(?:\.\d{1,3}){1,3}                         # a version, a decimal, an IP address
    | \d{1,3}(?:[.,]\d{3})+                               # 1.500.000
    | (?:19|20)\d{2}-(?:19|20)\d{2}                       # 2024-2025
    | (.)\1*                                              # 0000000
    """
)


def is_date_or_amount(value: str) -> bool:
    """Whether `value` reads as a date, a span of hours, a version, an IP address or an amount, not as an identifier."""
    return _NO_IDENTIFIER.fullmatch(value) is not None


def digits(value: str) -> str:
    """The ASCII digits of `value`."""
    return "".join(character for character in value if "0" <= character <= "9")


def any_case(name: str, expression: str, score: float) -> Pattern:
    """A pattern that matches in any case.

    The flag stands in the expression itself: Presidio compiles a pattern to check it, and so that is the one that is used.
    """
    return Pattern(name, f"(?i){expression}", score)


class ScoredPatternRecognizer(PatternRecognizer):
    """Finds `patterns` and scores each match by `grade`; a match may keep only what stands after `\\K`."""

    def __init__(self, entity: str, language: str, patterns: Sequence[Pattern], context: Sequence[str] = ()) -> None:
        super().__init__(
            supported_entity=entity,
            supported_language=language,
            patterns=list(patterns),
            context=list(context),
            name=type(self).__name__,
        )
        self._compiled = [(each, regex.compile(each.regex)) for each in patterns]

    def grade(self, value: str, pattern: Pattern) -> float:
        """Score of `value`, found by `pattern`; 0 drops it."""
        return float(pattern.score)

    def worth_reading(self, text: str) -> bool:
        """Whether `text` can hold a value at all: a cheap test that spares most texts the patterns."""
        return _DIGIT.search(text) is not None

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: Any = None, regex_flags: int | None = None
    ) -> list[RecognizerResult]:
        """Presidio's entry point: every match of every pattern that `grade` accepts, in characters of `text`."""
        if not self.worth_reading(text):
            return []
        results: list[RecognizerResult] = []
        for pattern, compiled in self._compiled:
            for match in compiled.finditer(text):
                start, end = match.span()
                score = self.grade(text[start:end], pattern) if end > start else 0.0
                if score > 0:
                    results.append(finding(self, start, end, score))
        return EntityRecognizer.remove_duplicates(results)


def finding(recognizer: EntityRecognizer, start: int, end: int, score: float) -> RecognizerResult:
    """A result of `recognizer` as Presidio's context enhancer expects one; it holds no text."""
    return RecognizerResult(
        recognizer.supported_entities[0],
        start,
        end,
        score,
        analysis_explanation=AnalysisExplanation(recognizer=recognizer.name, original_score=score),
        recognition_metadata={
            RecognizerResult.RECOGNIZER_NAME_KEY: recognizer.name,
            RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: recognizer.id,
        },
    )
