"""Whether a sentence tells its reader to do something: does it open with an action verb in the imperative?

English and Indonesian, by word lists (`words.json`) and the endings of Indonesian imperatives (`aktifkan`, `bukalah`). What may
stand before the verb is politeness ("Please", "Silakan"), a duty ("you need to", "Anda harus") and a setting that ends with a
comma ("In the sidebar,", "Untuk mengganti sandi,").
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final, NamedTuple

from langkah.procedure.word_lists import word_lists, words_of

_WORD: Final = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
_OPENING: Final = re.compile(r"[\s\"'“”‘’(*_`\[]*")
_PASSIVE_OR_NOUN: Final = re.compile(r"(?:di|ter|pe[mnr]|ke)\w+|me[mn]\w+", re.IGNORECASE)
_ME_VERB: Final = re.compile(r"me(?:m|n|ng|ny|l|r|w|y)[a-z]{3,}|ber[a-z]{3,}", re.IGNORECASE)
_ID_ENDING: Final = re.compile(r"[a-z]{3,}(?:kan|lah)", re.IGNORECASE)
_OBJECT: Final = re.compile(r"\s+(?:the|your|it|them)\b", re.IGNORECASE)
_NO_BASE_FORM: Final = re.compile(r"(?:s|ed|ing|ly)$|\W|\d")
_BREAK: Final = re.compile(r"[,.;:!?\n]")
_REACH: Final = 5
"""Words after a doubtful verb among which a finite verb shows that it was a noun ("Return shipping is free")."""
_MAX_SETTINGS: Final = 3


class _Words(NamedTuple):
    english: frozenset[str]
    not_english: frozenset[str]
    indonesian: frozenset[str]
    not_indonesian: frozenset[str]
    softener: re.Pattern[str]
    duty: re.Pattern[str]
    setting: re.Pattern[str]
    condition: re.Pattern[str]
    finite: frozenset[str]
    clause_openers: frozenset[str]
    objects: frozenset[str]


@cache
def _words() -> _Words:
    data = word_lists("words")
    listed = {name: words_of(entry) for name, entry in data.items()}
    others = ("no_verbs_en", "settings", "conditions", "finite", "clause_openers", "objects_start")
    return _Words(
        english=frozenset(listed["verbs_en"]),
        not_english=frozenset(word for name in others for word in listed[name]),
        indonesian=frozenset(listed["verbs_id"]),
        not_indonesian=frozenset(listed["not_verbs_id"]),
        softener=re.compile(rf"(?:{'|'.join(listed['softeners'])})\b[,:]?\s+", re.IGNORECASE),
        duty=re.compile(rf"(?:{'|'.join(data['duties'])})\s+", re.IGNORECASE),
        setting=re.compile(rf"(?:{'|'.join(listed['settings'])})\b[^,.;:!?\n]*,\s+", re.IGNORECASE),
        condition=re.compile(rf"(?:{'|'.join(listed['conditions'])})\b(?:[^,.;:!?\n]*,\s+)?", re.IGNORECASE),
        finite=frozenset(listed["finite"]),
        clause_openers=frozenset(listed["clause_openers"]),
        objects=frozenset(listed["objects_start"]),
    )


def opens_condition(text: str) -> bool:
    """Whether a sentence opens with "if", "jika" or their like."""
    return _words().condition.match(text, _start(text)) is not None


def opens_action(text: str, *, conditions: bool = False, language: str | None = None) -> bool:
    """Whether a sentence tells its reader to do something.

    Args:
        text: the sentence, or the part of one.
        conditions: whether a condition may come before the verb ("If the light is red, press Reset").
        language: `en` reads by English verbs alone; any other by those of both languages, which Indonesian how-to text uses.
    """
    words = _words()
    at = _start(text)
    for _ in range(_MAX_SETTINGS):
        match = words.setting.match(text, at) or (words.condition.match(text, at) if conditions else None)
        if match is None or _is_verb(text, at, language):
            break
        at = match.end()
    return _is_instruction(text, at, language)


def names_action(text: str, language: str | None = None) -> bool:
    """Whether a text has a verb of an action anywhere, in the imperative or as the infinitive after "to", "can I", "meN-"."""
    words = _words()
    found = [match[0].lower() for match in _WORD.finditer(text)]
    if any(word in words.english for word in found):
        return True
    return language != "en" and any(word in words.indonesian or _ME_VERB.fullmatch(word) for word in found)


def _start(text: str) -> int:
    match = _OPENING.match(text)
    return match.end() if match else 0


def _is_instruction(text: str, at: int, language: str | None) -> bool:
    words = _words()
    while softener := words.softener.match(text, at):
        if _is_verb(text, at, language) and not _is_verb(text, softener.end(), language):
            break
        at = softener.end()
    duty = words.duty.match(text, at)
    if duty is None:
        return _is_verb(text, at, language)
    at = duty.end()
    if softener := words.softener.match(text, at):
        at = softener.end()
    return _is_verb(text, at, language) or (language != "en" and _ME_VERB.match(text, at) is not None)


def _is_verb(text: str, at: int, language: str | None) -> bool:
    """Whether the word at a place is a verb in the imperative."""
    match = _WORD.match(text, at)
    if match is None:
        return False
    words = _words()
    word = match[0].lower()
    known = word in words.english or ("-" in word and word.rpartition("-")[2] in words.english)  # "factory-reset"
    if (known and not _is_noun(text, match.end())) or (not known and _takes_object(word, text, match.end())):
        return True
    if language == "en" or word in words.not_indonesian:
        return False
    if word in words.indonesian or (_ID_ENDING.fullmatch(word) is not None and _PASSIVE_OR_NOUN.fullmatch(word) is None):
        return not _is_noun(text, match.end())
    return False


def _takes_object(word: str, text: str, end: int) -> bool:
    """Whether an unknown word is an English verb by what follows it ("crimp the", "unclip your")."""
    return _OBJECT.match(text, end) is not None and _NO_BASE_FORM.search(word) is None and word not in _words().not_english


def _is_noun(text: str, end: int) -> bool:
    """Whether a verb form is a noun here: a finite verb follows before anything that shows an object or opens a clause."""
    words = _words()
    last = end
    for count, match in enumerate(_WORD.finditer(text, end)):
        word = match[0].lower()
        if count == _REACH or (count == 0 and word in words.objects) or _BREAK.search(text, last, match.start()):
            return False
        if word in words.finite:
            return True
        if word in words.clause_openers:
            return False
        last = match.end()
    return False
