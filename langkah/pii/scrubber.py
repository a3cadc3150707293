"""Replaces personal data in the texts of a record by placeholders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from langkah.config import PiiConfig
from langkah.pii.view import PLACEHOLDERS

if TYPE_CHECKING:
    from langkah.pii.engine import Analyzer
    from langkah.pii.overlaps import Finding
    from langkah.pii.record import Rules
    from langkah.pii.vault import Value

SentenceLanguages = Callable[[str], list[tuple[int, int, str]]]


@dataclass(frozen=True)
class Scrubbed:
    """One record after scrubbing; of what was replaced, only numbers."""

    fields: Mapping[str, str]
    """The texts, in the order they came."""
    counts: Mapping[str, int] = field(default_factory=dict[str, int])
    """Replacements by placeholder type, e.g. `{"NAME": 2}`."""
    characters: int = 0
    """Characters of the original texts."""
    altered: int = 0
    """Characters of the original texts that a placeholder replaced."""


class Scrubber:
    """Scrubs records in English (`en`), Indonesian (`id`) and both (`mixed`); any other language is read as Indonesian.

    Args:
        config: what counts as personal, and what is kept.
        sentence_languages: text -> (start, end, language) of its sentences; `langkah.language`'s where None.
    """

    def __init__(self, config: PiiConfig | None = None, *, sentence_languages: SentenceLanguages | None = None) -> None:
        self.config = config or PiiConfig.model_validate({})
        self._sentence_languages = sentence_languages
        self._loaded: tuple[Analyzer, Rules] | None = None

    def scrub(self, texts: Mapping[str, str], language: str, names: Sequence[str] = ()) -> Scrubbed:
        """Scrub all texts of one record together.

        Args:
            texts: field name -> text.
            language: `en`, `id` or `mixed`.
            names: people known to belong to the record (a customer column): replaced wherever they stand.
        """
        return next(self._batch([(texts, language, tuple(names))], batch_size=128))

    def scrub_many(self, records: Iterable[tuple[Mapping[str, str], str]], batch_size: int = 128) -> Iterator[Scrubbed]:
        """Scrub (texts, language) records in order, `batch_size` records at a time through the NER pipe."""
        source = iter(records)
        while batch := list(islice(source, batch_size)):
            yield from self._batch([(texts, language, ()) for texts, language in batch], batch_size)

    def _batch(self, records: Sequence[tuple[Mapping[str, str], str, tuple[str, ...]]], batch_size: int) -> Iterator[Scrubbed]:
        from langkah.pii.record import Draft

        analyzer, rules = self._load()
        drafts = [Draft(texts, language, names, rules) for texts, language, names in records]
        # What was found changes the text around it, and NER reads the rest anew: again, until nothing is found. Then a
        # second scrub, which starts from the same view, finds nothing either.
        pending: list[tuple[Draft, str]] = [(draft, name) for draft in drafts for name in draft.views]
        while pending:
            texts = [(draft.views[name].text, draft.language) for draft, name in pending]
            found = analyzer.analyze(texts, batch_size)
            by_draft: dict[int, dict[str, list[Finding]]] = {}
            for (draft, name), findings in zip(pending, found, strict=True):
                by_draft.setdefault(id(draft), {})[name] = findings
            pending = [(draft, name) for draft in drafts if id(draft) in by_draft for name in draft.take(by_draft[id(draft)])]
        for draft in drafts:
            yield self._finish(draft.texts, draft.values(), draft.language)

    def _finish(self, texts: Mapping[str, str], values: Sequence[Value], language: str) -> Scrubbed:
        from langkah.pii.recognizers.phones import canonical
        from langkah.pii.vault import Vault

        region = "en" if language == "en" else "id"
        vault = Vault(texts.values(), lambda number: canonical(number, region))
        scrubbed = dict(texts)
        named = vault.placeholders(values)
        for value, placeholder in sorted(named, key=lambda pair: -pair[0].start):
            text = scrubbed[value.field]
            scrubbed[value.field] = text[: value.start] + placeholder + text[value.end :]
        counts = Counter(PLACEHOLDERS[value.entity] for value in values)
        return Scrubbed(
            fields=scrubbed,
            counts=dict(sorted(counts.items())),
            characters=sum(map(len, texts.values())),
            altered=sum(value.end - value.start for value in values),
        )

    def _load(self) -> tuple[Analyzer, Rules]:
        if self._loaded is None:
            from langkah.pii.engine import Analyzer
            from langkah.pii.record import Rules

            sentences = self._sentence_languages
            if sentences is None:
                from langkah.language import sentence_languages as sentences
            analyzer = Analyzer(self.config.entities, self.config.score_threshold, sentences)
            self._loaded = analyzer, Rules(self.config)
        return self._loaded
