"""Recognizers made from the settings: the company's own identifiers (`pii.patterns`)."""

from __future__ import annotations

from typing import Any

from presidio_analyzer import EntityRecognizer, LocalRecognizer, RecognizerResult

from langkah.config import IdentifierPattern
from langkah.pii.patterns import compile_regex, matches
from langkah.pii.recognizers.led_in import LedInRecognizer
from langkah.pii.recognizers.scored import LED_IN, finding


class ConfiguredRecognizer(LocalRecognizer):
    """Every match of one regular expression of the settings, in any case, out to the ends of the words that it touches."""

    def __init__(self, entity: str, language: str, expression: str, where: str) -> None:
        super().__init__(supported_entities=[entity], supported_language=language, name=f"Configured {where}")
        self._compiled = compile_regex(expression)
        self._where = where

    def load(self) -> None:
        """Nothing to load."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """Presidio's entry point; what the company says is its identifier is as sure as what is led in.

        Raises:
            ConfigError: the expression takes too long.
        """
        spans = dict.fromkeys(matches(self._compiled, text, self._where))
        return [finding(self, start, end, LED_IN) for start, end in spans]


def configured(patterns: tuple[IdentifierPattern, ...], language: str) -> list[EntityRecognizer]:
    """One recognizer for each regular expression of the settings, and one for each group of lead-ins."""
    made: list[EntityRecognizer] = []
    for index, pattern in enumerate(patterns):
        if pattern.regex is not None:
            made.append(ConfiguredRecognizer(pattern.entity, language, pattern.regex, f"pii.patterns[{index}].regex"))
        if pattern.lead_ins:
            made.append(LedInRecognizer(pattern.entity, language, pattern.lead_ins))
    return made
