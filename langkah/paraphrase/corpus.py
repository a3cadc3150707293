"""What the variants of a record depend on beside itself: all prompts, as numbers."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from langkah.config import ParaphraseConfig
from langkah.paraphrase.backends import Backend, tongue_of
from langkah.paraphrase.balance import Topics, targets
from langkah.paraphrase.filters import EmbeddingMeasure, Measure, WordMeasure
from langkah.paraphrase.filters.meaning import Embed
from langkah.paraphrase.filters.stems import StemSets
from langkah.paraphrase.lexicon import Tongue
from langkah.records import FaqRecord
from langkah.same_text import same_text_key, text_hash


@dataclass(frozen=True)
class Corpus:
    """What the variants of a record depend on beside itself: all prompts, as numbers."""

    topics: NDArray[np.int64]
    """Of each record."""
    due: NDArray[np.int64]
    """How many paraphrases each record is due."""
    places: NDArray[np.int64]
    """Of each record's prompt in the measure of its language."""
    measures: Mapping[Tongue, Measure]
    """Of meaning, by language."""
    originals: AbstractSet[int]
    """Hashes of the normalized prompts: no paraphrase may be one."""

    @classmethod
    def of(cls, records: Iterable[FaqRecord], config: ParaphraseConfig, backend: Backend, embed: Embed | None) -> Corpus:
        """Take all records in, in the order that numbers them."""
        stems: dict[Tongue, StemSets] = {"en": StemSets(), "id": StemSets()}
        embedded: dict[Tongue, list[str]] = {}
        topics, places, originals = Topics(stems), array("q"), set[int]()
        kinds = {tongue: backend.meaning[tongue] if config.meaning == "auto" else config.meaning for tongue in stems}
        for record in records:
            tongue = tongue_of(record)
            places.append(topics.add(tongue, record.prompt))
            originals.add(text_hash(same_text_key(record.prompt)))
            if kinds[tongue] == "embedding":
                embedded.setdefault(tongue, []).append(record.prompt)
        numbers = topics.numbers()
        due = targets(numbers, config)
        measures: dict[Tongue, Measure] = {}
        for tongue, sets in stems.items() if due.any() else ():
            if tongue not in embedded:
                measures[tongue] = WordMeasure(sets, tongue)
            elif embed is None:
                raise ValueError("embeddings are asked for, and no encoder is given")
            else:
                measures[tongue] = EmbeddingMeasure(embedded[tongue], embed)
        return cls(numbers, due, np.array(places, dtype=np.int64), measures, originals)
