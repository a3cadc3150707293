"""Undoes the inversion of English questions, so that they can stand inside another sentence."""

from __future__ import annotations

import re

from langkah.paraphrase.lexicon import Lexicon
from langkah.paraphrase.sentences import words_of


def embed(question: str, lexicon: Lexicon) -> str | None:
    """Undo the inversion of a question: `why can't I log in` -> `why I can't log in`.

    Returns:
        None where the end of the subject cannot be told; the question is then asked as it stands.
    """
    words = question.split()
    plain = words_of(question.lower())
    aux_at = next((at for at, word in enumerate(plain[:5]) if lexicon.has("auxiliaries", word)), None)
    if match := re.match(r"(what|where|who|when|why|how)'s\b", plain[0]):
        words, plain, aux_at = [match[1], "is", *words[1:]], [match[1], "is", *plain[1:]], 1
    if any(lexicon.has("subject_pronouns", word) or word in {"if", "when"} for word in plain[1 : aux_at or 0]):
        # The auxiliary is not the question's own: `what happens if it is late`.
        return question if plain[0] in {"what", "who"} else None
    if aux_at is None or aux_at + 1 >= len(words):
        asks = plain[0] in {"what", "who", "which"} and aux_at is None
        return question if asks and len(words) > 1 else None
    opening, aux, rest = words[:aux_at], plain[aux_at], words[aux_at + 1 :]
    if not opening:
        opening = ["whether"]
    low = plain[aux_at + 1 :]
    size = _subject_size(low, aux, opening, lexicon)
    if size is None:
        unmoved = len(opening) > 1 or opening[0].lower() in {"what", "who", "which"}
        after = low[0]
        participle = after == "be" or after.endswith(("ed", "en"))
        return question if unmoved and participle and opening != ["whether"] else None
    subject, predicate = rest[:size], rest[size:]
    if aux == "did" or (aux in {"does", "don't", "doesn't", "didn't"} and not predicate):
        return None
    if aux == "do":
        moved = predicate
    elif aux == "does":
        moved = [_third_person(predicate[0]), *predicate[1:]]
    else:
        moved = [words[aux_at], *predicate]
    return " ".join([*opening, *subject, *moved]) if moved else None


def _subject_size(low: list[str], aux: str, opening: list[str], lexicon: Lexicon) -> int | None:
    """How many words after the auxiliary are the subject."""
    if lexicon.has("subject_pronouns", low[0]) and (low[0] not in {"this", "that", "these", "those"} or len(low) == 1):
        return 1
    determined = lexicon.has("determiners", low[0])
    if aux in {"do", "does", "don't", "doesn't"}:
        start = 2 if determined else 1
        verbs = (at for at in range(start, len(low)) if lexicon.has("verbs", low[at]))
        return next(verbs, None)
    if aux in {"is", "are", "was", "were"}:
        marks = ("not", "so", "still", "too", "always", "already", "being", "delayed", "late", "due", "missing", "slow")
        start = 2 if determined else 1
        for at in range(start, min(len(low), 6)):
            participle = determined and len(low[at]) > 4 and low[at].endswith(("ed", "ing"))
            if low[at] in marks or (participle and opening != ["what"]):
                return at
        copula = opening[0].lower() in {"what", "where", "who"} and len(opening) == 1
        if copula and (determined or not low[0].endswith(("ed", "ing"))) and len(low) <= 8:
            return len(low)
    return None


def _third_person(verb: str) -> str:
    if verb in {"have", "do", "go"}:
        return {"have": "has", "do": "does", "go": "goes"}[verb]
    if verb.endswith(("s", "x", "z", "ch", "sh")):
        return verb + "es"
    return verb[:-1] + "ies" if verb.endswith("y") and verb[-2:-1] not in set("aeiou") else verb + "s"
