"""Records that turn out to ask the same once their personal data is gone, with one answer or with several.

The index of `langkah.sources` compares raw text: "My order ORD-1 is late" and "My order ORD-2 is late" are two questions to it,
and one, `My order [ORDER_ID] is late`, to whoever is trained on them. Two prompts are the same here when they are so normalized
(case, punctuation and space apart), in one language, mixed counting as Indonesian: that holds for all records of an intent. Two
answers are the same when the words of their steps are. The numbers of placeholders count: equal prompts number theirs alike, so
that `[EMAIL]` and `[EMAIL_2]` are the address that was asked about and another one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from itertools import chain, islice
from typing import Final, NamedTuple

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


class Asked(NamedTuple):
    """What is compared of a record: what it asks and answers, as texts or as hashes."""

    place: Place
    question: Hashable
    answer: Hashable

    @classmethod
    def of(cls, record: FaqRecord) -> Asked:
        """Of a record whose answer was normalized to steps."""
        place = record.file, record.row
        return cls(place, question_key(record.prompt, record.language), answer_key(record.output))


def find_conflicts(records: Iterable[Asked], told: str = SCRUBBED_ALIKE) -> dict[Place, str]:
    """The reason of each record to whose prompt another one has another answer, by its place.

    Args:
        records: in any order.
        told: what the reason says before it names the others.
    """
    reasons: dict[Place, str] = {}
    for group in _by_prompt(records).values():
        said: defaultdict[Hashable, list[Asked]] = defaultdict(list)
        for record in group:
            said[record.answer].append(record)
        for answer, records_of_it in said.items() if len(said) > 1 else ():
            others = chain.from_iterable(those for other, those in said.items() if other != answer)
            named = ", ".join(_named(other) for other in islice(others, _MAX_NAMED))
            left = len(group) - len(records_of_it) - _MAX_NAMED
            reason = f"{told}: {named}" + (f" and {left} more" if left > 0 else "")
            reasons.update({record.place: reason for record in records_of_it})
    return reasons


def find_repeats(records: Iterable[Asked]) -> dict[Place, str]:
    """The reason of each record that asks and answers the same as one in an earlier place, by its place.

    Args:
        records: as for `find_conflicts`.
    """
    reasons: dict[Place, str] = {}
    for group in _by_prompt(records).values():
        first: dict[Hashable, Asked] = {}
        for record in group:
            earlier = first.setdefault(record.answer, record)
            if earlier is not record:
                reasons[record.place] = f"same as {_named(earlier)}"
    return reasons


def _by_prompt(records: Iterable[Asked]) -> dict[Hashable, Sequence[Asked]]:
    groups: defaultdict[Hashable, list[Asked]] = defaultdict(list)
    for record in sorted(records, key=lambda record: record.place):
        groups[record.question].append(record)
    return {**groups}


def _named(record: Asked) -> str:
    file, row = record.place
    return f"{file} row {row}"
