"""Records that turn out to ask the same once their personal data is gone, with one answer or with several.

The index of `langkah.sources` compares raw text: "My order ORD-1 is late" and "My order ORD-2 is late" are two questions to it,
and one, `My order [ORDER_ID] is late`, to whoever is trained on them. Two prompts are the same here when they are so normalized
(case, punctuation and space apart), in one language, mixed counting as Indonesian: that holds for all records of an intent. Two
answers are the same when the words of their steps are. The numbers of placeholders count: equal prompts number theirs alike, so
that `[EMAIL]` and `[EMAIL_2]` are the address that was asked about and another one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain, islice
from typing import Final

from langkah.records import FaqRecord
from langkah.same_text import same_text_key
from langkah.splitting.near_duplicates import answer_key

Place = tuple[str, int]
"""File and row."""

SCRUBBED_ALIKE: Final = "same prompt once scrubbed, other answer"
_MAX_NAMED: Final = 5
"""Other rows named in a reason; more are counted."""


def question_key(prompt: str, language: str) -> tuple[str, bool]:
    """What two records share that ask the same."""
    return same_text_key(prompt), language == "en"


def find_conflicts(records: Iterable[FaqRecord], told: str = SCRUBBED_ALIKE) -> dict[Place, str]:
    """The reason of each record to whose prompt another one has another answer, by its place.

    Args:
        records: scrubbed, their answers normalized to steps, in any order.
        told: what the reason says before it names the others.
    """
    reasons: dict[Place, str] = {}
    for group in _by_prompt(records).values():
        said: defaultdict[str, list[FaqRecord]] = defaultdict(list)
        for record in group:
            said[answer_key(record.output)].append(record)
        for answer, records_of_it in said.items() if len(said) > 1 else ():
            others = chain.from_iterable(those for other, those in said.items() if other != answer)
            named = ", ".join(_named(other) for other in islice(others, _MAX_NAMED))
            left = len(group) - len(records_of_it) - _MAX_NAMED
            reason = f"{told}: {named}" + (f" and {left} more" if left > 0 else "")
            reasons.update({(record.file, record.row): reason for record in records_of_it})
    return reasons


def find_repeats(records: Iterable[FaqRecord]) -> dict[Place, str]:
    """The reason of each record that asks and answers the same as one in an earlier place, by its place.

    Args:
        records: as for `find_conflicts`.
    """
    reasons: dict[Place, str] = {}
    for group in _by_prompt(records).values():
        first: dict[str, FaqRecord] = {}
        for record in group:
            earlier = first.setdefault(answer_key(record.output), record)
            if earlier is not record:
                reasons[record.file, record.row] = f"same as {_named(earlier)}"
    return reasons


def _by_prompt(records: Iterable[FaqRecord]) -> dict[tuple[str, bool], Sequence[FaqRecord]]:
    groups: defaultdict[tuple[str, bool], list[FaqRecord]] = defaultdict(list)
    for record in sorted(records, key=lambda record: (record.file, record.row)):
        groups[question_key(record.prompt, record.language)].append(record)
    return {**groups}


def _named(record: FaqRecord) -> str:
    return f"{record.file} row {record.row}"
