"""Parquet, through pyarrow; nested values are kept, dates and decimals become what JSON has for them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from langkah.errors import SourceError
from langkah.sources.columns import missing_columns, unique_names
from langkah.sources.rows import NOT_UTF8, Reading, SourceRow, typed_row

_MAGIC: Final = b"PAR1"
_BATCH: Final = 256
"""Rows unpacked at once: small, so that the limit is met before memory is."""


def parquet_rows(stream: BinaryIO, reading: Reading) -> Iterator[SourceRow]:
    """Read the rows; their places are the row numbers.

    Raises:
        SourceError: at the call: no Parquet file, damaged, encrypted, without a column for prompt or output, or one that
            unpacks to more than the limit.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not _is_parquet(stream):
        raise SourceError(f"{reading.where}: expected a Parquet file (damaged, cut off, encrypted, or something else)")
    rows: list[SourceRow] = []
    size = 0
    try:
        file = pq.ParquetFile(stream)
        names = list(file.schema_arrow.names)
        if problem := missing_columns(names, reading.columns):
            raise SourceError(f"{reading.where}: {problem}")
        meta = file.metadata
        if sum(meta.row_group(group).total_byte_size for group in range(meta.num_row_groups)) > reading.limit:
            raise reading.too_large()
        keys = unique_names(names)
        for batch in file.iter_batches(batch_size=_BATCH, use_threads=False):
            size += batch.nbytes
            if size > reading.limit:
                raise reading.too_large()
            made = list(_rows(batch, keys, len(rows)))
            size += max(0, sum(map(_letters, made)) - batch.nbytes)  # a dictionary's values count as often as they stand
            rows.extend(made)
        if size > reading.limit:
            raise reading.too_large()
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError, IndexError, OverflowError, MemoryError):
        raise SourceError(f"{reading.where}: a damaged Parquet file, or values of a type that cannot be read") from None
    return iter(rows)


def _is_parquet(stream: BinaryIO) -> bool:
    """Whether it begins and ends as such a file does."""
    begins = stream.read(len(_MAGIC)) == _MAGIC
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - len(_MAGIC)))
    ends = stream.read() == _MAGIC
    stream.seek(0)
    return begins and ends


def _rows(batch: Any, keys: list[str], before: int) -> Iterator[SourceRow]:
    columns = [_values(column) for column in batch.columns]
    for place in range(batch.num_rows):
        cells = [column[place] for column in columns]
        row = before + place + 1
        if any(cell is _UNREADABLE for cell in cells):
            yield SourceRow(row, problem=NOT_UTF8)
        else:
            yield typed_row(row, dict(zip(keys, cells, strict=True)))


def _letters(row: SourceRow) -> int:
    return sum(len(value) for value in (row.fields or {}).values() if isinstance(value, str))


_UNREADABLE: Final = object()


def _values(column: Any) -> list[Any]:
    try:
        return column.to_pylist()
    except UnicodeDecodeError:
        return [_value(cell) for cell in column]


def _value(cell: Any) -> Any:
    try:
        return cell.as_py()
    except UnicodeDecodeError:
        return _UNREADABLE
