"""Takes an Indonesian sentence apart into the action, topic, question or problem that it is about."""

from __future__ import annotations

import re

from langkah.paraphrase.lexicon import Lexicon, load_lexicon
from langkah.paraphrase.sentences import (
    Core,
    join_clause,
    lower_first,
    plain_case,
    upper_first,
    without_end,
    words_of,
)

_PREFIXED = re.compile(r"(?:me(?:m|n|ng|ny|l|r|w|y)?|ber|be|di)(?=[a-z]{3})")
_AGAR = re.compile(r"(?:agar|supaya|biar) (?!bisa )", re.IGNORECASE)
_AGAR_BISA = re.compile(r"(?:agar|supaya|biar) bisa ", re.IGNORECASE)


def matches_lead(sentence: str) -> bool:
    """Whether the sentence opens as an Indonesian wish to do something does."""
    lexicon = load_lexicon("id")
    text = lexicon.without_greeting(without_end(sentence))
    return any(lead.match(text) for lead in lexicon.leads)


def own_pronoun(text: str) -> str:
    """The pronoun that the asker uses: `saya` unless the text says `aku`, `gue` or `gw`."""
    found = re.search(r"\b(aku|gue|gw)\b|\w(ku)\b(?<!buku)(?<!baku)(?<!saku)(?<!kuku)(?<!laku)", text, re.IGNORECASE)
    return "saya" if not found else (found[1] or "aku").lower()


def formal_verb(verb: str) -> str:
    """Put a bare verb in meN-: `atur` -> `mengatur`, `kirim` -> `mengirim`; others pass unchanged."""
    lexicon = load_lexicon("id")
    bare = verb.lower()
    if bare in lexicon.irregular:
        return lexicon.irregular[bare]
    if bare not in lexicon.words["verbs"]:
        return verb
    first, cluster = bare[0], bare[1:2] not in set("aeiou")
    if first in "aeiough":
        return "meng" + bare
    if first in "bfv" or (first == "p" and cluster):
        return "mem" + bare
    if first in "cdjz" or (first in "ts" and cluster):
        return "men" + bare
    if first == "k" and cluster:
        return "meng" + bare
    dropped = {"p": "mem", "t": "men", "k": "meng", "s": "meny"}
    return dropped[first] + bare[1:] if first in dropped else "me" + bare


def split_clause(text: str, lexicon: Lexicon) -> tuple[str, str]:
    """`Kalau pesanan telat, bagaimana cara membatalkannya` -> the clause with its comma, and the asking."""
    for comma in re.finditer(r", ", text):
        head, rest = text[: comma.start()], text[comma.end() :]
        asks = lexicon.has("question_words", rest.split(" ", 1)[0]) or any(lead.match(rest) for lead in lexicon.leads)
        led = any(lead.match(head) for lead in lexicon.leads)
        if not asks or led or lexicon.has("question_words", head.split(" ", 1)[0]):
            continue
        if purpose := re.match(r"(?:untuk|kalau mau|jika ingin|kalau ingin|jika mau) (?=\w)", head, re.IGNORECASE):
            return "", head[purpose.end() :]
        return join_clause(head, lexicon.words["clause_openers"]), rest
    return "", text


def parse_plain(text: str, asked: bool, lexicon: Lexicon) -> Core:
    """Take a sentence without greeting and clause apart; `asked`: it ended in a question mark."""
    for lead in lexicon.problem_leads:
        if (found := lead.match(text)) and text[found.end() :]:
            return Core("problem", _problem(text[found.end() :], lexicon), led=True)
    for lead in lexicon.leads:
        if (found := lead.match(text)) and text[found.end() :]:
            return _wish(text[found.end() :], lexicon)
    low = text.lower()
    if lexicon.has("question_words", text.split(" ", 1)[0]) or low.startswith(lexicon.question_starts):
        return Core("question", {"question": lower_first(text, lexicon.names, always=True)})
    words = words_of(text)
    if _verb_at(words, lexicon) is not None and len(words) > 1 and not asked:
        return _action(plain_case(text, _common(lexicon)), lexicon, led=False)
    if _is_problem(words, lexicon):
        return Core("problem", _problem(text, lexicon))
    if _verb_at(words, lexicon) is not None and len(words) > 1:
        return _action(plain_case(text, _common(lexicon)), lexicon, led=False)
    return Core("topic", _topic(plain_case(text, _common(lexicon)), lexicon))


def _common(lexicon: Lexicon) -> frozenset[str]:
    kinds = ("common_nouns", "verbs", "plain_verbs", "second_person")
    return frozenset[str]().union(*(lexicon.words[kind] for kind in kinds))


def _wish(rest: str, lexicon: Lexicon) -> Core:
    """What follows `Bagaimana cara`: an action, unless the source glued a heading to it."""
    rest = _AGAR_BISA.sub("", rest, count=1) if _AGAR_BISA.match(rest) else rest
    if _AGAR.match(rest):
        # `cara agar akun aman` wishes for a state: one makes sure of it.
        return _action(_AGAR.sub("memastikan ", rest, count=1), lexicon, led=True)
    words = words_of(rest)
    if _verb_at(words, lexicon, led=True) is not None:
        if len(words) == 1:
            # `Saya butuh bantuan untuk mencari` leaves open what for; the question does so no more than the asker did.
            return Core("question", {"question": f"bagaimana cara {formal_verb(rest.lower())}"}, led=True)
        return _action(rest, lexicon, led=True)
    if _is_problem(words, lexicon):
        return Core("problem", _problem(rest, lexicon), led=True)
    return Core("topic", _topic(rest, lexicon), led=True)


def _verb_at(words: list[str], lexicon: Lexicon, *, led: bool = False) -> int | None:
    """Where the verb of an action is: first, or after adverbs (`secara otomatis mengosongkan`)."""
    at = 0
    while at < len(words) - 1 and lexicon.has("adverbs", words[at]):
        at += 2 if lexicon.has("adverb_pairs", words[at]) and at + 2 < len(words) else 1
    word = words[at].lower().strip(",;:()")
    known = word in lexicon.words["verbs"] or word in lexicon.words["plain_verbs"] or word in lexicon.irregular
    if word in lexicon.words["not_verbs"]:
        return None
    if known or (led and _borrowed(word)):
        return at
    affixed = bool(_PREFIXED.match(word)) and not word.startswith("di")
    causative = word.endswith("kan") and len(word) > 6 and not word.startswith(("pe", "ke"))
    return at if affixed or causative else None


def _borrowed(word: str) -> bool:
    """`cara update aplikasi`: everyday Indonesian takes English verbs as they are."""
    return word in load_lexicon("en").words["verbs"] and word not in {"tag", "film", "ban", "program", "data"}


def _action(text: str, lexicon: Lexicon, *, led: bool) -> Core:
    action = _first_person(lower_first(text, lexicon.names, always=True), lexicon, heading=not led)
    words = action.split()
    at = _verb_at(words_of(action), lexicon, led=True)
    if at is not None:
        # `periksalah` commands; who asks says `periksa`.
        if words[at].endswith("lah") and words[at][:-3] in lexicon.words["verbs"]:
            words[at] = words[at][:-3]
            action = " ".join(words)
        bare, words[at] = words[at], formal_verb(words[at])
        if bare.endswith("kan"):
            action = action.replace(bare, words[at], 1)
        if at + 2 < len(words) and lexicon.has("conjunctions", words[at + 1]):
            words[at + 2] = formal_verb(words[at + 2])
    return Core("action", {"action": action, "formal": " ".join(words)}, led=led)


def _first_person(text: str, lexicon: Lexicon, *, heading: bool) -> str:
    """`kata sandi Anda` -> `kata sandi saya`; the company's own (`layanan pelanggan Anda`) stays."""
    out: list[str] = []
    words = text.split()
    for index, word in enumerate(words):
        plain = word.strip(",.;:()").lower()
        before = words[max(0, index - 2) : index]
        if plain in lexicon.words["second_person"] and not any(lexicon.has("company_words", near) for near in before):
            word = re.sub(r"\w+", "saya", word, count=1)
        elif plain == "kami" and heading:
            word = re.sub(r"\w+", "Anda", word, count=1)
        out.append(word)
    return " ".join(out)


def _topic(text: str, lexicon: Lexicon) -> dict[str, str]:
    return {"topic": _first_person(lower_first(text, lexicon.names), lexicon, heading=True)}


def _problem(text: str, lexicon: Lexicon) -> dict[str, str]:
    problem = _first_person(lower_first(text, lexicon.names), lexicon, heading=True)
    return {"problem": problem, "Problem": upper_first(problem)}


def _is_problem(words: list[str], lexicon: Lexicon) -> bool:
    """Whether the words are a clause that tells what happens."""
    low = [word.lower().strip(",;:") for word in words]
    if low[0] in {"saya", "aku", "gue", "gw", "kami"} and len(low) > 2:
        return True
    if low[0] in lexicon.words["handling_nouns"]:
        return False
    for at, word in enumerate(low[:7]):
        if at and low[at - 1] in {"yang", "agar", "supaya", "jika", "kalau", "ketika", "saat"}:
            return False
        if word in lexicon.words["finite_words"] and len(low) > 1:
            return True
    return False
