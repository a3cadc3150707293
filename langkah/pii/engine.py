"""Presidio's analyzer with the recognizers of this room, for English, Indonesian and mixed texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, cast

from presidio_analyzer import AnalyzerEngine, EntityRecognizer, RecognizerRegistry, RecognizerResult
from presidio_analyzer.predefined_recognizers import SpacyRecognizer

from langkah.config import PiiConfig
from langkah.errors import ConfigError
from langkah.pii.keep import may_name
from langkah.pii.local_model import model_folder
from langkah.pii.nlp import OfflineSpacyEngine, load_engine
from langkah.pii.overlaps import Finding
from langkah.pii.patterns import check_patterns
from langkah.pii.recognizers.configured import configured
from langkah.pii.recognizers.emails import EmailRecognizer
from langkah.pii.recognizers.gazetteer import GazetteerRecognizer
from langkah.pii.recognizers.hints import HintedNameRecognizer
from langkah.pii.recognizers.identifiers import (
    BankAccountRecognizer,
    CardRecognizer,
    IbanRecognizer,
    NikRecognizer,
    NpwpRecognizer,
    OrderRecognizer,
)
from langkah.pii.recognizers.lead_in_names import LeadInRecognizer
from langkah.pii.recognizers.led_in import LedInRecognizer
from langkah.pii.recognizers.phones import KnownPhoneRecognizer, PhonePatternRecognizer

SentenceLanguages = Callable[[str], list[tuple[int, int, str]]]
"""Text -> sentences as (start, end, language)."""

LANGUAGES: Final = ("en", "id")
_GUESSING: Final = ("SpacyRecognizer", "TransformersRecognizer", "GlinerRecognizer")
"""Recognizers whose findings are checked against interface words."""
_WINDOW: Final = 8_000
_OVERLAP: Final = 400
"""Characters of a piece, and of what it shares with the next: more than the longest value with what leads it in."""
_LED_IN: Final = ("ID_NIK", "ID_NPWP", "CREDIT_CARD", "PHONE_NUMBER", "ORDER_ID", "ACCOUNT_NUMBER")


def recognizers(language: str, config: PiiConfig) -> list[EntityRecognizer]:
    """All recognizers of a language. English has spaCy's NER, Indonesian has not; a local model serves both in its place.

    Raises:
        ConfigError: the local model cannot be loaded.
        ResourceError: the package that it needs is not installed.
    """
    found: list[EntityRecognizer] = [
        EmailRecognizer(language),
        PhonePatternRecognizer(language),
        KnownPhoneRecognizer(language),
        CardRecognizer(language),
        IbanRecognizer(language),
        NikRecognizer(language),
        NpwpRecognizer(language),
        OrderRecognizer(language),
        BankAccountRecognizer(language),
        *(LedInRecognizer(entity, language) for entity in _LED_IN),
        LeadInRecognizer(language),
        GazetteerRecognizer(language),
        HintedNameRecognizer(language),
        *configured(config.patterns, language),
    ]
    if "PERSON" not in config.entities:
        return found
    if config.ner != "spacy":
        from langkah.pii.recognizers.models import names_by_model

        found.append(names_by_model(config.ner, language, model_folder(config), may_name))
    elif language == "en":
        found.append(SpacyRecognizer(supported_language="en", supported_entities=["PERSON"], name="SpacyRecognizer"))
    return found


class Analyzer:
    """Findings for batches of texts; English ones go through spaCy's NER pipe together.

    Raises:
        ConfigError: a pattern or the local model of the settings cannot be used.
        ResourceError: a model or package is not installed.
    """

    def __init__(self, config: PiiConfig, sentence_languages: SentenceLanguages) -> None:
        problems = check_patterns(config)
        if problems:
            raise ConfigError(*problems)
        self._nlp: OfflineSpacyEngine = load_engine(config.ner == "spacy" and "PERSON" in config.entities)
        every = [each for language in LANGUAGES for each in recognizers(language, config)]
        kept = [each for each in every if set(each.supported_entities) & set(config.entities)]
        self._engine = _engine(kept, self._nlp) if kept else None  # given none, Presidio would take all that it has
        self._entities: list[str] = list(config.entities)
        self._threshold = config.score_threshold
        self._sentence_languages = sentence_languages

    def analyze(self, texts: Sequence[tuple[str, str]], batch_size: int) -> list[list[Finding]]:
        """Findings of each (text, language), in the text's characters, possibly overlapping; equal texts are read once."""
        if self._engine is None:
            return [[] for _ in texts]
        unlike = dict.fromkeys(texts)
        found = dict(zip(unlike, self._analyze(self._engine, list(unlike), batch_size), strict=True))
        return [found[text] for text in texts]

    def _analyze(self, engine: AnalyzerEngine, texts: Sequence[tuple[str, str]], batch_size: int) -> list[list[Finding]]:
        parts: list[tuple[int, int, str, str]] = []
        for index, (text, language) in enumerate(texts):
            spoken = "en" if language == "en" else "id"
            parts += [(index, start, text[start:end], spoken) for start, end in windows(text)]
            if language == "mixed":
                spans = self._sentence_languages(text)
                parts += [(index, start, text[start:end], "en") for start, end, code in spans if code == "en"]
        found: list[list[Finding]] = [[] for _ in texts]
        for language in LANGUAGES:
            mine = [part for part in parts if part[3] == language]
            artifacts = self._nlp.artifacts([part[2] for part in mine], language, batch_size)
            for (index, offset, text, _), artifact in zip(mine, artifacts, strict=True):
                results = engine.analyze(
                    text, language, entities=self._entities, score_threshold=self._threshold, nlp_artifacts=artifact
                )
                found[index] += [
                    Finding(
                        each.entity_type,
                        each.start + offset,
                        each.end + offset,
                        each.score,
                        guessed=_recognizer(each) in _GUESSING,
                    )
                    for each in results
                ]
        return found


def _engine(found_by: list[EntityRecognizer], nlp: OfflineSpacyEngine) -> AnalyzerEngine:
    registry = RecognizerRegistry(recognizers=found_by, supported_languages=list(LANGUAGES))
    return AnalyzerEngine(registry=registry, nlp_engine=nlp, supported_languages=list(LANGUAGES))


def windows(text: str) -> list[tuple[int, int]]:
    """Bounds of the pieces in which a text is read: time grows with the square of a piece, and spaCy refuses a million.

    They overlap, so that what one of them cuts is whole in the next.
    """
    bounds: list[tuple[int, int]] = []
    start = 0
    while len(text) - start > _WINDOW:
        end = start + _WINDOW
        bounds.append((start, end))
        shared = end - _OVERLAP
        breaks = [text.find(mark, shared, end - _OVERLAP // 2) for mark in "\n "]
        start = next((place for place in breaks if place >= 0), shared)
    return [*bounds, (start, len(text))]


def _recognizer(result: RecognizerResult) -> str:
    return str(cast(dict[str, Any], result.recognition_metadata)[RecognizerResult.RECOGNIZER_NAME_KEY])
