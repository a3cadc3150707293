"""Rows in files, one JSON object a line: written as they come, read one at a time, looked up by where they begin.

Steps work on more rows than memory holds. What they keep of a row is where it begins, eight bytes, and numbers.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar, overload

from pydantic import BaseModel

R = TypeVar("R", bound=BaseModel)
Out = TypeVar("Out", covariant=True)
_BUFFER: Final = 1 << 20


class RowWriter:
    """Writes rows into a new file as they come: UTF-8, keys in field order."""

    def __init__(self, path: Path) -> None:
        self._handle = path.open("wb", buffering=_BUFFER)
        self.count = 0

    def write(self, row: BaseModel) -> None:
        """Write one row."""
        self._handle.write(row.model_dump_json().encode("utf-8") + b"\n")
        self.count += 1

    def close(self) -> None:
        """Close the file."""
        self._handle.close()

    def __enter__(self) -> RowWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def write_jsonl(path: Path, rows: Iterable[BaseModel]) -> int:
    """Write rows as `RowWriter` does; return how many."""
    with RowWriter(path) as writer:
        for row in rows:
            writer.write(row)
    return writer.count


def read_jsonl(path: Path, kind: type[R]) -> Iterator[R]:
    """Read the rows that `write_jsonl` wrote.

    Raises:
        pydantic.ValidationError: a line is not a `kind`; its text is not in the message.
    """
    with path.open("rb", buffering=_BUFFER) as handle:
        for line in handle:
            yield kind.model_validate_json(line)


class Rows(Protocol[Out]):
    """Rows that can be read again and again, from the first on or one by its place."""

    def __iter__(self) -> Iterator[Out]: ...

    def placed(self) -> Iterator[tuple[int, Out]]:
        """Each row with its place."""
        ...

    def at(self, place: int) -> Out:
        """The row of a place."""
        ...


class RowList(Rows[R]):
    """Rows in memory; their places are their numbers."""

    def __init__(self, rows: Iterable[R]) -> None:
        self._rows = list(rows)

    def __iter__(self) -> Iterator[R]:
        return iter(self._rows)

    def placed(self) -> Iterator[tuple[int, R]]:
        """Each row with its place."""
        return zip(count(), self._rows)

    def at(self, place: int) -> R:
        """The row of a place."""
        return self._rows[place]


class RowFile(Rows[R]):
    """The rows of a file; their places are the bytes at which they begin."""

    def __init__(self, path: Path, kind: type[R]) -> None:
        self._path = path
        self._kind = kind
        self._handle = path.open("rb")

    def __iter__(self) -> Iterator[R]:
        return read_jsonl(self._path, self._kind)

    def placed(self) -> Iterator[tuple[int, R]]:
        """Each row with its place."""
        start = 0
        with self._path.open("rb", buffering=_BUFFER) as handle:
            for line in handle:
                yield start, self._kind.model_validate_json(line)
                start += len(line)

    def at(self, place: int) -> R:
        """The row of a place."""
        self._handle.seek(place)
        return self._kind.model_validate_json(self._handle.readline())

    def close(self) -> None:
        """Close the file."""
        self._handle.close()


class SortedRows(Sequence[R]):
    """Rows in the order of a key.

    Args:
        rows: in any order.
        order: what they are sorted by.
    """

    def __init__(self, rows: Rows[R], order: Callable[[R], Any]) -> None:
        self._rows = rows
        self._places = array("q", (place for _, place in sorted((order(row), place) for place, row in rows.placed())))

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, place: int) -> R: ...
    @overload
    def __getitem__(self, place: slice) -> list[R]: ...
    def __getitem__(self, place: int | slice) -> R | list[R]:
        if isinstance(place, slice):
            return [self._rows.at(at) for at in self._places[place]]
        return self._rows.at(self._places[place])
