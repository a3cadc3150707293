"""`langkah scrub`: every row of one file, in order, with its text scrubbed; no pipeline, no Prefect."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from langkah.config import IngestConfig, RunConfig
from langkah.errors import InputError
from langkah.sources import SourceRow, describe_files, find_columns, language_of, read_rows


def scrub_file(
    file: Path, out: Path, report: Path | None, fields: Sequence[str], config: RunConfig, warn: Callable[[str], None]
) -> None:
    """Write each row of `file` to `out` as JSON, prompt and output (and `fields`) scrubbed, all else as it was.

    A row that cannot be read as a row is written with nothing but its number and the reason, so that none vanishes.

    Raises:
        SourceError: the file cannot be read.
        InputError: `out` cannot be written, or `fields` names a column that no row has.
    """
    from langkah.pii import PiiCounts, Scrubber

    describe_files([file])
    if out.exists() and out.samefile(file):
        raise InputError(f"--out {out}: is the input; expected another file")
    rows = list(read_rows(file))
    columns = _columns(rows)
    missing = [name for name in fields if name not in columns]
    if missing:
        raise InputError(f"--field {', '.join(missing)}: no such column in {file}; its columns: {', '.join(columns)}")
    texts = {name: kind for name, kind in _text_columns(rows, fields).items() if kind}
    alone = [name for name in columns if name not in texts and _holds_text(rows, name)]
    if alone:
        warn(f"langkah: warning: {file}: not scrubbed: {', '.join(alone)} (--field NAME scrubs a column too)")
    counts = PiiCounts()
    problems: list[dict[str, Any]] = []
    scrubber = Scrubber(config.pii)
    work = [(row, _texts_of(row, texts), _language(row, texts, config.ingest)) for row in rows]
    scrubbed = scrubber.scrub_many((found, language) for _, found, language in work)
    draft = out.with_name(f".{out.name}.draft")
    try:
        with draft.open("w", encoding="utf-8", newline="\n") as handle:
            for (row, _, language), result in zip(work, scrubbed, strict=True):
                if row.fields is None:
                    problems.append({"row": row.row, "reason": row.problem})
                    handle.write(json.dumps({"row": row.row, "rejected": row.problem}) + "\n")
                    continue
                counts = counts.add(language, result)
                handle.write(json.dumps({**row.fields, **result.fields}, ensure_ascii=False) + "\n")
        draft.replace(out)
    except OSError as error:
        raise InputError(f"--out {out}: cannot be written: {error.strerror}") from None
    finally:
        draft.unlink(missing_ok=True)
    if problems:
        warn(f"langkah: warning: {file}: {len(problems)} rows could not be read; they stand in the output as rejected")
    if report:
        _write_report(report, rows, counts.model_dump(mode="json"), problems)


def _columns(rows: Sequence[SourceRow]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row.fields or ()))


def _text_columns(rows: Sequence[SourceRow], fields: Sequence[str]) -> dict[str, str]:
    """Return column -> role of what is scrubbed: prompt, output, and the extra fields by their own names."""
    found: dict[str, str] = {}
    for row in rows:
        if row.fields is None:
            continue
        columns = find_columns(list(row.fields))
        for role in ("prompt", "output"):
            if name := getattr(columns, role):
                found.setdefault(name, role)
    return {**found, **{name: name for name in fields}}


def _texts_of(row: SourceRow, texts: Mapping[str, str]) -> dict[str, str]:
    fields = row.fields or {}
    order = {"prompt": 0, "output": 1}
    ordered = sorted(texts, key=lambda name: order.get(texts[name], len(order)))
    return {name: fields[name] for name in ordered if isinstance(fields.get(name), str)}


def _language(row: SourceRow, texts: Mapping[str, str], config: IngestConfig) -> str:
    if row.fields is None:
        return "en"
    found = _texts_of(row, texts)
    given = row.fields.get(find_columns(list(row.fields)).language or "")
    return language_of(given, "\n".join(found.values()), config) or "mixed"


def _holds_text(rows: Sequence[SourceRow], name: str) -> bool:
    """Say whether a column holds words; numbers and short codes of digits do not count."""
    values: Iterator[Any] = (row.fields[name] for row in rows if row.fields and name in row.fields)
    return any(isinstance(value, (dict, list)) or (isinstance(value, str) and any(map(str.isalpha, value))) for value in values)


def _write_report(path: Path, rows: Sequence[SourceRow], counts: Mapping[str, Any], problems: Sequence[Any]) -> None:
    report = {"rows": len(rows), "rejected": problems, **counts}
    try:
        path.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"--report {path}: cannot be written: {error.strerror}") from None
