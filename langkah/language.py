"""Which language a text is in: English, Indonesian, both, or neither.

A vote of words, with the word lists in `language.json`. The choice is between two languages that share no function
words, in texts of a few words to a few hundred, and a vote of function and how-to words decides it without a model or a
download, the same on every machine, at tens of thousands of texts a second. A statistical identifier knows a hundred
languages and errs on exactly what FAQs are made of: a title of three words, a step full of English menu names.

Menu names are why case counts: in a sentence with words of both languages, a capitalized word that does not open it is
taken for a name on the screen ("Klik tombol Add New User") and does not vote.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

OTHER: Final = "other"
"""The code of what is in neither language."""
_WORD: Final = re.compile(r"[^\W\d_]+")
_BREAK: Final = re.compile(
    r"(?P<marker>^[ \t]*(?:\(\d{1,2}\)|\d{1,2}[.)])[ \t]+)"  # "1. Open": the full stop of a step number ends nothing
    r"|(?P<stop>(?<![.!?…])[.!?…]++[\"'”’)\]]*+[ \t]++(?=[^a-z\s]))"  # possessive: linear on a wall of dots
    r"|\n\s*",
    re.MULTILINE,
)
_REGION: Final = re.compile(r"(en|eng|id|in|ind)[-_][a-z]{2}(?:[.@].*)?")
# Endings and beginnings that no common English word has; they catch the verbs and nouns that no list holds.
_ID_ENDINGS: Final = ("kan", "nya", "lah", "kah")
_ID_STARTS: Final = ("meng", "meny", "peng", "peny")
_ID_FORM_LENGTH: Final = 6
_WINDOW: Final = 30  # characters before a full stop that may hold an abbreviation and its space
_MIN_SHARE: Final = 0.2
"""Share of a text's words that must be known: other languages have 0 to 0.15 by chance, how-to text 0.4 to 0.9."""
_SHORT: Final = 4
"""A text of so many words or fewer is judged by any known word."""
_LONG: Final = 10
"""A text of so many words or more, of which hardly one is known, is in another language; a shorter one may be all names."""
_HARDLY: Final = 0.1
_WEIGHT: Final = 2
"""What a function word of another language counts, where one with a letter that ours lack ("Café") counts 1."""
_EVIDENCE: Final = 4
"""A text is theirs where they count more, and more than its words of ours."""
_EN: Final = 1
_ID: Final = 1 << 32
"""Both counts travel in one integer, English in the lower bits, so that a word costs one addition."""


class _Lists(NamedTuple):
    votes: dict[str, int]
    neither: frozenset[str]
    abbreviations: frozenset[str]
    aliases: dict[str, str]


@cache
def _lists() -> _Lists:
    data = json.loads((files("langkah") / "language.json").read_text(encoding="utf-8"))
    votes = {word: _EN for line in data["en"] for word in line.split()}
    votes |= {word: _ID for line in data["id"] for word in line.split()}
    neither = frozenset(word for line in data["neither"] for word in line.split()) - votes.keys()
    abbreviations = frozenset(word for line in data["abbreviations"] for word in line.split())
    aliases = {alias: code for code, names in data["aliases"].items() for alias in names.split()}
    return _Lists(votes, neither, abbreviations, aliases)


class _Counts(NamedTuple):
    en: int
    id: int
    words: int


def detect(text: str) -> str:
    """The language of a text: `en`, `id`, `mixed` (sentences of both), or `other` (neither, or nothing to go by)."""
    counts = _count(_WORD.findall(text.lower()))
    if not _enough(counts) or _foreign_script(text):
        return "other"
    if not counts.id:
        return "en"
    if not counts.en:
        return "id"
    found = {_sentence_language(text[start:end]) for start, end in _sentences(text)}
    if "mixed" in found or {"en", "id"} <= found:
        return "mixed"
    if "en" in found:
        return "en"
    return "id" if "id" in found else "mixed"


def label(text: str) -> str:
    """The language that the pipeline treats a text as: `en`, `id` or `mixed`.

    As `detect`; what that calls `other` is Indonesian where it has Indonesian words and no more English ones, and
    English otherwise: with NER on, English processing misses less in a text of names and digits.
    """
    found = detect(text)
    if found != "other":
        return found
    counts = _count(_WORD.findall(text.lower()))
    return "id" if counts.id and counts.id >= counts.en else "en"


def in_neither(text: str) -> bool:
    """Whether a text is certainly in another language than the two: by its script, its function words, or its length.

    What only may be (a title, names, a few words without a known one) is not: `label` treats it as one of the two.
    """
    if _foreign_script(text):
        return True
    words = _WORD.findall(text.lower())
    counts = _count(words)
    known = counts.en + counts.id
    evidence = sum(_WEIGHT if word in _lists().neither else not word.isascii() for word in words)
    if evidence > max(_EVIDENCE, _WEIGHT * known):
        return True
    return counts.words >= _LONG and known < _HARDLY * counts.words


def sentence_languages(text: str) -> list[tuple[int, int, str]]:
    """Cut a text into sentences and lines, each with its language, as (start, end, language).

    The spans follow one another and cover the text (space belongs to the sentence before it). A language is as in
    `detect`; `mixed` is a sentence with words of both, `other` one that names things only.
    """
    return [(start, end, _sentence_language(text[start:end])) for start, end in _sentences(text)]


def parse_language(value: str) -> str | None:
    """The language that a label names (`EN`, `en-US`, `ind`, `Indonesia`): `en`, `id` or `mixed`; None if unknown."""
    name = value.strip().lower()
    aliases = _lists().aliases
    if name in aliases:
        return aliases[name]
    region = _REGION.fullmatch(name)
    return aliases[region[1]] if region else None


def _count(words: list[str]) -> _Counts:
    """Count the votes of lower-case words."""
    votes = _lists().votes
    total = 0
    for word in words:
        vote = votes.get(word)
        if vote is not None:
            total += vote
        elif len(word) >= _ID_FORM_LENGTH and (word.endswith(_ID_ENDINGS) or word.startswith(_ID_STARTS)):
            total += _ID
    return _Counts(total % _ID, total // _ID, len(words))


def _enough(counts: _Counts) -> bool:
    known = counts.en + counts.id
    return known > 0 and (counts.words <= _SHORT or known >= _MIN_SHARE * counts.words)


def _foreign_script(text: str) -> bool:
    """Whether most letters are outside ASCII; both languages are written almost wholly in it."""
    if text.isascii():
        return False
    words = _WORD.findall(text)
    return 2 * sum(len(word) for word in words if not word.isascii()) > sum(map(len, words))


def _sentence_language(sentence: str) -> str:
    words = _WORD.findall(sentence)
    counts = _count([word.lower() for word in words])
    if not _enough(counts) or _foreign_script(sentence):
        return "other"
    if counts.en and counts.id:
        voters = [word.lower() for place, word in enumerate(words) if place == 0 or word.islower()]
        plain = _count(voters)
        if plain.en or plain.id:
            counts = plain
    if counts.en > 2 * counts.id:
        return "en"
    if counts.id > 2 * counts.en:
        return "id"
    return "mixed"


def _sentences(text: str) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    start = 0
    for found in _BREAK.finditer(text):
        if found["marker"] is not None or (found["stop"] is not None and _abbreviated(text, start, found.end())):
            continue
        spans.append((start, found.end()))
        start = found.end()
    if start < len(text):
        spans.append((start, len(text)))
    return spans


def _abbreviated(text: str, start: int, end: int) -> bool:
    """Whether the full stop at the end is an abbreviation's ("Bpk. Budi"), which ends no sentence."""
    words = text[max(start, end - _WINDOW) : end].split()
    word = words[-1] if words else ""
    return word.endswith(".") and word.lstrip("([\"'“‘").rstrip(".").lower() in _lists().abbreviations
