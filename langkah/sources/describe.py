"""Check the files of a run before anything starts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from langkah.errors import SourceError
from langkah.sources.files import SourceFile, names_of, read_bytes, sha256_of
from langkah.sources.rows import parse_rows


def describe_files(paths: Sequence[Path]) -> tuple[SourceFile, ...]:
    """Name and hash the files of a run, in the order of their names.

    Raises:
        SourceError: one line for each problem of each file: missing, a folder, empty, unreadable, of an unknown kind,
            given twice, invalid JSON as a whole (with line and column), a CSV without a column for prompt or output.
    """
    if not paths:
        raise SourceError("no file given: expected at least one .json, .jsonl, .csv or .tsv")
    problems: list[str] = []
    described: list[SourceFile] = []
    seen: set[Path] = set()
    for path, name in zip(paths, names_of(paths), strict=True):
        try:
            data = read_bytes(path)
            parse_rows(data, path)
            name.encode("utf-8")
        except SourceError as error:
            problems.extend(error.problems)
            continue
        except UnicodeEncodeError:
            problems.append(f"{str(path)!r}: expected a file name in UTF-8")
            continue
        real = path.resolve()
        if real in seen:
            problems.append(f"{path}: given twice")
            continue
        seen.add(real)
        described.append(SourceFile(name=name, path=path, sha256=sha256_of(data)))
    if problems:
        raise SourceError(*dict.fromkeys(problems))
    return tuple(sorted(described, key=lambda file: file.name))
