"""English verbs: which word is one, and which a gerund stands for."""

from __future__ import annotations

import re

from langkah.paraphrase.lexicon import Lexicon
from langkah.paraphrase.sentences import is_masked

_VERB_SUFFIX = re.compile(r"\w{2,}(?:i[sz]e|ify|ivate|icate|inate)$")
_VERB_PREFIX = re.compile(r"(?:de|dis|re|un|mis|over|pre|auto|co)-?")
_PRONOUNS = frozenset({"it", "them", "me", "us"})


def after_adverbs(words: list[str], lexicon: Lexicon) -> int:
    """Where the verb of `permanently delete a file` is."""
    at = 0
    while at < len(words) - 1:
        word = words[at].lower()
        if lexicon.has("verbs_in_ly", word) or not (word.endswith("ly") or word in {"also", "first", "just"}):
            break
        at += 1
    return at


def is_verb(word: str, lexicon: Lexicon) -> bool:
    """Whether a lower-case word can be the base form of a verb: known, or built as one (`anonymize`, `re-enable`)."""
    if lexicon.has("verbs", word) or _VERB_SUFFIX.match(word):
        return True
    prefix = _VERB_PREFIX.match(word)
    return bool(prefix and len(word) - prefix.end() > 2 and lexicon.has("verbs", word[prefix.end() :]))


def opens_object(word: str, lexicon: Lexicon) -> bool:
    """Whether a word after a doubtful verb shows that it is one: `order a`, `ship to`, `log in`."""
    kinds = ("determiners", "prepositions", "particles")
    known = word.lower() in _PRONOUNS or any(lexicon.has(kind, word) for kind in kinds)
    return bool(word) and (known or is_masked(word))


def base_of(word: str, lexicon: Lexicon) -> str:
    """`inserting` -> `insert`, `hiding` -> `hide`, `setting` -> `set`; empty when the word is no gerund of a known verb."""
    itself = lexicon.has("verbs", word) and not lexicon.has("nominal_gerunds", word)
    if not word.endswith("ing") or itself or lexicon.has("no_gerunds", word):
        return ""
    stem = word[:-3]
    tries = [stem, stem + "e"]
    if len(stem) > 2 and stem[-1] == stem[-2]:
        tries.insert(0, stem[:-1])
    if word.endswith("ying"):
        tries.append(stem[:-1] + "ie")
    # `hoping` is of `hope`, though `hop` is a verb too: one consonant before -ing means a silent e where both exist.
    if stem + "e" in lexicon.words["verbs"] and len(stem) > 2 and stem[-1] not in "aeiouwy":
        return stem + "e"
    return next((base for base in tries if base in lexicon.words["verbs"]), "")


def with_bases(words: list[str], text: str, at: int, base: str, lexicon: Lexicon) -> str:
    """Put the base in place of the gerund at `at`, and of gerunds joined to it by `and` or `or`."""
    out = text.split()
    out[at] = base
    if at + 2 < len(words) and lexicon.has("conjunctions", words[at + 1]) and (more := base_of(words[at + 2], lexicon)):
        out[at + 2] = more
    return " ".join(out)


def with_owner(text: str, at: int, lexicon: Lexicon) -> str:
    """Give the object of a heading its article: `cancel order` -> `cancel my order`, `update app` -> `update the app`."""
    words = text.split()
    rest = words[at + 1 :]
    size = next((end for end, word in enumerate(rest) if end and lexicon.has("prepositions", word)), len(rest))
    if not rest or opens_object(rest[0], lexicon) or any(lexicon.has("conjunctions", word) for word in rest[:size]):
        return text
    head = rest[size - 1]
    if head.endswith("s") or not rest[0].islower() or not lexicon.has("common_nouns", head):
        return text
    owner = "my" if any(lexicon.has("own_nouns", word) for word in rest[:size]) else "the"
    return " ".join([*words[: at + 1], owner, *rest])
