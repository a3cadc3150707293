"""The word lists of the room, read once from its data files: names, interface words, lead-ins."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final, cast

import yaml

from langkah.pii.ner_model import ner_folder

_LATIN: Final = re.compile("[a-z\u00df-\u024f\u1e00-\u1eff]['\u2019a-z\u00df-\u024f\u1e00-\u1eff-]{2,}")


@dataclass(frozen=True)
class Names:
    """A gazetteer, all casefolded.

    `given` and `family` are disjoint from `ordinary`, whose words count only beside another name or after a lead-in.
    """

    given: frozenset[str]
    family: frozenset[str]
    ordinary: frozenset[str]

    def __contains__(self, word: str) -> bool:
        return word in self.given or word in self.family or word in self.ordinary


def _text(name: str) -> str:
    return resources.files("langkah.pii").joinpath("data", name).read_text(encoding="utf-8")


@cache
def names(language: str) -> Names:
    """The gazetteer of `language` (`en` or `id`): both lists, and what is ordinary in that language or the other."""
    sections: dict[str, set[str]] = {"given": set(), "family": set(), "ordinary": set(), "never": set()}
    for code in ("en", "id", "world"):
        section = "given"
        for line in _text(f"names_{code}.txt").splitlines():
            if line.startswith("["):
                section = line.strip("[] ")
            elif not line.startswith("#"):
                sections[section].update(line.casefold().split())
    for section, found in _world().items():
        sections[section] |= found - sections["ordinary"]
    for section in ("given", "family", "ordinary"):
        sections[section] -= sections["never"]
    # An interface word is never enough alone, in whichever list it stands.
    ordinary = (sections["ordinary"] | ui_words()) & (sections["given"] | sections["family"] | sections["ordinary"])
    return Names(
        given=frozenset(sections["given"] - ordinary),
        family=frozenset(sections["family"] - ordinary),
        ordinary=frozenset(ordinary),
    )


@cache
def _world() -> dict[str, set[str]]:
    """Given and family names in Latin letters of some seventy countries, from the providers of Faker.

    Indonesia's are left out: the audit plants those that no list has.
    """
    from faker.providers import person

    found: dict[str, set[str]] = {"given": set(), "family": set()}
    for module in pkgutil.iter_modules(person.__path__):
        if module.name == "id_ID":
            continue
        provider = importlib.import_module(f"{person.__name__}.{module.name}").Provider
        for attribute, names in vars(provider).items():
            section = "given" if "first" in attribute else "family" if "last" in attribute else None
            if section and isinstance(names, (tuple, list, dict)):
                found[section].update(word for name in cast(Iterable[Any], names) for word in str(name).casefold().split())
    return {section: {word for word in words - ui_words() if _LATIN.fullmatch(word)} for section, words in found.items()}


@cache
def ui_words() -> frozenset[str]:
    """Interface, shop and how-to words of both languages, and names of makers, programs and services, casefolded."""
    return _words("ui_words.txt") | _words("brands.txt")


def _words(name: str) -> frozenset[str]:
    lines = (line for line in _text(name).splitlines() if not line.startswith("#"))
    return frozenset(word for line in lines for word in line.casefold().split())


@cache
def cues() -> dict[str, Any]:
    """`data/cues.yaml`, each text of phrases apart by commas as a list; `degrees` is a regex."""
    tree: dict[str, Any] = yaml.safe_load(_text("cues.yaml"))
    return {key: _phrases(value) if key != "degrees" else value for key, value in tree.items()}


def _phrases(node: Any) -> Any:
    if isinstance(node, dict):
        return {str(key): _phrases(value) for key, value in cast(dict[Any, Any], node).items()}
    return [phrase.strip() for phrase in str(node).split(",") if phrase.strip()]


@cache
def iban_lengths() -> dict[str, int]:
    """Characters of an IBAN by country code."""
    return yaml.safe_load(_text("iban_lengths.yaml"))


def alternatives(phrases: Iterable[str]) -> str:
    """A regex group that matches any of `phrases`, longest first, a space standing for any blanks."""
    import regex

    ordered = sorted(set(phrases), key=lambda phrase: (-len(phrase), phrase))
    return "(?:" + "|".join(r"[^\S\n]+".join(map(regex.escape, phrase.split())) for phrase in ordered) + ")"


@cache
def is_indonesian_word(word: str) -> bool:
    """Whether `word` is an Indonesian root of Sastrawi's dictionary, or an affixed form of one."""
    folded = word.casefold()
    if folded in _roots():
        return True
    return _stemmer().stem(folded) in _roots()


def is_root(word: str) -> bool:
    """Whether `word`, casefolded, stands in Sastrawi's dictionary as it is."""
    return word in _roots()


@cache
def is_english_word(word: str) -> bool:
    """Whether `word`, casefolded, or what an English ending was put to, stands in WordNet's index as spaCy's lemmatizer has it.

    The index holds names of the famous too (`napoleon`), so a word that it lacks is surely no English one, not the reverse.
    """
    words, endings = _english()
    if word in words:
        return True
    return any(word.endswith(ending) and word.removesuffix(ending) + stem in words for ending, stem in endings)


@cache
def _english() -> tuple[frozenset[str], tuple[tuple[str, str], ...]]:
    """Lemmas and irregular forms, and the endings that make the regular ones."""
    lookups = importlib.import_module("spacy.lookups").Lookups()
    lookups.from_disk(ner_folder() / "lemmatizer" / "lookups")
    index, rules, irregular = (lookups.get_table(f"lemma_{name}") for name in ("index", "rules", "exc"))
    words = {str(word) for table in (*index.values(), *irregular.values()) for word in table}
    endings = {(str(ending), str(stem)) for table in rules.values() for ending, stem in table if len(str(ending)) > 0}
    return frozenset(words), tuple(sorted(ending for ending in endings if ending[0].isalpha()))


@cache
def _roots() -> frozenset[str]:
    text = resources.files("Sastrawi.Stemmer").joinpath("data", "kata-dasar.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


@cache
def _stemmer() -> Any:
    factory = importlib.import_module("Sastrawi.Stemmer.StemmerFactory")
    return factory.StemmerFactory().create_stemmer()
