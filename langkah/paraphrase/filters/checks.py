"""The checks that a candidate must pass, in order; the first that fails is its reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from langkah.config import ParaphraseConfig
from langkah.paraphrase.filters.reading import Reading, is_plain, speaks_to_a_model, turned
from langkah.paraphrase.filters.reasons import RejectReason, Scores
from langkah.paraphrase.filters.wording import MAX_CHARS, nearest, words

_TIMES_LONGER: Final = 3
_WORDS_LONGER: Final = 15
"""A variant has at most three times the words of its prompt, or fifteen more, where that is more."""
_TIMES_SHORTER: Final = 4
_LEAST_WORDS: Final = 2


@dataclass(frozen=True)
class Pair:
    """A candidate beside its original."""

    original: Reading
    variant: Reading


@dataclass(frozen=True)
class Judgement:
    """Why a candidate was not admitted (None: it was), and what was measured."""

    reason: RejectReason | None
    scores: Scores


Check = Callable[[Pair], RejectReason | None]


def check(pair: Pair, checks: Sequence[Check]) -> RejectReason | None:
    """The first reason that a check gives."""
    return next((reason for each in checks if (reason := each(pair))), None)


def check_distance(
    asking: str, others: Sequence[Sequence[str]], scores: Scores, config: ParaphraseConfig
) -> tuple[RejectReason | None, Scores]:
    """Whether a candidate is too close to its original or to an accepted variant; all as words."""
    own = words(asking)
    distance, bigrams = nearest(own, others)
    scores = scores.model_copy(update={"distance": round(distance, 4), "bigrams": round(bigrams, 4)})
    close = list(own) in [list(other) for other in others] or distance < config.min_distance or bigrams < config.min_bigrams
    return (RejectReason.too_close if close else None), scores


def _plain(pair: Pair) -> RejectReason | None:
    return None if is_plain(pair.original.text, pair.variant.text) else RejectReason.malformed


def _length(pair: Pair) -> RejectReason | None:
    own, others = len(pair.original.words), len(pair.variant.words)
    if others > max(_TIMES_LONGER * own, own + _WORDS_LONGER):
        return RejectReason.too_long
    return RejectReason.too_short if others < max(_LEAST_WORDS, own / _TIMES_SHORTER) else None


def _chars(pair: Pair) -> RejectReason | None:
    return RejectReason.too_long if len(pair.variant.text) > MAX_CHARS else None


def _content(pair: Pair) -> RejectReason | None:
    return RejectReason.lost_content if pair.original.kept != pair.variant.kept else None


def _names(pair: Pair) -> RejectReason | None:
    lost = [name for name in pair.original.names if not pair.variant.has_name(name)]
    added = [name for name in pair.variant.names if not pair.original.has_name(name)]
    return RejectReason.changed_name if lost or added else None


def _flipped(pair: Pair) -> RejectReason | None:
    return RejectReason.changed_language if {pair.original.language, pair.variant.language} == {"en", "id"} else None


def _language(pair: Pair) -> RejectReason | None:
    """A language model may answer in any language: what it writes must be recognized as the prompt's own."""
    allowed = {pair.original.tongue, pair.original.language}
    return None if pair.variant.language in allowed else RejectReason.changed_language


def _orders(pair: Pair) -> RejectReason | None:
    return RejectReason.instruction if speaks_to_a_model(pair.original.text, pair.variant.text) else None


def _sense(pair: Pair) -> RejectReason | None:
    changed = pair.original.negated != pair.variant.negated or turned(pair.original, pair.variant)
    return RejectReason.changed_sense if changed else None


FRAME_CHECKS: Final[Sequence[Check]] = (_chars, _content, _flipped)
"""For candidates that hold their original's own words by construction."""
MODEL_CHECKS: Final[Sequence[Check]] = (_plain, _chars, _orders, _language, _length, _content, _names, _sense)
"""For candidates that may hold anything."""
