"""The word lists of the room, read once from its data files: names, interface words, lead-ins."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, cast

import yaml


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
    sections: dict[str, set[str]] = {"given": set(), "family": set(), "ordinary": set()}
    for code in ("en", "id"):
        section = "given"
        for line in _text(f"names_{code}.txt").splitlines():
            if line.startswith("["):
                section = line.strip("[] ")
            elif not line.startswith("#"):
                sections[section].update(line.casefold().split())
    # An interface word is never enough alone, in whichever list it stands.
    ordinary = (sections["ordinary"] | ui_words()) & (sections["given"] | sections["family"] | sections["ordinary"])
    return Names(
        given=frozenset(sections["given"] - ordinary),
        family=frozenset(sections["family"] - ordinary),
        ordinary=frozenset(ordinary),
    )


@cache
def ui_words() -> frozenset[str]:
    """Interface, shop and how-to words of both languages, casefolded."""
    lines = (line for line in _text("ui_words.txt").splitlines() if not line.startswith("#"))
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
def _roots() -> frozenset[str]:
    text = resources.files("Sastrawi.Stemmer").joinpath("data", "kata-dasar.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


@cache
def _stemmer() -> Any:
    factory = importlib.import_module("Sastrawi.Stemmer.StemmerFactory")
    return factory.StemmerFactory().create_stemmer()
