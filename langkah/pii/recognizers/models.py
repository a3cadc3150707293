"""People's names by a local model: Presidio's recognizers for Hugging Face token classifiers and for GLiNER."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Literal

from presidio_analyzer import EntityRecognizer, RecognizerResult
from presidio_analyzer.chunkers import BaseTextChunker, CharacterBasedTextChunker, TextChunk
from presidio_analyzer.predefined_recognizers.ner import (
    GLiNERRecognizer,
    HuggingFaceNerRecognizer,
    huggingface_ner_recognizer,
)

from langkah.errors import ConfigError, ResourceError
from langkah.pii.local_model import is_person_label
from langkah.pii.recognizers.scored import finding

_LINE: Final = re.compile(r"[^\n]*\S[^\n]*")
_LETTER: Final = re.compile(r"[^\W\d_]")
_LONGEST: Final = 400
"""Characters read at once; at least as many tokens are needed where each letter is one."""
_OVERLAP: Final = 40

MayName = Callable[[str, str], bool]
"""(Line, language) -> whether a name could stand in it."""


class LineChunker(BaseTextChunker):
    """The lines of a text that could hold a name, long ones in overlapping pieces: a step is a line, so most are never read."""

    def __init__(self, longest: int, worth_reading: Callable[[str], bool]) -> None:
        self._pieces = CharacterBasedTextChunker(chunk_size=longest, chunk_overlap=min(_OVERLAP, longest // 4))
        self._worth_reading = worth_reading

    def chunk(self, text: str) -> list[TextChunk]:
        """Pieces of `text` with their bounds."""
        chunks: list[TextChunk] = []
        for line in _LINE.finditer(text):
            if self._worth_reading(line.group()):
                for piece in self._pieces.chunk(line.group()):
                    chunks.append(TextChunk(piece.text, piece.start + line.start(), piece.end + line.start()))
        # Presidio takes a single chunk for the whole text: an empty one beside it keeps its place.
        return [*chunks, TextChunk("", len(text), len(text))] if chunks else []


class TransformersRecognizer(HuggingFaceNerRecognizer):
    """Presidio's recognizer for a token classifier in a local folder, whose own labels say what a person is.

    A failing model is an error here, where Presidio's would go on without its findings.
    """

    def __init__(self, language: str, folder: Path, may_name: MayName) -> None:
        pipeline, positions = _pipeline(folder)
        _introduce()
        super().__init__(
            supported_entities=["PERSON"],
            name=type(self).__name__,
            supported_language=language,
            model_name=str(folder),
            text_chunker=LineChunker(min(_LONGEST, positions), lambda line: may_name(line, language)),
        )
        self.ner_pipeline = pipeline

    def load(self) -> None:
        """Loaded once, for both languages."""

    def _predict_chunk(self, chunk_text: str) -> list[RecognizerResult]:
        found: list[dict[str, Any]] = self.ner_pipeline(chunk_text) if chunk_text else []
        return [
            finding(self, *_whole_words(chunk_text, int(each["start"]), int(each["end"])), float(each["score"]))
            for each in found
            if is_person_label(str(each["entity_group"]))
        ]


class GlinerRecognizer(GLiNERRecognizer):
    """Presidio's recognizer for a GLiNER model in a local folder, asked for people alone."""

    def __init__(self, language: str, folder: Path, may_name: MayName) -> None:
        self._folder = folder
        super().__init__(
            entity_mapping={"person": "PERSON"},
            name=type(self).__name__,
            supported_language=language,
            model_name=str(folder),
            text_chunker=LineChunker(_LONGEST, lambda line: may_name(line, language)),
            map_location="cuda" if _cuda() else "cpu",
        )

    def load(self) -> None:
        """Load the model once, for both languages."""
        self.gliner = _gliner(self._folder, str(self.map_location))

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """Presidio's findings of people; no other entity becomes a label of the model."""
        found: list[RecognizerResult] = super().analyze(text, ["PERSON"], nlp_artifacts)
        return [finding(self, *_whole_words(text, each.start, each.end), each.score) for each in found if each.end > each.start]


def names_by_model(kind: Literal["transformers", "gliner"], language: str, folder: Path, may_name: MayName) -> EntityRecognizer:
    """The recognizer of `pii.ner` for a language.

    Raises:
        ConfigError: the folder's model cannot be loaded.
        ResourceError: the package is not installed.
    """
    recognizer = TransformersRecognizer if kind == "transformers" else GlinerRecognizer
    return recognizer(language, folder, may_name)


@cache
def _pipeline(folder: Path) -> tuple[Any, int]:
    """The token-classification pipeline, and how many characters it can surely read at once."""
    from transformers import AutoModelForTokenClassification, AutoTokenizer, pipeline

    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(str(folder), local_files_only=True, use_fast=True)
        model: Any = AutoModelForTokenClassification.from_pretrained(str(folder), local_files_only=True)
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise ConfigError(
            f"pii.ner_path: {folder}: no token-classification model that loads ({type(error).__name__})"
        ) from None
    if not tokenizer.is_fast:
        raise ConfigError(
            f"pii.ner_path: {folder}: expected a fast tokenizer (tokenizer.json), which knows where a word stands"
        )
    device = 0 if _cuda() else -1
    positions = int(getattr(model.config, "max_position_embeddings", 0) or 512)
    made: Any = pipeline("token-classification", model=model, tokenizer=tokenizer, aggregation_strategy="first", device=device)
    return made, max(16, min(positions, int(tokenizer.model_max_length)) - 8)


def _introduce() -> None:
    """Presidio looks for transformers when it is imported, which may have been before they were (see `langkah.pii.imports`)."""
    import torch
    from transformers import pipeline

    module: Any = huggingface_ner_recognizer
    module.hf_pipeline, module.torch = module.hf_pipeline or pipeline, module.torch or torch


def _cuda() -> bool:
    import torch

    return torch.cuda.is_available()


@cache
def _gliner(folder: Path, device: str) -> Any:
    if not find_spec("gliner"):
        raise ResourceError("pii.ner: the package gliner is not installed: pip install gliner")
    from importlib import import_module

    model: Any = import_module("gliner").GLiNER
    try:
        return model.from_pretrained(str(folder), map_location=device, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(f"pii.ner_path: {folder}: no GLiNER model that loads ({type(error).__name__})") from None


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """Bounds out to the ends of the words that a model cut, and in from the blanks that its tokens hold."""
    while start > 0 and _LETTER.match(text[start - 1]) and _LETTER.match(text[start]):
        start -= 1
    while end < len(text) and _LETTER.match(text[end - 1]) and _LETTER.match(text[end]):
        end += 1
    bare = text[start:end]
    return start + len(bare) - len(bare.lstrip()), end - len(bare) + len(bare.rstrip())
