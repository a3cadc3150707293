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

from langkah.errors import LlmUnreadableError
from langkah.models.conversation import Chat, Completion, without_thinking
from langkah.paraphrase.backends import Ask, Candidate, Progress, tongue_of
from langkah.paraphrase.filters import MODEL_CHECKS, Check
from langkah.paraphrase.filters.meaning import MeasureName
from langkah.paraphrase.filters.wording import MAX_CHARS
from langkah.paraphrase.lexicon import Tongue, read_data
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
_TRIES: Final = 2
"""Rounds without one reply that could be read, after which no more are paid for."""
_MOST_STARTS: Final = 20
"""Brackets that are tried for the start of a reply's JSON: nested ones by the thousand would take quadratic time."""
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
        self.unanswered: set[tuple[str, str]] = set()
        """Intent and prompt of those whose last conversation got no reply, or none that could be read."""
        self._chat = chat
        self._first = first
        self._tolerate = tolerate
        self._unread: Counter[tuple[str, str]] = Counter()
        self._rounds_in_vain: int | None = 0
        """None: a reply was read."""

    def asking(self, record: FaqRecord) -> str:
        """The whole prompt."""
        return record.prompt

    def propose(self, asks: Sequence[Ask], on_done: Progress | None = None) -> list[list[Candidate]]:
        """Ask for what is missing, and read the candidates of each reply; none where there was no reply, or no sense in it.

        Raises:
            LlmUnreadableError: no reply could be read, in as many rounds as it takes to tell.
        """
        replies = self._chat.complete_many(
            [self._conversation(ask) for ask in asks],
            version=str(_prompts()["version"]),
            schema=SCHEMA,
            useful=lambda text: bool(read_reply(text)),
            tolerate=self._tolerate,
            on_done=on_done,
        )
        found = [[Candidate(text, text) for text in read_reply(reply.text)] for reply in replies]
        for ask, reply, candidates in zip(asks, replies, found, strict=True):
            self._note((ask.record.intent, ask.record.prompt), reply, bool(candidates))
        self._require_sense(any(found))
        return found

    def _note(self, prompt: tuple[str, str], reply: Completion, read: bool) -> None:
        self.unanswered.discard(prompt)
        if read or reply.finish == "refused":  # asked again, it would refuse again
            return
        self.unanswered.add(prompt)
        if reply.finish != "failed":
            self._unread[prompt] += 1
            self.unreadable += 1

    def _require_sense(self, read: bool) -> None:
        """Stop asking a model that never makes sense."""
        if read or self._rounds_in_vain is None:
            self._rounds_in_vain = None
            return
        self._rounds_in_vain += 1
        if self.unreadable and self._rounds_in_vain == min(self.rounds or _TRIES, _TRIES):
            raise LlmUnreadableError(
                f"{self._chat.place} answers, but none of {self.unreadable} replies could be read: expected JSON such as"
                ' {"questions": ["...", "..."]}, or a list'
            )

    def _conversation(self, ask: Ask) -> _CONVERSATION:
        told = _prompts()[tongue_of(ask.record)]
        known = [each.text for each in ask.accepted] + [each.text for each, _ in ask.rejected]
        tag = "text-" + hashlib.sha256("\n".join([ask.record.prompt, *known]).encode("utf-8", "surrogatepass")).hexdigest()[:12]
        fields = {"tag": tag, "prompt": ask.record.prompt, "count": str(self._first)}
        parts = [told["user"]]
        if known:
            parts.append(told["known"])
            fields |= {"count": str(ask.missing + SPARE), "known": json.dumps(list(dict.fromkeys(known)), ensure_ascii=False)}
        if reasons := sorted({judged.reason.name for _, judged in ask.rejected if judged.reason}):
            parts.append(told["reasons"])
            fields["reasons"] = "; ".join(told["turned_down"][reason] for reason in reasons)
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
    text = without_thinking(text)
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
