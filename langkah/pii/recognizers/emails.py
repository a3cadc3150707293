"""E-mail addresses, also spaced or spelled out, checked against the public suffix list without a network."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import regex
from presidio_analyzer import Pattern

from langkah.pii import lexicon
from langkah.pii.recognizers.scored import FORMATTED, VALID, ScoredPatternRecognizer, any_case

# Bounded, so that a long text without blanks costs linear time; Presidio's own pattern does not bound the local part.
_LOCAL: Final = r"[\w!#$%&'*+/=?^`{|}~-](?:[\w!#$%&'*+/=?^`{|}~.-]{0,62}[\w!#$%&'*+/=?^`{|}~-])?"
_LABEL: Final = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_LAST: Final = r"(?:xn--[\w-]{2,}|[^\W\d_]{2,24})"
_STOP: Final = r"(?![^\W\d_])"
"""No letter: digits, as of a footnote or the next cell, may run into an address."""
_AT: Final = r"[^\S\n]?(?:\[at\]|\(at\)|\{at\}|<at>|\[et\]|\(et\))[^\S\n]?"
_SPELLED_DOT: Final = r"[^\S\n]?(?:\[dot\]|\(dot\)|\{dot\}|\[titik\]|\(titik\))[^\S\n]?"
_DOT: Final = r"[^\S\n]?(?:\[dot\]|\(dot\)|\{dot\}|\[titik\]|\(titik\)|\.)[^\S\n]?"

_SPACED_DOT: Final = r"[^\S\n]\.[^\S\n]"
_AT_SIGN: Final = r"[^\S\n]?[\[({]@[\])}][^\S\n]?"
_MAIL_HOSTS: Final = r"(?:gmail|googlemail|yahoo|ymail|rocketmail|hotmail|outlook|live|icloud|aol|proton|protonmail|gmx)"

_PATTERNS: Final = (
    any_case("plain", rf"(?<![\w.+%-]){_LOCAL}@(?:{_LABEL}\.){{1,8}}{_LAST}{_STOP}", VALID),
    any_case("after a stray dot", rf"(?<=\.){_LOCAL}@(?:{_LABEL}\.){{1,8}}{_LAST}{_STOP}", VALID),
    any_case("quoted", rf'"[^"@\n]{{1,62}}"@(?:{_LABEL}\.){{1,8}}{_LAST}{_STOP}', VALID),
    any_case("address literal", rf"(?<![\w.+%-]){_LOCAL}@(?:\[?(?:\d{{1,3}}\.){{3}}\d{{1,3}}\]?|localhost(?!\w))", FORMATTED),
    any_case("spaced", rf"(?<![\w.+%-]){_LOCAL}[^\S\n]?@\s?(?:{_LABEL}\.){{1,8}}{_LAST}{_STOP}", FORMATTED),
    any_case(
        "spaced dots", rf"(?<![\w.+%-]){_LOCAL}[^\S\n]?@[^\S\n]?(?:{_LABEL}{_SPACED_DOT}){{1,4}}{_LAST}{_STOP}", FORMATTED
    ),
    any_case("comma", rf"(?<![\w.+%-]){_LOCAL}@{_LABEL}(?:,|\.\n)(?:com|net|org|id|co\.id)(?!\w)", FORMATTED),
    any_case("sign in brackets", rf"(?<![\w.+%-]){_LOCAL}{_AT_SIGN}(?:{_LABEL}\.){{1,8}}{_LAST}{_STOP}", FORMATTED),
    any_case("letter in brackets", rf"(?<![\w.+%-]){_LOCAL}[\[(]a[\])](?:{_LABEL}\.){{1,8}}{_LAST}{_STOP}", FORMATTED),
    any_case("said", rf"(?<![\w.+%-]){_LOCAL}[^\S\n]at[^\S\n]{_MAIL_HOSTS}(?:\.{_LABEL}){{0,1}}\.{_LAST}{_STOP}", FORMATTED),
    any_case(
        "bracketed",
        rf"(?<![\w.+%-])(?:\w{{1,32}}{_SPELLED_DOT}){{0,3}}{_LOCAL}{_AT}{_LABEL}(?:{_DOT}{_LABEL}){{0,6}}{_DOT}{_LAST}{_STOP}",
        FORMATTED,
    ),
    any_case(
        "spelled",
        rf"(?<![\w.+%-])(?:\w{{1,32}}[^\S\n](?:dot|titik)[^\S\n]){{0,3}}{_LOCAL}[^\S\n](?:at|di)[^\S\n](?:{_LABEL}[^\S\n](?:dot|titik)[^\S\n]){{1,4}}{_LAST}{_STOP}",
        FORMATTED,
    ),
)


_ENDING: Final = regex.compile(r"[\s.]+")
_NEED_SUFFIX: Final = ("spelled", "spaced dots", "letter in brackets")
_MARKS: Final = ("at]", "at)", "at}", "at>", "et]", "et)", "(a)", "[a]", " at ", " dot ", " titik ")


class EmailRecognizer(ScoredPatternRecognizer):
    """Finds every address that is written as one; a known public suffix only raises its score."""

    def __init__(self, language: str) -> None:
        super().__init__("EMAIL_ADDRESS", language, _PATTERNS, context=("email", "e-mail", "mail", "surel"))

    def worth_reading(self, text: str) -> bool:
        """Whether the text holds an at sign, or the word for it."""
        if "@" in text:
            return True
        folded = text.casefold()
        return any(mark in folded for mark in _MARKS)

    def grade(self, value: str, pattern: Pattern) -> float:
        """`VALID` with a known public suffix, else `FORMATTED`; what may mean something else needs one.

        A word before `at gmail.com` is an address where it is a name, or in no dictionary: not in `sign in at gmail.com`.
        """
        if pattern.name == "plain" and not _has_suffix(value.rpartition("@")[2]):
            return FORMATTED
        if pattern.name in _NEED_SUFFIX and not _has_suffix(f"x.{_ENDING.split(value)[-1]}"):
            return 0.0
        if pattern.name in ("said", "spelled") and value.split()[0].isalpha():
            word = value.split()[0].casefold()
            ordinary = lexicon.is_english_word(word) or lexicon.is_indonesian_word(word)
            return 0.0 if ordinary and word not in lexicon.names(self.supported_language) else FORMATTED
        return float(pattern.score)


def _has_suffix(host: str) -> bool:
    return bool(_extract()(host).suffix)


@cache
def _extract() -> Any:
    """The suffix list that tldextract ships: no fetch, no cache folder."""
    from tldextract import TLDExtract

    return TLDExtract(suffix_list_urls=(), cache_dir=None)
