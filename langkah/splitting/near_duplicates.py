"""Groups of intents that are the same procedure asked or answered twice: a group never sits on two sides."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from langkah.same_text import same_text_key
from langkah.splitting.shingles import Numbers, Shingler, content_words, jaccard, without_list_marks
from langkah.splitting.similar_sets import SetTable, SetWriter, SimilarSets, similar_sets

_PROMPT_SIZES = (1, 2)
_ANSWER_SIZES = (3,)
_AT_ONCE = 512
Question = tuple[str, str, str]
"""Name of an intent, original prompt, answer."""


def group_intents(intents: Iterable[Question], threshold: float) -> dict[str, str]:
    """Put near-duplicate intents into groups.

    Two intents are near-duplicates when one of these holds, on content words (see `shingles`):

    - prompts: the Jaccard similarity of their words and word pairs reaches `threshold`;
    - answers: the Jaccard similarity of their runs of three words reaches half-way between `threshold` and 1;
    - answers between `threshold` and half-way, unless the two fill one template: when a word that only one prompt has
      is also a word that only its answer has ("turn on slow keys" and "turn on sticky keys"), they are two procedures.

    So texts that are equal when normalized always share a group. Groups are the connected components. No pair is missed
    (`similar_sets`). Time grows with the square of the prompts that fill one template ("How do I turn on X keys?").

    Args:
        intents: name, original prompt and answer of each intent, in any order; a name may come with several of them.
        threshold: Jaccard similarity, above 0 and up to 1.

    Returns:
        The group of each intent, named by the lowest name in it. The same for any order of `intents`.
    """
    return group_sorted(sorted(set(intents)), threshold)


def group_sorted(rows: Sequence[Question], threshold: float, scratch: Path | None = None) -> dict[str, str]:
    """Put near-duplicate intents into groups, as `group_intents` does.

    Args:
        rows: sorted by name; read once in order, and now and then one by its place: they need not be in memory.
        threshold: Jaccard similarity, above 0 and up to 1.
        scratch: where the sets of words lie meanwhile, some kilobyte a row.
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold: expected a number above 0 and up to 1, got {threshold}")
    names, prompts, answers = shingle_tables(rows, scratch)
    forest = _Forest(len(names))
    for at in range(1, len(names)):
        if names[at] == names[at - 1]:
            forest.join(at - 1, at)

    _, distinct = _joined(prompts, forest)
    for found in similar_sets(prompts.take(distinct), threshold, _Classes(forest, distinct)):
        for first, second in zip(distinct[found.first].tolist(), distinct[found.second].tolist(), strict=True):
            forest.join(first, second)
    del prompts
    classes, distinct = _joined(answers, forest)
    members = _Members(classes)
    for found in similar_sets(answers.take(distinct), threshold, _Classes(forest, distinct)):
        for first, second in _same_procedure(found, distinct, members, rows, threshold):
            forest.join(first, second)

    # Rows are sorted by name and a root is the lowest of its tree: the group's name is its root's.
    return {name: names[forest.root(at)] for at, name in enumerate(names)}


def crossing_intents(
    rows: Sequence[Question], side: NDArray[np.bool_], threshold: float, scratch: Path | None = None
) -> set[str]:
    """Find the intents that are near-duplicates of one on the other side: a group on two sides has such a pair.

    Args:
        rows: as for `group_sorted`.
        side: on which of two sides each is.
        threshold: Jaccard similarity, above 0 and up to 1.
        scratch: as for `group_sorted`.
    """
    names, prompts, answers = shingle_tables(rows, scratch)
    crossing: set[int] = set()
    for at in range(1, len(names)):
        if names[at] == names[at - 1] and side[at] != side[at - 1]:
            crossing |= {at - 1, at}
    for table in (prompts, answers):
        classes = table.classes()
        for at in np.flatnonzero(side != side[classes]).tolist():
            crossing |= {int(classes[at]), at}
        distinct = np.unique(classes)
        members = _Members(classes)
        for found in similar_sets(table.take(distinct), threshold, _Sides(side[distinct])):
            if table is prompts:
                crossing.update(distinct[np.concatenate((found.first, found.second))].tolist())
            else:
                crossing.update(at for pair in _same_procedure(found, distinct, members, rows, threshold) for at in pair)
    return {names[at] for at in crossing}


def shingle_tables(rows: Iterable[Question], scratch: Path | None = None) -> tuple[list[str], SetTable, SetTable]:
    """The names of questions, and the shingles of their prompts and of their answers."""
    shingler = Shingler()
    names: list[str] = []
    prompts, answers = SetWriter(scratch), SetWriter(scratch)
    source = iter(rows)
    while some := list(islice(source, _AT_ONCE)):
        names += [name for name, _, _ in some]
        for table, texts, sizes in (
            (prompts, [prompt for _, prompt, _ in some], _PROMPT_SIZES),
            (answers, [without_list_marks(answer) for _, _, answer in some], _ANSWER_SIZES),
        ):
            members, lengths = shingler.sets(texts, sizes)
            table.add_all(members, lengths.tolist())
    return names, prompts.table(), answers.table()


def _same_procedure(
    found: SimilarSets, distinct: Numbers, members: _Members, rows: Sequence[Question], threshold: float
) -> Iterator[tuple[int, int]]:
    """The pairs of answers that are one procedure, by the places of rows."""
    for one, other, similarity in zip(*(each.tolist() for each in found), strict=True):
        first, second = int(distinct[one]), int(distinct[other])
        alike = similarity >= (1 + threshold) / 2
        if alike or not _fill_one_template(members.of(first), members.of(second), rows):
            yield first, second


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


def near_pairs(records: Iterable[tuple[str, str]], threshold: float, scratch: Path | None = None) -> list[NearPair]:
    """Find the records that ask or answer nearly the same, to be looked at by a person; nothing is merged.

    Texts are alike from `threshold` on, on content words, as in `group_intents`. Of records whose prompts (or answers) are
    equal on content words, each is paired with the first of them.

    Args:
        records: prompt and answer of each.
        threshold: Jaccard similarity, above 0 and up to 1.
        scratch: as for `group_sorted`.

    Returns:
        Each pair once, `first` before `second`, sorted.
    """
    _, prompts, answers = shingle_tables((("", prompt, answer) for prompt, answer in records), scratch)
    found: dict[tuple[int, int], NearPair] = {}
    for sets in (prompts, answers):
        for first, second in _alike(sets, threshold):
            asked, answered = jaccard(prompts[first], prompts[second]), jaccard(answers[first], answers[second])
            same = "repeated" if answered == 1 else "conflicting"
            kind = same if asked >= threshold else "same answer"
            found[first, second] = NearPair(first, second, asked, answered, kind)
    return [found[key] for key in sorted(found)]


def _alike(table: SetTable, threshold: float) -> Iterator[tuple[int, int]]:
    """Pairs of sets at or above the threshold; of equal ones, each with the first."""
    classes = table.classes()
    for place in np.flatnonzero(classes != np.arange(len(table))).tolist():
        yield int(classes[place]), place
    rows = np.unique(classes)
    for found in similar_sets(table.take(rows), threshold):
        yield from zip(rows[found.first].tolist(), rows[found.second].tolist(), strict=True)


def answer_key(answer: str) -> str:
    """What two answers share when they are the same: their text, normalized, without step numbers."""
    return same_text_key(without_list_marks(answer))


class _Forest:
    """Union-find; the root of a tree is its lowest member."""

    def __init__(self, size: int) -> None:
        self._parent = array("q", range(size))

    def root(self, at: int) -> int:
        while self._parent[at] != at:
            self._parent[at] = self._parent[self._parent[at]]
            at = self._parent[at]
        return at

    def join(self, first: int, second: int) -> None:
        low, high = sorted((self.root(first), self.root(second)))
        self._parent[high] = low


class _Classes:
    """Groups of sets that stand for several rows each."""

    def __init__(self, forest: _Forest, rows: Numbers) -> None:
        self._forest = forest
        self._rows = rows

    def roots(self, sets: Numbers) -> Numbers:
        """Return the root of each set's first row."""
        return np.array([self._forest.root(row) for row in self._rows[sets].tolist()], dtype=np.int64)


def _answer_words(answer: str) -> list[str]:
    return content_words(without_list_marks(answer))


def _joined(table: SetTable, forest: _Forest) -> tuple[Numbers, Numbers]:
    """Join the rows whose sets are equal; return the first equal row of each, and those rows, each once."""
    classes = table.classes()
    for at in np.flatnonzero(classes != np.arange(len(table))).tolist():
        forest.join(int(classes[at]), at)
    return classes, np.unique(classes)


class _Members:
    """The rows of each class of equal sets."""

    def __init__(self, classes: Numbers) -> None:
        self._order = np.argsort(classes, kind="stable")
        self._sorted = classes[self._order]

    def of(self, first: int) -> list[int]:
        """The rows of the class that is named by its first one."""
        start, stop = np.searchsorted(self._sorted, [first, first + 1])
        return self._order[start:stop].tolist()


class _Sides:
    """Two groups that are known from the start."""

    def __init__(self, side: NDArray[np.bool_]) -> None:
        self._side = side.astype(np.int64)

    def roots(self, sets: Numbers) -> Numbers:
        """Return the side of each set."""
        return self._side[sets]


def _fill_one_template(first: list[int], second: list[int], rows: Sequence[Question]) -> bool:
    """Whether a word of one side's prompt alone is also a word of its answer alone."""

    def words(places: list[int]) -> tuple[set[str], set[str]]:
        prompts = {word for at in places for word in content_words(rows[at][1])}
        return prompts, {word for at in places for word in _answer_words(rows[at][2])}

    asked, answered = words(first)
    other_asked, other_answered = words(second)
    slots = (asked - other_asked) & (answered - other_answered)
    other_slots = (other_asked - asked) & (other_answered - answered)
    return bool(slots or other_slots)
