"""Judgements on words: what opens a step, what a heading promises, what is no part of the text."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

_WORDS: Final = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
_NUMBERING: Final = re.compile(r"^(?:\(?\d{1,2}(?:\.\d{1,2})*[.)]|\d{1,2}(?:\.\d{1,2})+|\(?[a-z][.)])\s+(?=\S)", re.IGNORECASE)
_CONDITION: Final = 12
"""Words that may stand before the comma that ends a condition or place."""
_LOOK_AHEAD: Final = 8
_ID_SUFFIXES: Final = ("kan", "lah")
_ID_FORM: Final = 6  # letters of a word that ends in one of them
_ID_PREFIXES: Final = ("mem", "men", "meng", "meny", "me")


class _Wording(NamedTuple):
    verbs: frozenset[str]
    not_verbs: frozenset[str]
    openers: re.Pattern[str]
    fillers: frozenset[str]
    generic: frozenset[str]
    never: re.Pattern[str]
    rarely: re.Pattern[str]
    how_to: re.Pattern[str]
    asks: re.Pattern[str]
    asks_nothing: re.Pattern[str]
    not_gerunds: frozenset[str]
    variant: re.Pattern[str]
    boilerplate: re.Pattern[str]
    note: re.Pattern[str]


@cache
def word_lists() -> dict[str, Any]:
    """The lists of `wording.json`."""
    return json.loads((files("langkah.sources.pages") / "wording.json").read_text(encoding="utf-8"))


@cache
def words_of(key: str) -> frozenset[str]:
    """One list of `wording.json` as a set of words."""
    return frozenset(word for line in word_lists()[key] for word in line.split())


@cache
def _wording() -> _Wording:
    lists = word_lists()

    def pattern(key: str, end: str) -> re.Pattern[str]:
        return re.compile(f"(?:{'|'.join(lists[key])}){end}", re.IGNORECASE)

    return _Wording(
        verbs=words_of("verbs_en") | words_of("verbs_id"),
        not_verbs=words_of("not_verbs"),
        openers=pattern("openers", r"\b"),
        fillers=words_of("fillers"),
        generic=frozenset(phrase for line in lists["generic"] for phrase in line.split("|")),
        never=pattern("never", r"\b"),
        rarely=pattern("rarely", ""),
        how_to=pattern("how_to", r"\b"),
        asks=pattern("asks", ""),
        asks_nothing=pattern("asks_nothing", ""),
        not_gerunds=words_of("not_gerunds"),
        variant=pattern("variant", ""),
        boilerplate=pattern("boilerplate", ""),
        note=pattern("note", r"\b\s*[:!.\-–—]"),
    )


def plain_heading(text: str) -> str:
    """A heading without its number ("4.1 Receive goods", "a. By post") and without a colon at its end."""
    return _NUMBERING.sub("", text.strip(), count=1).strip().rstrip(":").rstrip()


def is_generic(heading: str) -> bool:
    """Whether a heading only says that steps follow ("Steps", "Langkah-langkah"), and the one above it says of what."""
    return " ".join(_WORDS.findall(heading.lower())) in _generic_forms()


@cache
def _generic_forms() -> frozenset[str]:
    return frozenset(" ".join(_WORDS.findall(phrase)) for phrase in _wording().generic)


def is_variant(heading: str) -> bool:
    """Whether a heading names a case of the one above it: a platform, a way, a place."""
    return _wording().variant.fullmatch(heading) is not None


def is_action(heading: str) -> bool:
    """Whether a heading names something to do: "How do I ...", "Cara ...", "Resetting ...", "Mengganti ...", "Pay a bill"."""
    words = _WORDS.findall(heading.lower())
    if not words:
        return False
    wording = _wording()
    first = words[0]
    if wording.how_to.match(heading) or first in wording.verbs:
        return True
    if first.endswith("ing") and len(first) > 5 and first not in wording.not_gerunds:
        return True
    return first.startswith(_ID_PREFIXES) and len(first) >= _ID_FORM


def asks(heading: str) -> bool:
    """Whether a heading asks for an answer: a question, or "How to ..." and its like; not "Still have questions?"."""
    wording = _wording()
    if is_boilerplate(heading) or wording.asks_nothing.fullmatch(heading.strip()):
        return False
    return heading.rstrip().endswith("?") or wording.asks.match(heading) is not None


def opens_step(text: str) -> bool:
    """Whether a text begins as a step does: with an imperative, after a condition or a place where there is one."""
    line = text.partition("\n")[0].replace("\v", " ")
    wording = _wording()
    line = re.sub(r"^\([^)]{1,30}\)\s*", "", line)  # "(Optional) Enter ..."
    if wording.openers.match(line):
        before, comma, rest = line.partition(",")
        if comma and len(before.split()) <= _CONDITION and _opens(rest, 2):
            return True
        return _opens(line, _LOOK_AHEAD, from_second=True)
    if ":" in line[:60] and _opens(line.partition(":")[2], 1):  # "Account: choose ..."
        return True
    return _opens(line, 2)


def _opens(text: str, most: int, *, from_second: bool = False) -> bool:
    words = _WORDS.findall(text.lower()[:400])
    while words and words[0] in _wording().fillers:
        words.pop(0)
    looked = words[1:most] if from_second else words[:1]
    return any(_is_verb(word) for word in looked)


def _is_verb(word: str) -> bool:
    verbs = _wording().verbs
    if word in verbs or len(word) < _ID_FORM or not word.endswith(_ID_SUFFIXES):
        return word in verbs
    # "kerusakan", "pendidikan": nouns whose stem ends in k; "perhatikan" is a verb all the same.
    return (
        not word.startswith("ke") and (not word.startswith("pe") or word.startswith("per")) and word not in _wording().not_verbs
    )


def promises_no_steps(headings: Sequence[str]) -> bool:
    """Whether the headings above a list, nearest first, say that it is none of steps: release notes, rankings, requirements."""
    wording = _wording()
    if any(wording.never.match(part) for heading in headings for part in (heading, heading.rpartition(": ")[2])):
        return True
    nearest = headings[0] if headings else ""
    return bool(nearest) and not is_action(nearest) and wording.rarely.fullmatch(nearest) is not None


def is_boilerplate(text: str) -> bool:
    """Whether a paragraph belongs to the page, not to the text ("Was this helpful?")."""
    return _wording().boilerplate.fullmatch(text.strip()) is not None


def is_note(text: str) -> bool:
    """Whether a paragraph calls itself a note, tip or warning."""
    return _wording().note.match(text) is not None
