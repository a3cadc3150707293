"""How many paraphrases each intent is due, so that rare topics are not drowned by frequent ones.

A topic is the word that most connects an intent with others: of the content words of its prompt that are no verbs, the one
that most other prompts have, unless more than a fifth of all have it ("account" in a FAQ about accounts tells nothing).
Sources would be the plain choice, and fail on real data: a help centre's source is a page, with one intent each, and a
spreadsheet's is the file, with all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from statistics import median
from typing import Final

from pydantic import Field

from langkah.config import ParaphraseConfig
from langkah.paraphrase.backends import tongue_of
from langkah.paraphrase.filters.stems import content_stems, stem
from langkah.paraphrase.lexicon import Tongue, load_lexicon
from langkah.records import FaqRecord, Record

MOST: Final = 5
"""Paraphrases of an intent: the guide asks for 3-5."""
_COMMON: Final = 0.2
_FEW: Final = 10.0
"""A word of more than a fifth of the prompts, and of more than ten, is no topic."""


class TopicShare(Record):
    """The topics of one size, and what balancing gave them."""

    intents: int = Field(description="of each of these topics")
    topics: int
    before: int = Field(description="prompts with `variants` paraphrases each, over all of these topics")
    due: int = Field(description="prompts with as many as are due")
    after: int = Field(description="prompts that there are: what the filters admitted")


def topics_of(records: Sequence[FaqRecord]) -> list[str]:
    """The topic of each record, a stem behind its language; its intent where it shares no word with another record."""
    words = [(tongue := tongue_of(record), content_stems(record.prompt, tongue) - _verbs(tongue)) for record in records]
    counts = Counter((tongue, each) for tongue, stems in words for each in stems)
    most = max(_FEW, _COMMON * len(records))
    topics: list[str] = []
    for record, (tongue, stems) in zip(records, words, strict=True):
        shared = sorted(
            (each for each in stems if 1 < counts[tongue, each] <= most and len(each) > 1 and not each.isdigit()),
            key=lambda each: (-counts[tongue, each], each),
        )
        topics.append(f"{tongue}:{shared[0]}" if shared else f"intent:{record.intent}")
    return topics


def targets(topics: Sequence[str], config: ParaphraseConfig) -> list[int]:
    """How many paraphrases each intent is due.

    With `balance: topics`, a topic is due as many prompts as one of median size (over intents) has with `variants`
    paraphrases an intent; an intent never gets fewer than `variants`, nor more than five.

    Args:
        topics: of each intent.
        config: `variants` and `balance`.
    """
    if config.balance == "off" or not config.variants or not topics:
        return [config.variants] * len(topics)
    sizes = Counter(topics)
    due = median(sizes[topic] for topic in topics) * (config.variants + 1)
    return [min(MOST, max(config.variants, round(due / sizes[topic]) - 1)) for topic in topics]


def distribution(topics: Sequence[str], due: Sequence[int], got: Sequence[int], variants: int) -> tuple[TopicShare, ...]:
    """Prompts by size of topic, the smallest first.

    Args:
        topics: of each intent.
        due: paraphrases due to each.
        got: paraphrases that each got.
        variants: paraphrases that each would be due without balancing.
    """
    sizes: Mapping[str, int] = Counter(topics)
    shares: list[TopicShare] = []
    for size in sorted(set(sizes.values())):
        places = [place for place, topic in enumerate(topics) if sizes[topic] == size]
        shares.append(
            TopicShare(
                intents=size,
                topics=len(places) // size,
                before=len(places) * (1 + variants),
                due=sum(1 + due[place] for place in places),
                after=sum(1 + got[place] for place in places),
            )
        )
    return tuple(shares)


@cache
def _verbs(tongue: Tongue) -> frozenset[str]:
    lexicon = load_lexicon(tongue)
    verbs = lexicon.words["verbs"] | (lexicon.words["plain_verbs"] if tongue == "id" else frozenset())
    nouns = frozenset[str]().union(
        *(lexicon.words.get(kind, frozenset()) for kind in ("common_nouns", "own_nouns", "mass_nouns"))
    )
    return frozenset(stem(verb, tongue) for verb in verbs - nouns)
