"""METEOR of an answer against its reference: how much of the meaning is the same, word by word.

Words are matched exactly, then by stem, then by synonym; the score is a recall-heavy F-mean less a penalty for
matches that lie scattered (Lavie and Agarwal, "METEOR: An Automatic Metric for MT Evaluation with High Levels of
Correlation with Human Judgments", 2007), as nltk computes it (alpha 0.9, beta 3, gamma 0.5; not METEOR 1.5).

English is nltk's `meteor_score` with its defaults on `word_tokenize(text, preserve_line=True)`, value for value.
nltk has no other language; Indonesian is the same formula over Sastrawi's stems and the `mythes-id` thesaurus.
`KINDS` says which a figure is: the two are not comparable with each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from langkah.evaluation.lexicons import Lexicon, lexicon_of

KINDS: Final = {
    "en": "METEOR of nltk (Porter stems, WordNet 3.0 synonyms)",
    "id": "METEOR's formula over Indonesian (Sastrawi stems, mythes-id synonyms)",
    "other": "METEOR's formula over exact words",
}
"""What METEOR means for a language: the labels of figures."""

ALPHA: Final = 0.9
BETA: Final = 3.0
GAMMA: Final = 0.5


def meteor(predictions: Sequence[str], references: Sequence[str], languages: Sequence[str]) -> NDArray[np.float64]:
    """Score each prediction against the reference of the same row, by the means of its language.

    Args:
        predictions: answers of a model.
        references: the right answers.
        languages: `en`, `id` or `mixed` (counts as Indonesian); any other is matched by exact words only.

    Returns:
        float64 of shape (n,), fractions of 1; 0 where no word matches.

    Raises:
        ValueError: the three differ in length.
        ResourceError: the word data of a language that occurs is not installed.
    """
    if not len(predictions) == len(references) == len(languages):
        raise ValueError(
            f"expected as many references and languages as predictions ({len(predictions)}), "
            f"got {len(references)} and {len(languages)}"
        )
    import nltk.tokenize

    tokenizer: Any = nltk.tokenize

    def words(text: str) -> list[str]:
        return [word.lower() for word in tokenizer.word_tokenize(text, preserve_line=True)]

    scores = np.zeros(len(predictions), dtype=np.float64)
    tokens: dict[str, list[str]] = {}  # references come back, once for each variant of an intent
    for row, (prediction, reference, language) in enumerate(zip(predictions, references, languages, strict=True)):
        lexicon = lexicon_of(meteor_kind(language))
        expected = tokens.get(reference)
        if expected is None:
            expected = tokens[reference] = words(reference)
        scores[row] = _score(words(prediction), expected, lexicon)
    return scores


def meteor_kind(language: str) -> str:
    """The key of `KINDS` by which rows of this language are scored."""
    primary = language.lower().replace("_", "-").partition("-")[0]
    return {"en": "en", "id": "id", "in": "id", "mixed": "id"}.get(primary, "other")


def _score(hypothesis: Sequence[str], reference: Sequence[str], lexicon: Lexicon) -> float:
    """METEOR of lower-cased words; step for step nltk's `single_meteor_score`."""
    matches = _align(hypothesis, reference, lexicon)
    if not matches:
        return 0.0
    precision = len(matches) / len(hypothesis)
    recall = len(matches) / len(reference)
    mean = precision * recall / (ALPHA * precision + (1 - ALPHA) * recall)
    matches.sort()
    chunks = 1 + sum(after != (before[0] + 1, before[1] + 1) for before, after in pairwise(matches))
    return (1 - GAMMA * (chunks / len(matches)) ** BETA) * mean


def _align(hypothesis: Sequence[str], reference: Sequence[str], lexicon: Lexicon) -> list[tuple[int, int]]:
    """Pairs of positions (hypothesis, reference): exact words first, then stems, then synonyms.

    As in nltk, each stage goes from the last word to the first and takes the last free partner.
    """
    matches: list[tuple[int, int]] = []
    free = _positions(enumerate(reference))
    left = _take(reversed(list(enumerate(hypothesis))), free, matches)
    if not left:
        return matches

    stem = lexicon.stem
    rest = sorted(place for places in free.values() for place in places)
    free = _positions((place, stem(reference[place])) for place in rest)
    left = _take(((place, stem(hypothesis[place])) for place, _ in left), free, matches)

    free = {word: places for word, places in free.items() if places}
    for place, stemmed in left:
        if not free:
            break
        synonyms = lexicon.synonyms(hypothesis[place], stemmed)
        common = synonyms.intersection(free)
        if common:
            word = max(common, key=lambda word: free[word][-1])  # no two words end at one place: order plays no part
            matches.append((place, free[word].pop()))
            if not free[word]:
                del free[word]
    return matches


def _positions(words: Iterable[tuple[int, str]]) -> dict[str, list[int]]:
    """Where each word is, in ascending order."""
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, word in words:
        places[word].append(place)
    return dict(places)


def _take(
    words: Iterable[tuple[int, str]], free: dict[str, list[int]], matches: list[tuple[int, int]]
) -> list[tuple[int, str]]:
    """Match equal words, the last free place first; return the words that found none."""
    left: list[tuple[int, str]] = []
    for place, word in words:
        places = free.get(word)
        if places:
            matches.append((place, places.pop()))
        else:
            left.append((place, word))
    return left
