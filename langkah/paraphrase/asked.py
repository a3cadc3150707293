"""Paraphrases by a language model: what it is asked, and the candidates in what it answers.

The model sees scrubbed prompts only, as data between tags that the text cannot forge. What it answers is read leniently and
believed in nothing: each candidate passes `MODEL_CHECKS`, meaning and diversity, so that neither a weak model nor an order
hidden in a FAQ gets a text through that is not the same question in other words.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from langkah.models.conversation import Chat
from langkah.paraphrase.backends import Ask, Candidate, Progress, tongue_of
from langkah.paraphrase.filters import MODEL_CHECKS, Check
from langkah.paraphrase.filters.meaning import MeasureName
from langkah.paraphrase.filters.wording import MAX_CHARS
from langkah.paraphrase.lexicon import read_data
from langkah.paraphrase.parts import Tongue
from langkah.records import FaqRecord

SPARE: Final = 2
"""Asked for beyond what is missing, since filters turn some down."""
MOST: Final = 12
"""Candidates read of one reply."""
SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {"questions": {"type": "array", "items": {"type": "string"}}},
    "required": ["questions"],
    "additionalProperties": False,
}
_MOST_STARTS: Final = 20
"""Brackets that are tried for the start of a reply's JSON: nested ones by the thousand would take quadratic time."""
_THINKING: Final = re.compile(r"\A\s*<think>.*?(?:</think>|\Z)", re.DOTALL)
_ENTRY: Final = re.compile(r"^[^\S\n]*(?:[-*•]|\(?\d{1,2}[.):])[^\S\n]+(.+)$", re.MULTILINE)
_QUOTES: Final = (('"', '"'), ("“", "”"), ("'", "'"), ("‘", "’"))
_CONVERSATION = list[dict[str, str]]


class ModelBackend:
    """Asks a language model, once a round for each record that is short.

    Args:
        chat: what answers.
        rounds: how often a record is asked about.
        first: candidates asked for in the first round, the same for every record: a record's first conversation then depends
            on nothing else, and an unchanged record is answered from the cache.
        glossary: names that no variant may lose or add.
        tolerate: conversations that may fail one after another before the model counts as gone.
    """

    checks: Sequence[Check] = MODEL_CHECKS
    meaning: Mapping[Tongue, MeasureName] = MappingProxyType({"en": "embedding", "id": "words"})

    def __init__(self, chat: Chat, *, rounds: int, first: int, glossary: Sequence[str] = (), tolerate: int = 0) -> None:
        self.rounds: int | None = rounds
        self.glossary: Sequence[str] = glossary
        self.unreadable = 0
        """Replies so far in which no candidate was found."""
        self._chat = chat
        self._first = first
        self._tolerate = tolerate
        self._unread: Counter[tuple[str, str]] = Counter()

    def asking(self, record: FaqRecord) -> str:
        """The whole prompt."""
        return record.prompt

    def propose(self, asks: Sequence[Ask], on_done: Progress | None = None) -> list[list[Candidate]]:
        """Ask for what is missing, and read the candidates of each reply; none where there was no reply, or no sense in it."""
        conversations = [self._conversation(ask) for ask in asks]
        replies = self._chat.complete_many(
            conversations, version=str(_prompts()["version"]), schema=SCHEMA, tolerate=self._tolerate, on_done=on_done
        )
        found = [[Candidate(text, text) for text in read_reply(reply.text)] for reply in replies]
        for ask, reply, candidates in zip(asks, replies, found, strict=True):
            if reply.text and not candidates:
                self._unread[ask.record.intent, ask.record.prompt] += 1
                self.unreadable += 1
        return found

    def _conversation(self, ask: Ask) -> _CONVERSATION:
        told = _prompts()[tongue_of(ask.record)]
        known = [each.text for each in ask.accepted] + [each.text for each, _ in ask.rejected]
        tag = "text-" + hashlib.sha256("\n".join([ask.record.prompt, *known]).encode("utf-8", "surrogatepass")).hexdigest()[:12]
        fields = {"tag": tag, "prompt": ask.record.prompt, "count": str(self._first)}
        parts = [told["user"]]
        if known:
            parts.append(told["known"])
            fields |= {"count": str(ask.missing + SPARE), "known": json.dumps(list(dict.fromkeys(known)), ensure_ascii=False)}
        if reasons := sorted({str(judged.reason) for _, judged in ask.rejected}):
            parts.append(told["reasons"])
            fields["reasons"] = "; ".join(reasons)
        if attempts := self._unread[ask.record.intent, ask.record.prompt]:
            # The same conversation again would be answered from the cache.
            parts.append(told["again"])
            fields["attempt"] = str(attempts + 1)
        # Not str.format, which would read the braces of a record.
        user = re.sub(r"\{(tag|prompt|count|known|reasons|attempt)\}", lambda found: fields[found[1]], "\n".join(parts))
        return [{"role": "system", "content": told["system"]}, {"role": "user", "content": user}]


def read_reply(text: str) -> list[str]:
    """The candidates in a reply: of its JSON, wherever that stands, else the entries of its list. None in anything else.

    One that is too long to be let in is cut to a length that still is: filters are for texts of the size of a question.
    """
    text = _THINKING.sub("", text)
    for value in _json_values(text):
        if found := _texts(value):
            return found[:MOST]
    return [_bare(entry[1]) for entry in itertools.islice(_ENTRY.finditer(text), MOST)]


def _json_values(text: str) -> Iterator[Any]:
    decoder = json.JSONDecoder()
    place = 0
    for _ in range(_MOST_STARTS):
        start = min((at for mark in "{[" if (at := text.find(mark, place)) >= 0), default=-1)
        if start < 0:
            return
        try:
            value, place = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            place = start + 1
        else:
            yield value


def _texts(value: Any) -> list[str]:
    """The texts of `{"questions": [...]}`, of a bare list, or of a list of objects with one text each."""
    if isinstance(value, dict):
        value = value.get("questions")
    if not isinstance(value, list):
        return []
    found: list[str] = []
    for item in value:
        if isinstance(item, dict) and len(item) == 1:
            item = next(iter(item.values()))
        if isinstance(item, str):
            found.append(_bare(item))
    return found


def _bare(text: str) -> str:
    """Take the quotation marks off that a model puts around a whole candidate, and blanks together; no lone surrogates."""
    text = " ".join(text.encode("utf-8", "replace").decode().split())[: MAX_CHARS + 3]
    for left, right in _QUOTES:
        inner = text[1:-1]
        if len(text) > 2 and text.startswith(left) and text.endswith(right) and left not in inner and right not in inner:
            return inner.strip()
    return text


@cache
def _prompts() -> dict[str, Any]:
    return read_data("prompts.yaml")
