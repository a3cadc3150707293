"""METEOR of an answer against its reference: how much of the meaning is the same, word by word.

Words are matched exactly, then by stem, then by synonym; the score is a recall-heavy F-mean less a penalty for
matches that lie scattered (Lavie and Agarwal, "METEOR: An Automatic Metric for MT Evaluation with High Levels of
Correlation with Human Judgments", 2007), as nltk computes it (alpha 0.9, beta 3, gamma 0.5; not METEOR 1.5).

A fourth stage, paraphrases, matches phrases by a table that the user supplies (`phrase_table`); nltk has none. Then a
match covers words on both sides, which need not be as many: precision counts those of the hypothesis, recall those of
the reference, and the penalty divides the chunks by their mean (Denkowski and Lavie, "Meteor 1.3: Automatic Metric for
Reliable Optimization and Evaluation of Machine Translation Systems", 2011). Without a table it is nltk's figure.

English is nltk's `meteor_score` with its defaults on `word_tokenize(text, preserve_line=True)`, value for value.
nltk has no other language; Indonesian is the same formula over Sastrawi's stems and the `mythes-id` thesaurus.
`KINDS` says which a figure is: the two are not comparable with each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from langkah.evaluation.lexicons import Lexicon, lexicon_of, words
from langkah.evaluation.phrase_table import Match, PhraseTable

KINDS: Final = {
    "en": "METEOR of nltk (Porter stems, WordNet 3.0 synonyms)",
    "id": "METEOR's formula over Indonesian (Sastrawi stems, mythes-id synonyms)",
    "other": "METEOR's formula over exact words",
}
"""What METEOR means for a language: the labels of figures."""

ALPHA: Final = 0.9
BETA: Final = 3.0
GAMMA: Final = 0.5


def meteor(
    predictions: Sequence[str],
    references: Sequence[str],
    languages: Sequence[str],
    phrases: PhraseTable | None = None,
) -> NDArray[np.float64]:
    """Score each prediction against the reference of the same row, by the means of its language.

    Args:
        predictions: answers of a model.
        references: the right answers.
        languages: `en`, `id` or `mixed` (counts as Indonesian); any other is matched by exact words only.
        phrases: what the fourth stage matches; None for the three stages of nltk.

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
    scores = np.zeros(len(predictions), dtype=np.float64)
    tokens: dict[str, list[str]] = {}  # references come back, once for each variant of an intent
    for row, (prediction, reference, language) in enumerate(zip(predictions, references, languages, strict=True)):
        lexicon = lexicon_of(meteor_kind(language))
        expected = tokens.get(reference)
        if expected is None:
            expected = tokens[reference] = words(reference)
        scores[row] = _score(words(prediction), expected, lexicon, phrases)
    return scores


def meteor_kind(language: str) -> str:
    """The key of `KINDS` by which rows of this language are scored."""
    primary = language.lower().replace("_", "-").partition("-")[0]
    return {"en": "en", "id": "id", "in": "id", "mixed": "id"}.get(primary, "other")


def meteor_labels(languages: Iterable[str], phrases: PhraseTable | None = None) -> dict[str, str]:
    """What METEOR means for each of these languages, the phrase table named: `language -> label`."""
    told = f", paraphrases by {phrases.label}" if phrases else ""
    return {language: KINDS[meteor_kind(language)] + told for language in sorted(set(languages))}


def _score(hypothesis: Sequence[str], reference: Sequence[str], lexicon: Lexicon, phrases: PhraseTable | None = None) -> float:
    """METEOR of lower-cased words; without phrases, step for step nltk's `single_meteor_score`."""
    pairs = _align(hypothesis, reference, lexicon)
    matches = phrases.join(hypothesis, reference, pairs) if phrases else [Match(*pair) for pair in sorted(pairs)]
    if not matches:
        return 0.0
    covered, expected = sum(match.words for match in matches), sum(match.expected for match in matches)
    precision = covered / len(hypothesis)
    recall = expected / len(reference)
    mean = precision * recall / (ALPHA * precision + (1 - ALPHA) * recall)
    chunks = 1 + sum(
        (after.hypothesis, after.reference) != (before.hypothesis + before.words, before.reference + before.expected)
        for before, after in pairwise(matches)
    )
    return (1 - GAMMA * (2 * chunks / (covered + expected)) ** BETA) * mean


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
