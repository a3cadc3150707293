"""`langkah scrub`: every row of one source, in order, with its text scrubbed; no pipeline, no Prefect."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, cast

from langkah.config import ColumnsConfig, IngestConfig, RunConfig
from langkah.errors import InputError
from langkah.sources import SourceRow, describe_sources, find_columns, language_of, read_rows

_MAX_DEPTH: Final = 100
"""Levels of lists and objects in a cell; a row with more is set aside."""


def scrub_file(
    file: Path | str, out: Path, report: Path | None, fields: Sequence[str], config: RunConfig, warn: Callable[[str], None]
) -> str:
    """Write each row of `file` to `out` as JSON, prompt and output (and `fields`) scrubbed, all else as it was.

    Texts inside lists and objects are scrubbed too, with the placeholders of their row, and so are an object's keys. A
    number becomes a text only where it holds personal data. A row that cannot be read as a row is written with nothing but
    its number and the reason, so that none vanishes. `id` and `language` are kept; of every other column that is kept and
    not empty, `warn` is told the name.

    Args:
        file: one source, as `--data` takes it: a path, a URL, `sql:NAME`.
        out: where the rows go.
        report: where the counts go.
        fields: other text columns to scrub.
        config: its sections `sources`, `ingest` and `pii` are used.
        warn: told what the user should know.

    Returns:
        One line that says what was done.

    Raises:
        SourceError: the source cannot be read.
        InputError: `file` is more than one source, `out` or `report` cannot be written, or `fields` names a column that no
            row has.
    """
    from langkah.pii import PiiCounts, Scrubbed, Scrubber, audit

    _check_outputs(file, {"--out": out, "--report": report})
    if config.pii.vault:
        warn("langkah: warning: pii.vault: only `run` and `prepare` keep the originals, `scrub` does not")
    source, *others = describe_sources([str(file)], config.sources)
    if others:
        raise InputError(f"{file}: expected one file, matches {1 + len(others)}")
    rows = list(read_rows(source, config.sources))
    mapping = source.columns
    columns = _columns(rows)
    missing = [name for name in fields if name not in columns]
    if missing:
        raise InputError(f"--field {', '.join(missing)}: no such column in {file}; its columns: {_told(columns, config)}")
    texts = _text_columns(rows, fields, mapping)
    kept = _kept_columns(rows, mapping)
    alone = [name for name in columns if name not in texts and name not in kept and _holds_text(rows, name)]
    if alone:
        warn(f"langkah: warning: {file}: not scrubbed: {_told(alone, config)} (--field NAME scrubs a column too)")
    rows = [_shallow(row, texts) for row in rows]
    outcomes: list[tuple[str, Scrubbed]] = []
    problems: list[dict[str, Any]] = []
    scrubber = Scrubber(config.pii)
    work = [(row, _texts_of(row, texts), _language(row, texts, config.ingest, mapping)) for row in rows]
    scrubbed = scrubber.scrub_many((found, language) for _, found, language in work)
    draft = out.with_name(f".{out.name}.draft")
    try:
        with draft.open("w", encoding="utf-8", newline="\n") as handle:
            for (row, found, language), result in zip(work, scrubbed, strict=True):
                if row.fields is None:
                    problems.append({"row": row.row, "reason": row.problem})
                    handle.write(json.dumps({"row": row.row, "rejected": row.problem}) + "\n")
                    continue
                outcomes.append((language, replace(result, fields={}, originals=())))
                handle.write(json.dumps(_replaced(row.fields, texts, found, result.fields), ensure_ascii=False) + "\n")
        draft.replace(out)
    except OSError as error:
        raise InputError(f"--out {out}: cannot be written: {error.strerror}") from None
    finally:
        draft.unlink(missing_ok=True)
    if problems:
        rows_said = "1 row" if len(problems) == 1 else f"{len(problems)} rows"
        warn(f"langkah: warning: {file}: {rows_said} could not be read, and stand in the output with the reason")
    if report:
        audited = audit(scrubber, [(found, language) for row, found, language in work if row.fields is not None])
        counts = PiiCounts.of(outcomes).model_dump(mode="json")
        _write_report(report, rows, {**counts, "audit": audited.rows()}, problems)
    replaced, touched = sum(sum(each.counts.values()) for _, each in outcomes), sum(bool(each.counts) for _, each in outcomes)
    return f"{len(rows)} rows, {replaced} values replaced in {touched} of them: {out}"


def _check_outputs(file: Path | str, outputs: Mapping[str, Path | None]) -> None:
    """Make sure that each file can be made, and is neither the input nor another output.

    Raises:
        InputError: one line for each option that is wrong.
    """
    problems: list[str] = []
    taken = {"the input": Path(file)}
    for option, path in outputs.items():
        if path is None:
            continue
        same = [name for name, other in taken.items() if _same_file(path, other)]
        if path.is_dir():
            problems.append(f"{option} {path}: expected a file, got a folder")
        elif not path.absolute().parent.is_dir():
            problems.append(f"{option} {path}: expected a file in a folder that exists")
        elif path.exists() and not path.is_file():
            problems.append(f"{option} {path}: expected a plain file")
        elif same:
            problems.append(f"{option} {path}: is the same file as {same[0]}; expected another one")
        taken[option] = path
    if problems:
        raise InputError(*problems)


def _same_file(one: Path, other: Path) -> bool:
    """Say whether two paths lead to one file, through links too, whether or not it is there yet."""
    try:
        return one.samefile(other)
    except OSError:
        return os.path.realpath(one) == os.path.realpath(other)  # a loop of links is no error of this one


def _columns(rows: Sequence[SourceRow]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row.fields or ()))


def _told(names: Sequence[str], config: RunConfig) -> str:
    """Return the names of columns as they may be told: an object's keys are the user's own text."""
    from langkah.pii import Scrubber

    # Not in one record: each name is told as it is, or with its own placeholder.
    return ", ".join(
        each.fields["name"] for each in Scrubber(config.pii).scrub_many(({"name": name}, "mixed") for name in names)
    )


def _text_columns(rows: Sequence[SourceRow], fields: Sequence[str], mapping: ColumnsConfig) -> dict[str, str]:
    """Return column -> role of what is scrubbed: prompt, output, and the extra fields by their own names."""
    found: dict[str, str] = {}
    for row in rows:
        columns = find_columns((name for name, value in (row.fields or {}).items() if value is not None), mapping)
        for name, role in ((columns.prompt, "prompt"), (columns.output, "output")):
            if name is not None:
                found.setdefault(name, role)
    return {**{name: name for name in fields}, **found}


def _kept_columns(rows: Sequence[SourceRow], mapping: ColumnsConfig) -> set[str]:
    """Return the columns that are kept as they are by contract: id and language."""
    found = (find_columns(row.fields or (), mapping) for row in rows)
    return {name for columns in found for name in (columns.id, columns.language) if name is not None}


def _holds_text(rows: Sequence[SourceRow], name: str) -> bool:
    """Say whether a column holds anything that may be personal: numbers count, a telephone number may be one."""
    for row in rows:
        value = (row.fields or {}).get(name)
        empty = not value.strip() if isinstance(value, str) else value in ([], {})
        if value is not None and not isinstance(value, bool) and not empty:
            return True
    return False


def _shallow(row: SourceRow, texts: Mapping[str, str]) -> SourceRow:
    """Set a row aside whose texts lie deeper than they are looked for."""
    fields = row.fields or {}
    if any(_depth_over(fields.get(name), _MAX_DEPTH) for name in texts):
        return SourceRow(row.row, problem="nested too deeply")
    return row


def _depth_over(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit + 1):
        inner = [list(each.values()) if isinstance(each, dict) else each for each in level if isinstance(each, (dict, list))]
        level = [each for values in inner for each in values]
        if not inner:
            return False
    return True


def _rewritten(value: Any, visit: Callable[[Any], Any]) -> Any:
    """Return a value with each text and number in it, keys too, in place of which stands what `visit` makes of it."""
    if isinstance(value, dict):
        made: dict[str, Any] = {}
        for key, inner in cast("dict[str, Any]", value).items():
            name = visit(key)
            while name in made:  # two spellings of one address: one placeholder, but still two entries
                name += "'"
            made[name] = _rewritten(inner, visit)
        return made
    if isinstance(value, list):
        return [_rewritten(inner, visit) for inner in cast("list[Any]", value)]
    return value if value is None or isinstance(value, bool) else visit(value)


def _ordered(fields: Mapping[str, Any], texts: Mapping[str, str]) -> list[str]:
    order = {"prompt": 0, "output": 1}
    return sorted((name for name in texts if name in fields), key=lambda name: order.get(texts[name], len(order)))


def _texts_of(row: SourceRow, texts: Mapping[str, str]) -> dict[str, str]:
    """Return all texts of a row, by the column and, inside of lists and objects, the number of the text in it."""
    fields = row.fields or {}
    found: dict[str, str] = {}
    for name in _ordered(fields, texts):
        pieces: list[Any] = []

        def collect(piece: Any, pieces: list[Any] = pieces) -> Any:
            pieces.append(piece)
            return piece

        _rewritten(fields[name], collect)
        found.update({_place(name, number): _as_text(piece) for number, piece in enumerate(pieces)})
    return found


def _replaced(
    fields: Mapping[str, Any], texts: Mapping[str, str], found: Mapping[str, str], scrubbed: Mapping[str, str]
) -> dict[str, Any]:
    """Return a row with the scrubbed texts where `_texts_of` found them; what did not change keeps its type."""
    made = dict(fields)
    for name in _ordered(fields, texts):
        places = (_place(name, number) for number in itertools.count())

        def replace(piece: Any, places: Iterator[str] = places) -> Any:
            place = next(places)
            return piece if scrubbed[place] == found[place] else scrubbed[place]

        made[name] = _rewritten(fields[name], replace)
    return made


def _place(column: str, number: int) -> str:
    return json.dumps([column, number])


def _as_text(piece: str | int | float) -> str:
    """Write a number as people do: a spreadsheet's 6281234567890.0 is a telephone number."""
    return str(int(piece) if isinstance(piece, float) and piece.is_integer() else piece)


def _language(row: SourceRow, texts: Mapping[str, str], config: IngestConfig, mapping: ColumnsConfig) -> str:
    if row.fields is None:
        return "en"
    given = row.fields.get(find_columns(row.fields, mapping).language or "")
    return language_of(given, "\n".join(_texts_of(row, texts).values()), config) or "mixed"


def _write_report(path: Path, rows: Sequence[SourceRow], counts: Mapping[str, Any], problems: Sequence[Any]) -> None:
    report = {"rows": len(rows), "rejected": problems, **counts}
    try:
        path.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"--report {path}: cannot be written: {error.strerror}") from None
