"""What the filters read in one text: what it must keep, its language, names, and whether its sense is turned round."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from langkah.language import detect, in_neither
from langkah.paraphrase.filters.stems import stem
from langkah.paraphrase.filters.wording import kept_content, words
from langkah.paraphrase.lexicon import Tongue, load_lexicon, read_data
from langkah.paraphrase.parts import take_apart
from langkah.paraphrase.sentences import KEPT

_TOKEN = re.compile(r"[^\W_]+(?:[-'’.][^\W_]+)*")
_OPENS = re.compile(r"(?:^|[.!?:\"“(]\s*)$")
_UNENDED = ":;,-–—/("
"""What a heading or a cut line ends in."""
_SELF = frozenset({"i", "i'm", "i'd", "i've", "i'll", "ok", "faq"})


@dataclass(frozen=True)
class Pattern:
    """A pair of opposites, as stems."""

    one: frozenset[str]
    other: frozenset[str]


@dataclass
class Reading:
    """A text and what is in it, found out when it is first asked for."""

    text: str
    tongue: Tongue
    glossary: Sequence[str] = ()

    @cached_property
    def words(self) -> list[str]:
        """Its words, case folded."""
        return words(self.text)

    @cached_property
    def kept(self) -> Counter[str]:
        """Placeholders, numbers, quotations, addresses."""
        return kept_content(self.text)

    @cached_property
    def language(self) -> str:
        """As `langkah.language.detect`; `other` where it certainly is neither English nor Indonesian."""
        bare = KEPT.sub(" ", self.text)
        return "other" if in_neither(bare) else detect(bare)

    @cached_property
    def core(self) -> str:
        """The text without the opening that only asks ("I can't figure out how to", "Bagaimana cara")."""
        parts = take_apart(self.text, self.tongue)
        return " ".join([parts.before, parts.clause, parts.fields.get(parts.kind, ""), parts.after])

    @cached_property
    def negated(self) -> bool:
        """Whether what it asks about holds a negation."""
        core = self.core.replace("’", "'")
        for pattern in _sense()["unknowing"]:
            core = pattern.sub(" ", core)
        return any(word in _sense()["negations"][self.tongue] for word in words(core))

    @cached_property
    def stems(self) -> frozenset[str]:
        """The stems of all words of `core`."""
        return frozenset(stem(word, self.tongue) for word in words(self.core))

    @cached_property
    def names(self) -> frozenset[str]:
        """Words that name a product or a thing on the screen, case folded: by their capitals, or known."""
        bare = KEPT.sub(" ", self.text)
        known = {name.casefold() for name in load_lexicon("en").names | load_lexicon("id").names}
        tokens = list(_TOKEN.finditer(bare))
        titled = len(tokens) > 1 and sum(token[0][:1].isupper() for token in tokens) > len(tokens) / 2
        found: set[str] = set()
        for token in tokens:
            word = token[0].replace("’", "'").removesuffix("'s")
            marked = any(letter.isupper() for letter in word[1:]) or (word[:1].isupper() and word.casefold() in known)
            capital = word[:1].isupper() and not titled and not _OPENS.search(bare[: token.start()])
            if (marked or capital) and word.casefold() not in _SELF:
                found.add(word.casefold())
        low = f" {' '.join(self.words)} "
        return frozenset(found | {name.casefold() for name in self.glossary if f" {' '.join(words(name))} " in low})

    def has_name(self, name: str) -> bool:
        """Whether a name (case folded) stands in the text, in any case."""
        return f" {' '.join(words(name))} " in f" {' '.join(self.words)} "


def turned(original: Reading, variant: Reading) -> bool:
    """Whether a variant has an opposite in the place of a word of its original: `on` for `off`, `matikan` for `nyalakan`."""
    for pair in _sense()["opposites"][original.tongue]:
        for mine, contrary in ((pair.one, pair.other), (pair.other, pair.one)):
            if (
                original.stems & mine
                and not original.stems & contrary
                and variant.stems & contrary
                and not variant.stems & mine
            ):
                return True
    return False


def speaks_to_a_model(original: str, variant: str) -> bool:
    """Whether a variant gives orders to a language model, or tells of its work where the original does not."""
    sense = _sense()
    if any(pattern.search(variant) for pattern in sense["injections"]):
        return True
    return any(pattern.search(variant) and not pattern.search(original) for pattern in sense["chatter"])


def is_plain(original: str, variant: str) -> bool:
    """Whether a variant is one whole line of printable text, without marks of markup that the original does not have."""
    if not variant or variant != variant.strip() or not variant.isprintable() or variant[-1] in _UNENDED:
        return False
    bare = KEPT.sub(" ", variant)  # another check compares what stands there
    return not any(mark in bare and mark not in original for mark in _sense()["marks"])


@cache
def _sense() -> dict[str, Any]:
    data = read_data("filters/sense.yaml")
    return {
        "negations": {tongue: frozenset(text.split()) for tongue, text in data["negations"].items()},
        "opposites": {
            tongue: [Pattern(*(frozenset(stem(w, tongue) for w in side.split()) for side in pair)) for pair in pairs]
            for tongue, pairs in data["opposites"].items()
        },
        **{name: [re.compile(each, re.IGNORECASE) for each in data[name]] for name in ("unknowing", "injections", "chatter")},
        "marks": data["marks"],
    }
