"""Sentences, letter case, and text that must pass through untouched: placeholders, quotations, addresses."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["action", "topic", "question", "problem"]

KEPT = re.compile(
    r"""\[[A-Z][A-Z0-9_]*\]              # placeholder
      | "[^"\n]+" | “[^”\n]+” | «[^»\n]+» | ‘[^’\n]+’ | `[^`\n]+` | (?<!\w)'[^'\n]+'(?!\w)   # quotation
      | https?://\S+?(?=[.,;!?)]*(?:\s|$)) | [\w.+-]+@[\w-]+(?:\.[\w-]+)+                     # address
    """,
    re.VERBOSE,
)
"""What a paraphrase may neither lose nor change."""

_FIRST_MASK = 0xE000
_LAST_MASK = 0xF8FF
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"”’)]*\s+(?=[^\s\da-z])")
_ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|etc|no|vs|mr|mrs|ms|dr|dll|dsb|dst|bpk|sdr|jl|pt|tn|ny)\.$", re.IGNORECASE)
_FUNCTION_WORD = re.compile(
    r"(?<=\s)(?:A|An|And|As|At|By|For|From|If|In|Into|Is|It|Its|My|Of|Off|On|Or|Our|Out|The|Their|This|To|Up|Using|When"
    r"|With|Without|Your|Anda|Atau|Dan|Dari|Dengan|Di|Ke|Pada|Untuk|Yang)(?=\s)"
)


@dataclass(frozen=True)
class Core:
    """The sentence of a prompt that asks, taken apart."""

    kind: Kind
    fields: dict[str, str] = field(default_factory=dict[str, str])
    """What templates may name."""
    clause: str = ""
    """What stands before the asking, with its comma or full stop: `If my order is late,`."""
    led: bool = False
    """Whether an opening such as `How do I` was recognized."""


def mask(text: str) -> tuple[str, tuple[str, ...]]:
    """Put one private-use character in the place of each kept piece, so that no rule of grammar touches it.

    Returns:
        The masked text with its blanks collapsed, and the pieces in order.
    """
    pieces: list[str] = []

    def hide(found: re.Match[str]) -> str:
        pieces.append(found[0])
        return chr(_FIRST_MASK + len(pieces) - 1)

    # A text that already holds private-use characters is left unmasked: its own would be taken for ours.
    if any(_FIRST_MASK <= ord(letter) <= _LAST_MASK for letter in text):
        return " ".join(text.split()), ()
    return " ".join(KEPT.sub(hide, text).split()), tuple(pieces)


def unmask(text: str, pieces: tuple[str, ...]) -> str:
    """Undo `mask`."""
    for index, piece in enumerate(pieces):
        text = text.replace(chr(_FIRST_MASK + index), piece)
    return text


def is_masked(word: str) -> bool:
    """Whether a word stands for a kept piece."""
    return any(_FIRST_MASK <= ord(letter) <= _LAST_MASK for letter in word)


def split_sentences(text: str) -> list[str]:
    """Split a text whose blanks are collapsed; abbreviations do not end a sentence."""
    sentences: list[str] = []
    start = 0
    for gap in _SENTENCE_END.finditer(text):
        if not _ABBREVIATION.search(text[: gap.start()]):
            sentences.append(text[start : gap.end()].strip())
            start = gap.end()
    return [*sentences, text[start:]]


def without_end(text: str) -> str:
    """Take the final punctuation off."""
    return text.rstrip(" .?!…:;,")


def words_of(text: str) -> list[str]:
    """Split at blanks, with typographic apostrophes made plain."""
    return text.replace("’", "'").split()


def upper_first(text: str) -> str:
    """Begin a sentence: `iPhone` and the like keep their letters."""
    first = text.split(" ", 1)[0]
    return text if any(letter.isupper() for letter in first[1:]) else text[:1].upper() + text[1:]


def lower_first(text: str, names: frozenset[str], *, always: bool = False) -> str:
    """Continue a sentence with what began one.

    Acronyms, words with inner capitals, the pronoun I and `names` keep their case; so does the first word of a heading
    in title case, which may be a product's name, unless `always` says that it is a verb.
    """
    first, _, rest = text.partition(" ")
    bare = first.strip(",;:()").replace("’", "'")
    if any(letter.isupper() for letter in bare[1:]) or bare == "I" or bare.startswith("I'"):
        return text
    title = rest[:1].isupper() and not rest.split(" ", 1)[0].isupper()
    if not always and (bare in names or title or any(letter.isdigit() for letter in bare)):
        return text
    return text[:1].lower() + text[1:]


def plain_case(heading: str, common: AbstractSet[str]) -> str:
    """Give a heading in title case the case of a sentence: `Reset Your Password` -> `Reset your password`.

    Only where each of its capitalized words is a common one: the others may be a product's name, and so may the common
    words beside them (`Google Pay Setup`).
    """
    heading = _FUNCTION_WORD.sub(lambda found: found[0].lower(), heading)
    first, *rest = heading.split(" ")
    capital = [word for word in [first, *rest] if word[:1].isupper() and word[1:].islower()]
    if rest and all(word.lower().strip(",;:()") in common for word in capital):
        return " ".join([first, *(word.lower() if word in capital else word for word in rest)])
    return heading


def join_clause(head: str, openers: AbstractSet[str]) -> str:
    """End what stands before an asking: by a comma where it leans on it, else by a full stop (no comma splice)."""
    leans = head.split(" ", 1)[0].lower() in openers or len(head.split()) < 3
    return head + ("," if leans else ".")
