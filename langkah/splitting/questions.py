"""What the split and its audit keep of millions of rows: where each question is, and hashes of texts."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray

from langkah.records import DatasetRow, PromptVariant
from langkah.row_files import Rows
from langkah.same_text import text_hash
from langkah.splitting.near_duplicates import Question


class Questions(Sequence[Question]):
    """Intent, original prompt and answer of the rows of some files, each once, sorted by intent; read when they are asked for.

    Args:
        files: all rows of an intent together, intents in order of name.
        of_originals: whether only rows with an original prompt count.
    """

    def __init__(self, files: Sequence[Rows[PromptVariant] | Rows[DatasetRow]], *, of_originals: bool = False) -> None:
        self._files = files
        self._numbers, self._places = array("b"), array("q")
        named: list[str] = []
        seen = set[int]()
        for number, file in enumerate(files):
            for place, row in file.placed():
                if of_originals and row.variant_of is not None:
                    continue
                asked = text_hash("\0".join((row.intent, row.variant_of or row.prompt, row.output)))
                if asked not in seen:
                    seen.add(asked)
                    named.append(row.intent)
                    self._numbers.append(number)
                    self._places.append(place)
        if len(files) > 1 or any(named[at] < named[at - 1] for at in range(1, len(named))):
            order = sorted(range(len(named)), key=named.__getitem__)
            self._numbers = array("b", (self._numbers[at] for at in order))
            self._places = array("q", (self._places[at] for at in order))

    @property
    def file_numbers(self) -> NDArray[np.int8]:
        """Which of the files each is from."""
        return np.frombuffer(self._numbers, dtype=np.int8) if self._numbers else np.empty(0, dtype=np.int8)

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, place: int) -> Question: ...
    @overload
    def __getitem__(self, place: slice) -> list[Question]: ...
    def __getitem__(self, place: int | slice) -> Question | list[Question]:
        if isinstance(place, slice):
            return [self[at] for at in range(*place.indices(len(self)))]
        row = self._files[self._numbers[place]].at(self._places[place])
        return row.intent, row.variant_of or row.prompt, row.output

    def __iter__(self) -> Iterator[Question]:
        return (self[place] for place in range(len(self)))


class TextHashes:
    """Texts by their hashes: added, sorted once, then looked up."""

    def __init__(self) -> None:
        self._hashes = array("Q")

    def add(self, text: str) -> None:
        """Take a text in."""
        self._hashes.append(text_hash(text))

    def sort(self) -> None:
        """Have the texts looked up from now on."""
        self._hashes = array("Q", np.sort(self.numbers()).tobytes())

    def numbers(self) -> NDArray[np.uint64]:
        """The hashes, in the order in which they were added, or sorted."""
        return np.frombuffer(self._hashes, dtype=np.uint64) if self._hashes else np.empty(0, dtype=np.uint64)

    def __contains__(self, text: str) -> bool:
        number = text_hash(text)
        at = bisect_left(self._hashes, number)
        return at < len(self._hashes) and self._hashes[at] == number
