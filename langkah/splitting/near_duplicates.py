"""Groups of intents that are the same procedure asked or answered twice: a group never sits on two sides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, NamedTuple, cast

import numpy as np

from langkah.same_text import same_text_key
from langkah.splitting.shingles import Shingler, Shingles, content_words, jaccard, without_list_marks

_PERMUTATIONS = 128
_MINHASH_SEED = 1
_RECALL = 0.9999
# A pair's share of equal MinHash values has a standard deviation of at most 0.045 around its Jaccard similarity: pairs
# this far below the threshold are not worth the exact count.
_SLACK = 0.25

_PROMPT_SIZES = (1, 2)
_ANSWER_SIZES = (3,)


def group_intents(intents: Sequence[tuple[str, str, str]], threshold: float) -> dict[str, str]:
    """Put near-duplicate intents into groups.

    Two intents are near-duplicates when one of these holds, on content words (see `shingles`):

    - prompts: the Jaccard similarity of their words and word pairs reaches `threshold`;
    - answers: the Jaccard similarity of their runs of three words reaches half-way between `threshold` and 1;
    - answers between `threshold` and half-way, unless the two fill one template: when a word that only one prompt has
      is also a word that only its answer has ("turn on slow keys" and "turn on sticky keys"), they are two procedures.

    So texts that are equal when normalized always share a group. Groups are the connected components. Candidates come
    from MinHash LSH, which misses a pair that lies right at the threshold once in ten thousand; each candidate is then
    counted exactly. Time grows with the square of the prompts that fill one template ("How do I turn on X keys?").

    Args:
        intents: name, original prompt and answer of each intent, in any order; a name may come with several of them.
        threshold: Jaccard similarity, above 0 and up to 1.

    Returns:
        The group of each intent, named by the lowest name in it. The same for any order of `intents`.
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold: expected a number above 0 and up to 1, got {threshold}")
    rows = sorted(set(intents))
    forest = _Forest(len(rows))
    prompts = [content_words(prompt) for _, prompt, _ in rows]
    answers = [content_words(without_list_marks(answer)) for _, _, answer in rows]
    shingler = Shingler()

    for at in range(1, len(rows)):
        if rows[at][0] == rows[at - 1][0]:
            forest.join(at - 1, at)

    sets, classes = _distinct([shingler.shingles(words, _PROMPT_SIZES) for words in prompts], forest)
    for first, second, _ in _similar(sets, threshold, lambda a, b: forest.joined(classes[a][0], classes[b][0])):
        forest.join(classes[first][0], classes[second][0])

    sets, classes = _distinct([shingler.shingles(words, _ANSWER_SIZES) for words in answers], forest)
    for first, second, similarity in _similar(sets, threshold, lambda a, b: forest.joined(classes[a][0], classes[b][0])):
        if similarity < (1 + threshold) / 2 and _fill_one_template(classes[first], classes[second], prompts, answers):
            continue
        forest.join(classes[first][0], classes[second][0])

    # Rows are sorted by name and a root is the lowest of its tree: the group's name is its root's.
    return {name: rows[forest.root(at)][0] for at, (name, _, _) in enumerate(rows)}


class NearPair(NamedTuple):
    """Two records that ask or answer nearly the same."""

    first: int
    second: int
    prompts: float
    """Jaccard similarity of the prompts' words and word pairs."""
    answers: float
    """Jaccard similarity of the answers' runs of three words."""
    kind: Literal["repeated", "conflicting", "same answer"]
    """Prompts alike with equal answers; prompts alike with other answers, were it by a word; answers alike only."""


def near_pairs(records: Sequence[tuple[str, str]], threshold: float) -> list[NearPair]:
    """Find the records that ask or answer nearly the same, to be looked at by a person; nothing is merged.

    Texts are alike from `threshold` on, on content words, as in `group_intents`. Of records whose prompts (or answers) are
    equal on content words, each is paired with the first of them.

    Args:
        records: prompt and answer of each.
        threshold: Jaccard similarity, above 0 and up to 1.

    Returns:
        Each pair once, `first` before `second`, sorted.
    """
    shingler = Shingler()
    prompts = [shingler.shingles(content_words(prompt), _PROMPT_SIZES) for prompt, _ in records]
    answers = [shingler.shingles(content_words(without_list_marks(answer)), _ANSWER_SIZES) for _, answer in records]
    found: dict[tuple[int, int], NearPair] = {}
    for sets in (prompts, answers):
        for first, second in _alike(sets, threshold):
            asked, answered = jaccard(prompts[first], prompts[second]), jaccard(answers[first], answers[second])
            same = "repeated" if answered == 1 else "conflicting"
            kind = same if asked >= threshold else "same answer"
            found[first, second] = NearPair(first, second, asked, answered, kind)
    return [found[key] for key in sorted(found)]


def _alike(sets: list[Shingles], threshold: float) -> Iterator[tuple[int, int]]:
    """Pairs of sets at or above the threshold; of equal ones, each with the first."""
    classes: defaultdict[bytes, list[int]] = defaultdict(list)
    for at, shingles in enumerate(sets):
        classes[shingles.tobytes()].append(at)
    rows = list(classes.values())
    for first, *others in rows:
        yield from ((first, other) for other in others)
    for one, other, _ in _similar([sets[row[0]] for row in rows], threshold, _never):
        first, second = sorted((rows[one][0], rows[other][0]))
        yield first, second


def _never(_one: int, _other: int) -> bool:
    return False


def answer_key(answer: str) -> str:
    """What two answers share when they are the same: their text, normalized, without step numbers."""
    return same_text_key(without_list_marks(answer))


class _Forest:
    """Union-find; the root of a tree is its lowest member."""

    def __init__(self, size: int) -> None:
        self._parent = list(range(size))

    def root(self, at: int) -> int:
        while self._parent[at] != at:
            self._parent[at] = self._parent[self._parent[at]]
            at = self._parent[at]
        return at

    def joined(self, first: int, second: int) -> bool:
        return self.root(first) == self.root(second)

    def join(self, first: int, second: int) -> None:
        low, high = sorted((self.root(first), self.root(second)))
        self._parent[high] = low


def _distinct(sets: list[Shingles], forest: _Forest) -> tuple[list[Shingles], list[list[int]]]:
    """Join the rows whose sets are equal; return each set once, with the rows that have it."""
    classes: defaultdict[bytes, list[int]] = defaultdict(list)
    for at, shingles in enumerate(sets):
        classes[shingles.tobytes()].append(at)
    for rows in classes.values():
        for at in rows[1:]:
            forest.join(rows[0], at)
    return [sets[rows[0]] for rows in classes.values()], list(classes.values())


def _fill_one_template(first: list[int], second: list[int], prompts: list[list[str]], answers: list[list[str]]) -> bool:
    """Whether a word of one side's prompt alone is also a word of its answer alone."""

    def words(rows: list[int], texts: list[list[str]]) -> set[str]:
        return {word for at in rows for word in texts[at]}

    asked, other_asked = words(first, prompts), words(second, prompts)
    answered, other_answered = words(first, answers), words(second, answers)
    slots = (asked - other_asked) & (answered - other_answered)
    other_slots = (other_asked - asked) & (other_answered - answered)
    return bool(slots or other_slots)


def _similar(sets: list[Shingles], threshold: float, skip: Callable[[int, int], bool]) -> Iterator[tuple[int, int, float]]:
    """The pairs of sets whose Jaccard similarity reaches `threshold`, but for those that `skip` makes needless."""
    # datasketch brings scipy's integration along: half a second that `langkah --help` need not pay.
    from datasketch import MinHash, MinHashLSH  # pyright: ignore[reportMissingTypeStubs]

    index = MinHashLSH(num_perm=_PERMUTATIONS, params=_bands(threshold))
    values = np.zeros((len(sets), _PERMUTATIONS), dtype=np.uint32)
    # The upper half of each hash: MinHash takes 32 bits.
    inputs = ((shingles >> np.uint64(32)).tolist() for shingles in sets)
    settings: dict[str, Any] = {"num_perm": _PERMUTATIONS, "seed": _MINHASH_SEED, "hashfunc": int}
    for at, minhash in enumerate(MinHash.generator(inputs, **settings)):  # pyright: ignore[reportUnknownMemberType]
        values[at] = minhash.digest()
        found = cast(list[int], index.query(minhash))  # pyright: ignore[reportUnknownMemberType]
        candidates = np.array(sorted(found), dtype=np.intp)
        if len(candidates):
            estimate = (values[candidates] == values[at]).mean(axis=1)
            for other in map(int, candidates[estimate >= threshold - _SLACK]):
                if not skip(other, at) and (similarity := jaccard(sets[other], sets[at])) >= threshold:
                    yield other, at, similarity
        index.insert(at, minhash, check_duplication=False)


def _bands(threshold: float) -> tuple[int, int]:
    """Bands and rows of the LSH: the most rows (fewest needless candidates) that still find `_RECALL` of the pairs.

    A pair of similarity s is a candidate with probability 1 - (1 - s^r)^b: Leskovec, Rajaraman and Ullman, Mining of
    Massive Datasets, section 3.4.2.
    """
    for rows in range(_PERMUTATIONS // 2, 1, -1):
        bands = _PERMUTATIONS // rows
        if 1 - (1 - threshold**rows) ** bands >= _RECALL:
            return bands, rows
    return _PERMUTATIONS, 1
