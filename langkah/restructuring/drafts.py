"""Drafts of raw answers by a language model, checked, tried once more where a check fails, and never more than drafts."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

import yaml
from pydantic import Field

from langkah.models.conversation import Chat, Completion
from langkah.procedure import Procedure, parse_procedure, render
from langkah.records import FaqRecord, Language, Record
from langkah.restructuring.checks import DraftProblem, check_draft

_FENCE: Final = re.compile(r"```[^\n]*\n(.*?)(?:\n```|\Z)", re.DOTALL)
_FINAL: Final = frozenset({DraftProblem.refused, DraftProblem.cut, DraftProblem.not_a_procedure})
"""Problems that another attempt at temperature 0 does not mend."""


class Draft(Record):
    """An answer as a language model would write it, beside the original. It is no training data: only review can admit it."""

    intent: str
    file: str
    row: int
    language: Language
    prompt: str
    original: str = Field(description="the scrubbed answer, as it came")
    output: str | None = Field(description="the drafted steps; None where the reply had none")
    problems: tuple[DraftProblem, ...] = Field(description="the checks that the draft failed; empty: it may be proposed")
    attempts: int = Field(description="requests made for it: 1, or 2 where the first reply failed a check")
    model: str
    template: str = Field(description="version of the instructions")

    @property
    def proposable(self) -> bool:
        """Whether the draft passed all checks, so that a reviewer may be shown it."""
        return not self.problems


class _Attempt(NamedTuple):
    procedure: Procedure | None
    problems: tuple[DraftProblem, ...]
    reply: str


def restructure(records: Sequence[FaqRecord], chat: Chat, *, on_done: Callable[[int, int], None] | None = None) -> list[Draft]:
    """Have each record's answer rewritten as numbered steps, and check what comes back.

    A reply that fails a check is asked for once more, with the reason; what fails again keeps its problems.

    Args:
        records: scrubbed ones, whose answers are raw.
        chat: what answers; with a cache, a record that was rewritten before costs no request.
        on_done: called with (replies, records) while the first attempts come in.

    Returns:
        One draft for each record, in order.

    Raises:
        LlmUnavailableError: the endpoint cannot be reached or fails.
        LlmRefusedError: wrong key, unknown model, or every record refused.
    """
    version = str(_prompts()["version"])
    conversations = [_conversation(record) for record in records]
    replies = chat.complete_many(conversations, version=version, on_done=on_done)
    attempts = [_judge(reply, record) for reply, record in zip(replies, records, strict=True)]
    again = [place for place, attempt in enumerate(attempts) if attempt.problems and not _FINAL.intersection(attempt.problems)]
    retries = [_with_reasons(conversations[place], attempts[place], records[place]) for place in again]
    counts = [1] * len(records)
    for place, reply in zip(again, chat.complete_many(retries, version=version) if retries else [], strict=True):
        counts[place] = 2
        attempts[place] = _judge(reply, records[place])
    return [
        Draft(
            intent=record.intent,
            file=record.file,
            row=record.row,
            language=record.language,
            prompt=record.prompt,
            original=record.output,
            output=render(attempt.procedure) if attempt.procedure else None,
            problems=attempt.problems,
            attempts=count,
            model=chat.model,
            template=version,
        )
        for record, attempt, count in zip(records, attempts, counts, strict=True)
    ]


@cache
def _prompts() -> dict[str, Any]:
    return yaml.safe_load((files("langkah.restructuring") / "prompts.yaml").read_text(encoding="utf-8"))


def _told(language: Language) -> dict[str, Any]:
    """The instructions in the language of the answer; mixed answers count as Indonesian."""
    return _prompts()["en" if language == "en" else "id"]


def _conversation(record: FaqRecord) -> list[dict[str, str]]:
    told = _told(record.language)
    # Not str.format, which would read the braces of a record.
    user = re.sub(r"\{(prompt|output)\}", lambda match: getattr(record, match[1]), told["user"])
    return [{"role": "system", "content": told["system"]}, {"role": "user", "content": user}]


def _with_reasons(conversation: list[dict[str, str]], attempt: _Attempt, record: FaqRecord) -> list[dict[str, str]]:
    told = _told(record.language)
    reasons = "; ".join(told["problems"][problem.name] for problem in attempt.problems)
    retry = {"role": "user", "content": told["retry"].replace("{reasons}", reasons)}
    return [*conversation, {"role": "assistant", "content": attempt.reply or "-"}, retry]


def _judge(reply: Completion, record: FaqRecord) -> _Attempt:
    """Read a reply's steps and check them; what it says around them is dropped."""
    if reply.finish == "refused":
        return _Attempt(None, (DraftProblem.refused,), "")
    cut = reply.finish == "length"
    if not reply.text:
        return _Attempt(None, (DraftProblem.cut if cut else DraftProblem.empty,), "")
    if reply.text.strip(" .\"'*`").upper() == _told(record.language)["none"]:
        return _Attempt(None, (DraftProblem.not_a_procedure,), reply.text)
    fenced = _FENCE.search(reply.text)
    found = parse_procedure(fenced[1] if fenced else reply.text)
    if found is None:
        return _Attempt(None, (DraftProblem.cut if cut else DraftProblem.no_steps,), reply.text)
    draft = Procedure(steps=found.steps)
    problems = (DraftProblem.cut,) if cut else ()
    return _Attempt(draft, (*problems, *check_draft(draft, record.prompt, record.output, record.language)), reply.text)
