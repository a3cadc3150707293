from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from langkah.config import ParaphraseConfig
from langkah.paraphrase import make_variants
from langkah.paraphrase.backends import tongue_of
from langkah.paraphrase.balance import Topics, distribution, targets
from langkah.paraphrase.filters.stems import StemSets
from langkah.records import FaqRecord

TOPICS = ParaphraseConfig(balance="topics")


def record(prompt: str, language: str = "en") -> FaqRecord:
    return FaqRecord(intent=prompt, prompt=prompt, output="1. x", language=language, source="s", file="f", row=1)


PRINTER = [f"How do I {verb} the printer?" for verb in ("clean", "install", "move", "restart", "remove", "share")]
BLUETOOTH = ["How do I connect a Bluetooth headset?", "How do I disable Bluetooth?"]
LONE = ["How do I change the wallpaper?"]
RECORDS = [record(prompt) for prompt in (*PRINTER, *BLUETOOTH, *LONE)]


def topics_of(records: Sequence[FaqRecord]) -> NDArray[np.int64]:
    topics = Topics({"en": StemSets(), "id": StemSets()})
    for each in records:
        topics.add(tongue_of(each), each.prompt)
    return topics.numbers()


def test_a_topic_is_the_thing_that_prompts_share_not_the_verb() -> None:
    topics = topics_of([*RECORDS, *(record(f"How do I install the app {name}?") for name in ("red", "blue"))])
    assert len(set(topics[:6])) == 1
    assert len(set(topics[6:8])) == 1
    assert topics[8] not in topics[[*range(8), 9, 10]]
    assert topics[9] == topics[10] != topics[0]


def test_rare_topics_are_due_more_and_none_is_due_less() -> None:
    due = targets(topics_of(RECORDS), TOPICS)
    assert due.tolist() == [3] * 6 + [5, 5, 5]
    assert targets(topics_of(RECORDS), ParaphraseConfig()).tolist() == [3] * 9
    assert targets(topics_of(RECORDS), ParaphraseConfig(balance="topics", variants=0)).tolist() == [0] * 9
    assert targets(topics_of([]), TOPICS).tolist() == []


def test_the_filters_have_the_last_word() -> None:
    strict = TOPICS.model_copy(update={"min_distance": 0.6})
    result = make_variants(RECORDS, strict)
    alike, rare = result.topics[-1], result.topics[0]
    assert (alike.intents, alike.topics, alike.before, alike.due) == (6, 1, 24, 24)
    assert (rare.intents, rare.topics, rare.before, rare.due) == (1, 1, 4, 6)
    assert all(share.after <= share.due for share in result.topics)
    assert sum(share.after for share in result.topics) == len(result.variants)
    assert result.short_intents


def test_balance_is_met_by_frames_and_does_not_depend_on_order() -> None:
    result = make_variants(RECORDS, TOPICS)
    assert [share.after for share in result.topics] == [share.due for share in result.topics] == [6, 12, 24]
    shuffled = RECORDS.copy()
    random.Random(3).shuffle(shuffled)
    assert make_variants(shuffled, TOPICS) == result


def test_distribution_counts_prompts_by_size_of_topic() -> None:
    shares = distribution(*(np.array(each) for each in ([7, 7, 9], [3, 3, 5], [3, 2, 4])), 3)
    assert [(s.intents, s.topics, s.before, s.due, s.after) for s in shares] == [(1, 1, 4, 6, 5), (2, 1, 8, 8, 7)]
