"""Takes an English sentence apart into the action, topic, question or problem that it is about."""

from __future__ import annotations

import re

from langkah.paraphrase.inversion import embed
from langkah.paraphrase.lexicon import Lexicon, load_lexicon
from langkah.paraphrase.sentences import (
    Core,
    is_masked,
    join_clause,
    lower_first,
    plain_case,
    upper_first,
    without_end,
    words_of,
)
from langkah.paraphrase.verbs import after_adverbs, base_of, is_verb, opens_object, with_bases, with_owner

_SUBJECTLESS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"unable to ", re.IGNORECASE), "I'm unable to "),
    (re.compile(r"can(?:'t|’t|not| not) ", re.IGNORECASE), "I can't "),
    (re.compile(r"not (?=\w+ing\b)", re.IGNORECASE), "I'm not "),
    (re.compile(r"no (?=\w)", re.IGNORECASE), "there is no "),
    (re.compile(r"((?:[\w-]+ ){0,3}[\w-]+) not (?=\w+ing\b)", re.IGNORECASE), r"\1 is not "),
)
_MASS_ENDINGS = ("ing", "tion", "sion", "ment", "ance", "ence", "ity", "ness", "ship")
_LINKS = frozenset({"that", "who", "which", "if", "when", "what", "how", "you"})


def matches_lead(sentence: str) -> bool:
    """Whether the sentence opens as an English wish to do something does."""
    lexicon = load_lexicon("en")
    text = lexicon.without_greeting(without_end(sentence)).replace("’", "'")
    return any(lead.match(text) for lead in lexicon.leads[:-1])


def split_clause(text: str, lexicon: Lexicon) -> tuple[str, str]:
    """`If my order is late, how do I cancel it` -> (`If my order is late,`, `how do I cancel it`)."""
    for comma in re.finditer(r", ", text):
        head, rest = text[: comma.start()], text[comma.end() :].replace("’", "'")
        purpose = re.match(r"(?:in order )?to (?=[a-z])", head, re.IGNORECASE)
        asks = lexicon.has("question_words", rest.split(" ", 1)[0]) or any(lead.match(rest) for lead in lexicon.leads)
        if not asks or any(lead.match(head.replace("’", "'")) for lead in lexicon.leads[:-1]):
            continue
        if lexicon.has("question_words", head.split(" ", 1)[0]) and not re.match(r"(?:when|where) ", head, re.IGNORECASE):
            continue
        if purpose:
            return "", head
        return join_clause(head, lexicon.words["clause_openers"]), text[comma.end() :]
    return "", text


def parse_plain(text: str, asked: bool, lexicon: Lexicon) -> Core:
    """Take a sentence without greeting and clause apart; `asked`: it ended in a question mark."""
    plain = text.replace("’", "'")
    for lead in lexicon.problem_leads:
        if (found := lead.match(plain)) and text[found.end() :]:
            return Core("problem", _problem(text[found.end() :], lexicon), led=True)
    for lead in lexicon.leads:
        if (found := lead.match(plain)) and text[found.end() :]:
            return _wish(text[found.end() :], lexicon)
    first = plain.split(" ", 1)[0]
    if lexicon.has("question_words", first) and (asked or not _is_heading(plain, lexicon)):
        return Core("question", _question(text, lexicon))
    for pattern, subject in _SUBJECTLESS:
        if pattern.match(text):
            return Core("problem", _problem(_with_article(pattern.sub(subject, text, count=1), lexicon), lexicon))
    if lexicon.has("past_verbs", first):
        return Core("problem", _problem("I " + _with_object(text, lexicon), lexicon))
    return _heading(text, lexicon)


def _with_object(text: str, lexicon: Lexicon) -> str:
    """`Forgot password` -> `forgot my password`."""
    verb, _, rest = text.partition(" ")
    bare = bool(rest) and not opens_object(rest.split(" ", 1)[0], lexicon)
    return f"{verb.lower()} {'the ' if verb.lower() == 'received' else 'my '}{rest}" if bare else f"{verb.lower()} {rest}"


def _stated(text: str, lexicon: Lexicon) -> str | None:
    """`Card blocked` -> `my card is blocked`; None where the heading does not end in what went wrong."""
    words = text.split()
    state = words[-1].lower()
    known = lexicon.has("states", state) or lexicon.has("events", state)
    if not known or not 2 <= len(words) <= 5 or lexicon.has("conjunctions", words[-2]) or is_masked(words[0]):
        return None
    plural = words[-2].lower().endswith("s") and not words[-2].lower().endswith("ss")
    be = ("was", "were") if lexicon.has("events", state) else ("is", "are")
    subject = lower_first(" ".join(words[:-1]), lexicon.names)
    owner = "" if lexicon.has("determiners", words[0]) else "my "
    return f"{owner}{subject} {be[plural]} {state}"


def _is_heading(text: str, lexicon: Lexicon) -> bool:
    """`Can` or `Will` opening a heading is rare; `Do not disturb` and `Have a receipt ready` are imperatives."""
    words = text.lower().split()
    return len(words) > 1 and words[0] in {"do", "have"} and not lexicon.has("subject_pronouns", words[1])


def _wish(rest: str, lexicon: Lexicon) -> Core:
    """What follows `How do I`: an action, unless the source glued a heading to it."""
    words = words_of(rest)
    at = after_adverbs(words, lexicon)
    follower = words[at + 1] if at + 1 < len(words) else ""
    word = words[at].lower().strip(",;:")
    if gerund := base_of(word, lexicon):
        return _action(with_bases(words, rest, at, gerund, lexicon), lexicon)
    if is_verb(word, lexicon) or word == "be":
        return _action(rest, lexicon)
    if _is_problem(words, lexicon):
        return Core("problem", _problem(rest, lexicon), led=True)
    if word.isalpha() and opens_object(follower, lexicon) and not lexicon.has("determiners", word):
        return _action(rest, lexicon)
    return Core("topic", _topic(rest, lexicon), led=True)


def _heading(text: str, lexicon: Lexicon) -> Core:
    words = words_of(text)
    if _is_problem(words, lexicon):
        return Core("problem", _problem(_with_article(text, lexicon), lexicon))
    if stated := _stated(text, lexicon):
        return Core("problem", _problem(stated, lexicon))
    text = plain_case(text, lexicon.words["common_nouns"] | lexicon.words["noun_first"] | lexicon.words["verbs"])
    at = after_adverbs(words, lexicon) if len(words) > 2 else 0
    word = words[at].lower()
    follower = words[at + 1] if at + 1 < len(words) else ""
    if base := base_of(word, lexicon):
        nominal = lexicon.has("nominal_gerunds", word) and not opens_object(follower, lexicon)
        if len(words) > 1 and not nominal:
            return _action(with_owner(with_bases(words, text, at, base, lexicon), at, lexicon), lexicon, led=False)
    if is_verb(word, lexicon) and len(words) > 1:
        nominal = lexicon.has("noun_first", word) and not opens_object(follower, lexicon)
        nominal = nominal or (len(words) == 2 and lexicon.has("topic_heads", follower))
        if not nominal and not text.lower().startswith("do not "):
            return _action(with_owner(text, at, lexicon), lexicon, led=False)
    return Core("topic", _topic(text, lexicon))


def _action(text: str, lexicon: Lexicon, *, led: bool = True) -> Core:
    action = lower_first(text, lexicon.names, always=True)
    return Core("action", {"action": _first_person(action, lexicon, heading=not led)}, led=led)


def _first_person(text: str, lexicon: Lexicon, *, heading: bool) -> str:
    """A heading speaks to the asker, who says `my` for `your`; what belongs to the company stays `your`."""
    out: list[str] = []
    words = text.split()
    for index, word in enumerate(words):
        plain = word.lower().replace("’", "'").strip(",.;:()")
        ahead = words[index + 1 : index + 3]
        swap = {"yourself": "myself", "yours": "mine", "you're": "I'm", "you've": "I've", "you'll": "I'll"}.get(plain)
        if plain == "your" and not any(lexicon.has("company_words", near) for near in ahead):
            swap = "my"
        elif plain == "you" and ahead and (lexicon.has("verbs", ahead[0]) or lexicon.has("auxiliaries", ahead[0])):
            swap = "I"
            if ahead[0].lower() == "are":
                words[index + 1] = "am"
        elif plain == "our" and heading:
            swap = "your"
        out.append(word.lower().replace("’", "'").replace(plain, swap) if swap else word)
    return " ".join(out)


def _topic(text: str, lexicon: Lexicon) -> dict[str, str]:
    text = _first_person(lower_first(text, lexicon.names), lexicon, heading=True)
    words = words_of(text)
    end = next((at for at, word in enumerate(words) if at and lexicon.has("prepositions", word)), len(words))
    head = words[end - 1].strip(",;:)(")
    low = head.lower()
    plural = low.endswith("s") and not low.endswith(("ss", "us", "is", "'s"))
    determined = lexicon.has("determiners", words[0]) or is_masked(words[0]) or words[0].lower().endswith("'s")
    mass = lexicon.has("mass_nouns", head) or low.endswith(_MASS_ENDINGS)
    named = not head.islower() or head[-1:].isdigit() or is_masked(head)
    topic = text if determined or plural or mass or named else "the " + text
    return {"topic": topic, "does": "do" if plural else "does"}


def _problem(text: str, lexicon: Lexicon) -> dict[str, str]:
    text = _first_person(lower_first(text, lexicon.names), lexicon, heading=True)
    return {"problem": text, "Problem": upper_first(text)}


def _with_article(text: str, lexicon: Lexicon) -> str:
    """`Printer won't print` -> `the printer won't print`: headings leave articles out."""
    words = words_of(text)
    low = [word.lower() for word in words]
    verb = next((at for at, word in enumerate(low) if at and _tells(word, lexicon)), 0)
    head = low[verb - 1] if verb else ""
    determined = lexicon.has("determiners", low[0]) or lexicon.has("subject_pronouns", low[0]) or is_masked(low[0])
    bare = verb and not determined and head.isalpha() and not head.endswith(("s", "thing", "one", "body", "people"))
    if not bare or lexicon.has("mass_nouns", head) or low[0] in {"other", "i'm"}:
        return text
    opened = lower_first(text, lexicon.names)
    return text if opened == text and text[:1].isupper() else "the " + opened


def _tells(word: str, lexicon: Lexicon) -> bool:
    return lexicon.has("finite_words", word) or lexicon.has("fault_verbs", word)


def _is_problem(words: list[str], lexicon: Lexicon) -> bool:
    """Whether the words are a clause that tells what happens, not a name of something or a command."""
    low = [word.lower().strip(",;:") for word in words]
    if low[0] in {"i", "we", "it", "i'm", "i've", "there", "my"} and len(low) > 2:
        return low[0] != "my" or any(word in lexicon.words["finite_words"] for word in low[1:])
    if is_verb(low[0], lexicon) and not lexicon.has("noun_first", low[0]):
        return False
    for at, word in enumerate(low[1:6], start=1):
        if low[at - 1] in _LINKS or lexicon.has("prepositions", low[at - 1]):
            return False
        if word in lexicon.words["finite_words"] and word not in {"can", "will", "keep"}:
            return True
        if at + 1 < len(low) and lexicon.has("fault_verbs", word):
            return True
        third = word[:-1] if word.endswith("s") else ""
        bases = {third, third[:-1]}
        if third and at + 1 < len(low) and bases & lexicon.words["verbs"] and lexicon.has("clause_words", low[at + 1]):
            return True
    return False


def _question(text: str, lexicon: Lexicon) -> dict[str, str]:
    question = lower_first(text, lexicon.names, always=True)
    embedded = embed(question, lexicon)
    return {"question": question, **({"embedded": embedded} if embedded else {})}
