"""Takes a prompt apart: the sentence that asks, what stands around it, and what templates may name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from langkah.paraphrase import english, indonesian
from langkah.paraphrase.lexicon import Tongue, load_lexicon
from langkah.paraphrase.sentences import Core, Kind, mask, split_sentences, unmask, upper_first, without_end

_GRAMMARS: Final = {"en": english, "id": indonesian}


@dataclass(frozen=True)
class Parts:
    """A prompt taken apart; `render` puts it together again around a template."""

    language: Tongue
    kind: Kind
    fields: dict[str, str]
    before: str
    """Whole sentences before the one that asks, kept as they are."""
    clause: str
    """`If my order is late,`, kept as it is."""
    after: str
    """Whole sentences after the one that asks, kept as they are."""
    asking: str
    """The sentence that asks, as it was, with what refers back to it."""

    @property
    def opens(self) -> bool:
        """Whether a variant of it begins the message."""
        return not (self.before or self.clause)


def take_apart(prompt: str, language: Tongue) -> Parts:
    """Find the sentence of a prompt that asks, and what it is about."""
    masked, pieces = mask(prompt)
    sentences = [text for text in split_sentences(masked) if any(letter.isalnum() for letter in text)] or [masked]
    dropped: list[str] = []
    if len(sentences) > 1 and _refers_back(sentences, language):
        dropped = [sentences.pop()]
    cores = [_parse(text, language, text.rstrip(' "”’)').endswith("?")) for text in sentences]
    best = max(range(len(cores)), key=lambda at: (_weight(cores[at], sentences[at]), at))
    core = cores[best]
    fields = {name: unmask(text, pieces) for name, text in core.fields.items()}
    if language == "id":
        fields["saya"] = indonesian.own_pronoun(masked)
        fields["Saya"] = upper_first(fields["saya"])
    return Parts(
        language=language,
        kind=core.kind,
        fields=fields,
        before=unmask(" ".join(sentences[:best]), pieces),
        clause=unmask(core.clause, pieces),
        after=unmask(" ".join(sentences[best + 1 :]), pieces),
        asking=unmask(" ".join([sentences[best], *dropped]), pieces),
    )


def render(parts: Parts, template: str) -> tuple[str, str] | None:
    """Phrase a prompt by a template.

    Returns:
        The whole variant, and the part of it that is not kept as it was; None where the template names a field that the
        prompt does not give.
    """
    try:
        asking = template.format(**parts.fields)
    except KeyError:
        return None
    if parts.clause.endswith("."):
        asking = f"{parts.clause} {upper_first(asking)}"
    elif parts.clause:
        keeps = asking.split(" ", 1)[0].rstrip(",") in {"I", "I'm", "I'd", "I've"}
        opened = asking if keeps or asking[1:2].isupper() else asking[:1].lower() + asking[1:]
        asking = f"{parts.clause} {opened}"
    asking = upper_first(asking)
    before = parts.before if not parts.before or parts.before[-1] in '.!?"”' else parts.before + "."
    return " ".join(piece for piece in (before, asking, parts.after) if piece), asking


def _parse(sentence: str, language: Tongue, asked: bool) -> Core:
    """Take a masked sentence without line breaks apart; `asked`: it ends in a question mark."""
    lexicon, grammar = load_lexicon(language), _GRAMMARS[language]
    text = lexicon.without_greeting(without_end(sentence))
    if not text:
        return Core("topic")
    clause, text = grammar.split_clause(text, lexicon)
    found = grammar.parse_plain(text, asked, lexicon)
    return Core(found.kind, found.fields, clause, found.led)


def _refers_back(sentences: list[str], language: Tongue) -> bool:
    """Whether the last sentence is a `How do I do that?`: a frame asks that, of the sentence before it."""
    before, last = sentences[-2:]
    lexicon = load_lexicon(language)
    core = _parse(before, language, before.endswith("?"))
    refers = lexicon.refers_back.fullmatch(without_end(last).replace("’", "'"))
    return bool(refers) and (core.kind == "problem" or (core.kind == "action" and core.led))


def _weight(core: Core, sentence: str) -> int:
    """How surely a sentence is the one that asks."""
    asked = sentence.endswith("?")
    if core.kind == "question":
        return 3
    if core.led:
        return 4 if asked else 2
    return 1 if core.kind in {"problem", "action"} or asked else 0
