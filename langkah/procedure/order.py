"""Words of order, and how a text is cut at them: sentences, lead-ins, what a step looks like once it stands alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple

from langkah.procedure.actions import opens_action
from langkah.procedure.word_lists import word_lists, words_of

_STOP: Final = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+(?=[^a-z\s])")


class Order(NamedTuple):
    """The patterns made from `order.json`."""

    opening: re.Pattern[str]
    joining: re.Pattern[str]
    final: re.Pattern[str]
    comma: re.Pattern[str]
    arrow: re.Pattern[str]
    alternative: re.Pattern[str]
    abbreviations: frozenset[str]
    gestures: frozenset[str]


@cache
def order_words() -> Order:
    """The patterns, built at first use."""
    data = word_lists("order")
    joining = "|".join(data["joining"])
    arrow = "|".join(re.escape(sign) for sign in data["arrows"])
    return Order(
        opening=re.compile(rf"(?:{'|'.join(data['opening'])})(?=[\s,:])[,:]?\s+(?:{data['person']})?", re.IGNORECASE),
        joining=re.compile(rf"(?<!\s)(?:\s*+[,;]\s*+|\s++)(?:(?:and|dan|&)\s+)?(?:{joining})\b[,:]?\s+(?=\S)", re.IGNORECASE),
        final=re.compile(rf"(?:^|\W)(?:{data['final']})\b", re.IGNORECASE),
        comma=re.compile(r",\s+(?:(?:and|dan)\s+)?(?=\S)", re.IGNORECASE),
        arrow=re.compile(rf"(?<!\s)\s*+(?:{arrow})\s*+"),
        alternative=re.compile(rf"\W*(?:{data['alternatives']})", re.IGNORECASE),
        abbreviations=frozenset(words_of(data["abbreviations"])),
        gestures=frozenset(words_of(data["gestures"])),
    )


def counts_order(text: str) -> int:
    """How many words of order a text has, at the start of its sentences and within them."""
    grammar = order_words()
    opening = sum(
        grammar.opening.match(sentence) is not None for line in text.split("\n") for sentence in split_sentences(line)
    )
    return opening + len(grammar.joining.findall(text))


def without_order(sentence: str) -> tuple[str, bool]:
    """A sentence without the word of order that opens it, and whether there was one before an instruction."""
    match = order_words().opening.match(sentence)
    if match is None or not opens_action(sentence[match.end() :]):
        return sentence, False
    return sentence[match.end() :], True


def announced(text: str) -> tuple[str, str]:
    """A lead-in that ends with a colon before an instruction ("It is easy: open ..."), and the rest; else "" and the text."""
    lead, colon, body = text.partition(": ")
    if colon and not opens_action(lead) and opens_action(body):
        return f"{lead}:", body.lstrip()
    return "", text


def split_sentences(line: str) -> Iterator[str]:
    """The sentences of a line."""
    start = 0
    for match in _STOP.finditer(line):
        word = line[start : match.start()].split()[-1:]
        if word and word[0].endswith(".") and word[0].strip("(\"'.").lower() in order_words().abbreviations:
            continue
        end = match.start() + len(match[0].rstrip())
        yield line[start:end].strip()
        start = match.end()
    if rest := line[start:].strip():
        yield rest


def tidy(step: str) -> str:
    """A step that begins with a capital letter, without the comma or semicolon that parted it from the next."""
    step = step.strip().rstrip(",;").rstrip()
    word = step.split(maxsplit=1)[0] if step else ""
    return step[:1].upper() + step[1:] if word.islower() else step
