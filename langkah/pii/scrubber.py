"""Replaces personal data in the texts of a record by placeholders."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from langkah.config import PiiConfig
from langkah.pii.view import PLACEHOLDERS

if TYPE_CHECKING:
    from langkah.artifacts import RecordCache
    from langkah.pii.engine import Analyzer
    from langkah.pii.overlaps import Finding
    from langkah.pii.placeholders import Value
    from langkah.pii.record import Rules

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
    protected: tuple[str, ...] = ()
    """Values of `pii.allow` and terms of `pii.glossary`, casefolded, that kept a finding from being replaced."""
    originals: tuple[Original, ...] = field(default=(), repr=False, compare=False)
    """What was replaced, in memory only: for the vault."""


class Original(NamedTuple):
    """One value that a placeholder replaced."""

    field: str
    placeholder: str
    value: str

    def __repr__(self) -> str:
        """Tell nothing of the value."""
        return f"Original({self.field}, {self.placeholder})"


class Scrubber:
    """Scrubs records in English (`en`), Indonesian (`id`) and both (`mixed`); any other language is read as Indonesian.

    Args:
        config: what counts as personal, and what is kept.
        sentence_languages: text -> (start, end, language) of its sentences; `langkah.language`'s where None.
        cache: where `scrub_many` looks up records that were scrubbed before, and keeps new ones. Not used with the vault on:
            it holds no originals.
    """

    def __init__(
        self,
        config: PiiConfig | None = None,
        *,
        sentence_languages: SentenceLanguages | None = None,
        cache: RecordCache | None = None,
    ) -> None:
        self.config = config or PiiConfig.model_validate({})
        self._cache = None if self.config.vault else cache
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
        """Scrub (texts, language) records in order, `batch_size` at a time, those that the cache has apart."""
        source = iter(records)
        while batch := list(islice(source, batch_size)):
            yield from self._remembered(batch, self._cache) if self._cache else self._new(batch)

    def _remembered(self, batch: Sequence[tuple[Mapping[str, str], str]], cache: RecordCache) -> Iterator[Scrubbed]:
        keys = [cache.key(language, *(part for field in texts.items() for part in field)) for texts, language in batch]
        found = cache.get(keys)
        missing = {key: record for key, record in zip(keys, batch, strict=True) if key not in found}
        new: dict[bytes, Scrubbed] = {}
        if missing:
            new = dict(zip(missing, self._new(list(missing.values())), strict=True))
            cache.put({key: _to_json(scrubbed) for key, scrubbed in new.items()})
        for key, (texts, _) in zip(keys, batch, strict=True):
            yield new.get(key) or _from_json(found[key], texts)

    def _new(self, batch: Sequence[tuple[Mapping[str, str], str]]) -> Iterator[Scrubbed]:
        return self._batch([(texts, language, ()) for texts, language in batch], batch_size=len(batch))

    def _batch(self, records: Sequence[tuple[Mapping[str, str], str, tuple[str, ...]]], batch_size: int) -> Iterator[Scrubbed]:
        analyzer, rules = self._load()
        from langkah.pii.record import Draft, read

        drafts = [Draft(texts, language, names, rules) for texts, language, names in records]
        # What was found changes the text around it, and NER reads the rest anew: again, until nothing is found. Then a
        # second scrub, which starts from the same view, finds nothing either.
        pending: list[tuple[Draft, str]] = [(draft, name) for draft in drafts for name in draft.views]
        while pending:
            texts = [(draft.views[name].text, draft.language) for draft, name in pending]
            found = read(analyzer, texts, batch_size)
            by_draft: dict[int, dict[str, list[Finding]]] = {}
            for (draft, name), findings in zip(pending, found, strict=True):
                by_draft.setdefault(id(draft), {})[name] = findings
            pending = [(draft, name) for draft in drafts if id(draft) in by_draft for name in draft.take(by_draft[id(draft)])]
        for draft in drafts:
            yield self._finish(draft.texts, draft.values(), draft.language, draft.protected)

    def _finish(self, texts: Mapping[str, str], values: Sequence[Value], language: str, protected: Iterable[str]) -> Scrubbed:
        from langkah.pii.placeholders import Placeholders
        from langkah.pii.recognizers.phones import canonical

        region = "en" if language == "en" else "id"
        placeholders = Placeholders(texts.values(), lambda number: canonical(number, region))
        scrubbed = dict(texts)
        named = placeholders.of(values)
        for value, placeholder in sorted(named, key=lambda pair: -pair[0].start):
            text = scrubbed[value.field]
            scrubbed[value.field] = text[: value.start] + placeholder + text[value.end :]
        counts = Counter(PLACEHOLDERS[value.entity] for value in values)
        return Scrubbed(
            fields=scrubbed,
            counts=dict(sorted(counts.items())),
            characters=sum(map(len, texts.values())),
            altered=sum(value.end - value.start for value in values),
            protected=tuple(sorted(protected)),
            originals=tuple(
                Original(value.field, placeholder, texts[value.field][value.start : value.end]) for value, placeholder in named
            ),
        )

    def _load(self) -> tuple[Analyzer, Rules]:
        if self._loaded is None:
            sentences = self._sentence_languages
            if sentences is None:
                from langkah.language import sentence_languages as sentences
            alike = self.config.model_copy(update={"vault": False, "audit_sample": 0})
            self._loaded = _load(alike.model_dump_json(), sentences)
        return self._loaded


@lru_cache(maxsize=4)
def _load(settings: str, sentences: SentenceLanguages) -> tuple[Analyzer, Rules]:
    """The recognizers of these settings (JSON), made once a process."""
    from langkah.pii.imports import lean_imports

    with lean_imports():
        from langkah.pii.engine import Analyzer
        from langkah.pii.record import Rules
    config = PiiConfig.model_validate_json(settings)
    return Analyzer(config, sentences), Rules(config)


def _to_json(scrubbed: Scrubbed) -> str:
    parts = [list(scrubbed.fields.values()), scrubbed.counts, scrubbed.altered, scrubbed.protected]
    return json.dumps(parts, ensure_ascii=False)


def _from_json(text: str, texts: Mapping[str, str]) -> Scrubbed:
    fields, counts, altered, protected = json.loads(text)
    return Scrubbed(
        fields=dict(zip(texts, fields, strict=True)),
        counts=counts,
        characters=sum(map(len, texts.values())),
        altered=altered,
        protected=tuple(protected),
    )
