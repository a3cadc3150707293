"""One record while it is scrubbed: the views of its texts, what was found so far, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from langkah.config import PiiConfig
from langkah.pii.keep import AllowList, NameFilter
from langkah.pii.overlaps import Finding, resolve
from langkah.pii.placeholders import Value, name_key
from langkah.pii.unveiled import unveiled
from langkah.pii.view import View
from langkah.pii.words import Token, judge

_FIRST: Final = ("prompt", "output")
"""Fields whose values are numbered first; the others follow in their own order."""

_LONGEST: Final = 100
"""Characters above which a finding is no single value, and is not looked for elsewhere."""

_SHORTEST: Final = 3
"""Characters from which a word of a name, found elsewhere in the record, is that person again."""


class Rules:
    """The settings, ready for use: made once, for all records."""

    def __init__(self, config: PiiConfig) -> None:
        self.allow = AllowList(config.allow)
        self.names = NameFilter(config.glossary)
        self.people = "PERSON" in config.entities


class _Analyzer(Protocol):
    def analyze(self, texts: Sequence[tuple[str, str]], batch_size: int) -> list[list[Finding]]: ...


def read(analyzer: _Analyzer, texts: Sequence[tuple[str, str]], batch_size: int) -> list[list[Finding]]:
    """Findings of each (text, language), those too that hide behind tags, entities and the like."""
    readings = [unveiled(text) for text, _ in texts]
    behind = [(each.text, language) for several, (_, language) in zip(readings, texts, strict=True) for each in several]
    plain = analyzer.analyze([*texts, *behind], batch_size)
    hidden = iter(plain[len(texts) :])
    return [
        [*found, *(each for reading in several for each in reading.findings(next(hidden), found))]
        for found, several in zip(plain[: len(texts)], readings, strict=True)
    ]


class Draft:
    """A record's texts, and the values found in them."""

    def __init__(self, texts: Mapping[str, str], language: str, names: Sequence[str], rules: Rules) -> None:
        self.texts = dict(texts)
        self.language = language
        self.views = {name: View(texts[name]) for name in field_order(texts)}
        self._allow = rules.allow
        self._names = rules.names
        self._judge = judge("en" if language == "en" else "id")
        self.protected: set[str] = set()
        """What the allow-list and the glossary kept from being replaced, casefolded."""
        self._values: list[Value] = []
        self._known: dict[str, str] = {}
        if rules.people:
            for each in names:
                self._learn("PERSON", each)

    def values(self) -> list[Value]:
        """All that was found, in order of appearance, apart from each other."""
        order = {name: rank for rank, name in enumerate(self.views)}
        apart: list[Value] = []
        for value in sorted(self._values, key=lambda value: (order[value.field], value.start, -value.end)):
            # `bu<a href="mailto:budi@x.org">di</a>@x.org`: the address in the tag goes with the one around it.
            if not apart or value.field != apart[-1].field or value.start >= apart[-1].end:
                apart.append(value)
        return apart

    def take(self, found: Mapping[str, Sequence[Finding]]) -> list[str]:
        """Take over what the recognizers found in some fields; the names of the fields that changed."""
        spans = {name: self._kept(self.views[name].text, findings) for name, findings in found.items()}
        for name, view in self.views.items():
            for each in spans.get(name, []):
                self._learn(each.entity, view.text[each.start : each.end])
        changed: list[str] = []
        for name, view in self.views.items():
            mine = [*spans.get(name, []), *self._repeats(view.text)]
            again = self._kept(view.text, mine) if mine else []
            if again:
                self._mask(name, view, again)
                changed.append(name)
        return changed

    def _mask(self, name: str, view: View, spans: Sequence[Finding]) -> None:
        for each in spans:
            start, end = view.original(each.start, each.end)
            self._values.append(Value(each.entity, view.text[each.start : each.end], name, start, end))
        view.mask([(each.start, each.end) for each in spans])

    def _kept(self, text: str, findings: Sequence[Finding]) -> list[Finding]:
        """Findings less what is allowed, a product's name, or an interface word; apart from each other."""
        language = self._judge.language
        allowed, glossary = self._allow.places(text), self._names.glossary(text)
        checked: list[Finding] = []
        for each in findings:
            start, end = each.start, each.end
            if each.entity == "PERSON":
                judged = self._names.guessed if each.guessed else self._names.sure
                bounds = (start, end) if each.known else judged(text, start, end, language)
                if bounds is None:
                    continue
                if self._protects(text, [place for place in glossary if place[0] <= bounds[0] and bounds[1] <= place[1]]):
                    continue
                start, end = bounds
            if self._protects(text, [place for place in allowed if _covers(text, place, start, end)]):
                continue
            if text[start:end] in self._allow:
                self._protects(text, [(start, end)])
                continue
            checked.append(Finding(each.entity, start, end, each.score))
        return resolve(text, checked)

    def _protects(self, text: str, places: Sequence[tuple[int, int]]) -> bool:
        """Note what stands at the first of these places; say whether there is one."""
        self.protected.update(text[start:end].casefold() for start, end in places[:1])
        return bool(places)

    def _learn(self, entity: str, value: str) -> None:
        """Remember a value, and the words of a name, to find them in all fields."""
        if len(value) > _LONGEST:
            return
        if entity != "PERSON":
            if len(value) >= 6:
                self._known.setdefault(value, entity)
            return
        words = [word for word in name_key(value) if len(word) >= _SHORTEST]
        if len(words) > 1:
            self._known.setdefault(value, entity)
        for word in words:
            token = Token(word.capitalize(), 0, 0)
            if word not in self._judge.names.ordinary and not self._judge.ordinary(token):
                self._known.setdefault(word, "")

    def _repeats(self, text: str) -> list[Finding]:
        """Places of known values: whole ones in any case, a word of a name only with a capital."""
        found: list[Finding] = []
        folded = _folded(text)
        for value, entity in self._known.items():
            for start in _places(_folded(value), folded):
                if entity or text[start].isupper():
                    found.append(Finding(entity or "PERSON", start, start + len(value), 0.5, known=True))
        return found


def _covers(text: str, place: tuple[int, int], start: int, end: int) -> bool:
    """Whether all letters and digits of a finding stand within `place`."""
    within = [index for index in range(start, end) if text[index].isalnum()]
    return bool(within) and place[0] <= within[0] and within[-1] < place[1]


def _folded(text: str) -> str:
    """`text` casefolded, each character in its place (`ß` and the like, which fold into two, as they are)."""
    folded = text.casefold()
    if len(folded) == len(text):
        return folded
    return "".join(each if len(each.casefold()) > 1 else each.casefold() for each in text)


def _places(value: str, text: str) -> list[int]:
    """Where `value` begins in `text`, as whole words, apart from each other; both folded."""
    places: list[int] = []
    start = text.find(value)
    while start >= 0:
        end = start + len(value)
        if _joins(text[start - 1 : start]) or _joins(text[end : end + 1]):
            end = start + 1
        else:
            places.append(start)
        start = text.find(value, end)
    return places


def _joins(character: str) -> bool:
    return character.isalnum() or character == "_"


def field_order(texts: Mapping[str, str]) -> list[str]:
    """The fields of a record in the order in which their values are numbered."""
    return [name for name in _FIRST if name in texts] + [name for name in texts if name not in _FIRST]
