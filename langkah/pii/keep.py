"""What is kept although a recognizer takes it for personal: the company's own values, and names of products and screens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import regex

from langkah.pii import lexicon
from langkah.pii.placeholders import code_key, email_key
from langkah.pii.recognizers.scored import digits
from langkah.pii.words import Judge, Token, judge, on_screen, tokens_from

_NUMERIC: Final = regex.compile(r"[+(]*\d[\d ().+/-]*")
_SPELLED: Final = regex.compile(r"[\p{L}\p{M}]+(?:['-][\p{L}\p{M}]+)*")
_SPELLED_BEFORE: Final = regex.compile(r"([\p{L}\p{M}-]+) $")
_SPELLED_AFTER: Final = regex.compile(r" ([\p{L}\p{M}-]+)")
_MOST_WORDS: Final = 12
_PATH_GOES_ON: Final = regex.compile(r"[^\S\n]*[>→»›]")
_TAG: Final = regex.compile(r"</?[a-zA-Z][^<>]{0,200}>$")
_ARROWS: Final = ">→»›"
_FAR: Final = 200
"""Characters before a name in which a menu path would begin."""


class AllowList:
    """`pii.allow`, compared by normalized value: casefold, and digits only for what is a number."""

    def __init__(self, allow: Iterable[str]) -> None:
        values = [value.strip() for value in allow if value.strip()]
        numbers = [digits(value) for value in values if _NUMERIC.fullmatch(value)]
        words = [value for value in values if not _NUMERIC.fullmatch(value)]
        self._numbers = frozenset(numbers)
        self._words = frozenset(email_key(word) for word in words) | frozenset(code_key(word) for word in words)
        spaced = [r"[ ().-]{0,2}".join(number) for number in numbers]
        exact = [r"\s+".join(map(regex.escape, word.split())) for word in words]
        patterns = [
            *(rf"(?<![\w@])(?<!\d[ .-])[+(]*{each}(?![\w@]|[ .-]?\d)" for each in spaced),
            *(rf"(?<![\w.+%-]){each}(?!\w|[.@-]\w)" for each in exact),
        ]
        self._places: Any = regex.compile("|".join(patterns), regex.IGNORECASE) if patterns else None

    def places(self, text: str) -> list[tuple[int, int]]:
        """Where allowed values stand in `text`; nothing there is replaced."""
        return [match.span() for match in self._places.finditer(text)] if self._places else []

    def __contains__(self, value: str) -> bool:
        if not self._places:
            return False
        if _NUMERIC.fullmatch(value.strip()):
            return digits(value) in self._numbers
        return email_key(value) in self._words or code_key(value) in self._words


class NameFilter:
    """Cuts product names and interface words off names, and drops what is left of none."""

    def __init__(self, glossary: Iterable[str]) -> None:
        terms = [term for term in glossary if term.strip()]
        self._glossary: Any = (
            regex.compile(rf"(?<![\p{{L}}\d_]){lexicon.alternatives(terms)}(?![\p{{L}}\d_])", regex.IGNORECASE)
            if terms
            else None
        )

    def glossary(self, text: str) -> list[tuple[int, int]]:
        """Where glossary terms stand in `text`."""
        return [match.span() for match in self._glossary.finditer(text)] if self._glossary else []

    def sure(self, text: str, start: int, end: int, language: str) -> tuple[int, int] | None:
        """A finding of our own recognizers: dropped only within a menu path."""
        return None if _in_path(text, start, end) else (start, end)

    def guessed(self, text: str, start: int, end: int, language: str) -> tuple[int, int] | None:
        """A finding of NER: its bounds without interface words, or None where it is no name."""
        ours = judge(language)
        line = text.find("\n", start, end)
        words = [word for word in _words(text, start, end if line < 0 else line) if word.word]
        if any(character.isdigit() or character in "@/\\_=<>{}" for character in text[start:end]):
            return None
        while words and _interface(ours, words[0]):
            words.pop(0)
        named = any(ours.known(word) for word in words)
        while words and not named and _interface(ours, words[-1]):
            words.pop()
        while words and words[-1].folded in ours.plain and not ours.listed(words[-1]):
            words.pop()
        if not 0 < len(words) <= _MOST_WORDS or not any(word.capital for word in words):
            return None
        first, last = words[0].start, words[-1].end
        if _in_path(text, first, last):
            return None
        if not named:
            if all(_interface(ours, word) or ours.ordinary(word) for word in words):
                return None
            if not any(ours.listed(word) or ours.unknown(word) for word in words):
                return None  # of dictionary words alone, or a product's: `Visual Studio`, `WeTransfer`
            if len(words) == 1 and _label(ours, text, words[0]):
                return None
            if any(not word.capital and word.folded not in ours.particles for word in words):
                return None
            if on_screen(text, first, last):
                return None
        return first, last


def _label(ours: Judge, text: str, word: Token) -> bool:
    """Whether a word alone is the rest of a label (`Confirm Pickup`, `Smart Lock`), an abbreviation, or too short."""
    before = _SPELLED_BEFORE.search(text[max(0, word.start - 32) : word.start])
    after = _SPELLED_AFTER.match(text, word.end)
    label = any(each and each.group(1)[0].isupper() and each.group(1).casefold() in ours.plain for each in (before, after))
    return label or word.word.isupper() or len(word.word) < 3


def may_name(line: str, language: str = "en") -> bool:
    """Whether a model could find a name in a line that `NameFilter.guessed` would keep."""
    ours = judge(language)
    for match in _SPELLED.finditer(line):
        word = Token(match.group(), match.start(), match.end())
        if ours.known(word) or (word.capital and not _interface(ours, word) and not ours.ordinary(word)):
            return True
    return False


def _interface(ours: Judge, word: Token) -> bool:
    """A word that alone is no name: of an interface, a title, an honorific."""
    return (word.folded in ours.plain and not ours.known(word)) or word.folded in ours.honorifics or word.folded in ours.titles


def _words(text: str, start: int, end: int) -> list[Token]:
    found: list[Token] = []
    position = start
    while position < end:
        batch = [word for word in tokens_from(text, position, 12) if word.end <= end]
        if not batch:
            position += 1
            continue
        found += batch
        position = batch[-1].after
        while position < end and not text[position].isalpha():
            position += 1
    return found


def _in_path(text: str, start: int, end: int) -> bool:
    """Whether ` > ` stands beside the span: a step of a menu path."""
    if _PATH_GOES_ON.match(text, end):
        return True
    before = text[max(0, start - _FAR) : start].rpartition("\n")[2].rstrip(" ")
    # Something must stand before the arrow: at the start of a line it quotes a letter; and it may close a tag.
    return before.endswith(tuple(_ARROWS)) and before.strip(_ARROWS + " ") != "" and not _TAG.search(before)
