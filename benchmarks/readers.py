"""What the readers of sources find on the labelled pages and texts, and how fast they are against the plain ways.

    python benchmarks/readers.py [--rows 5000] [--data ../shared/data]

Prints: procedures found on `tests/pages` and in its `held_out` folders; languages named right on the texts of
`tests/unit/sources` and, where it is there, on real how-to text; and rows per CPU-second of each format, with the ratio to
pandas reading the same file.
"""

from __future__ import annotations

import argparse
import html
import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from langkah.config import IngestConfig, SourcesConfig
from langkah.language import detect
from langkah.procedure import parse_procedure
from langkah.sources import build_index, describe_sources, read_rows

TESTS = Path(__file__).parents[1] / "tests"
PLAIN = SourcesConfig()


def pages(folder: Path) -> None:
    """Print how many of the labelled procedures are found, and how many that are none."""
    labelled = exact = prompted = invented = 0
    for name, labels in yaml.safe_load((folder / "labels.yaml").read_text(encoding="utf-8")).items():
        (source,) = describe_sources([str(folder / name)])
        rows = [row.fields for row in read_rows(source, PLAIN) if row.fields is not None]
        procedures = [parse_procedure(row["output"]) for row in rows]
        found = [(row["prompt"], list(each.steps)) for row, each in zip(rows, procedures, strict=True) if each]
        wanted = [(label["prompt"], label["steps"]) for label in labels]
        labelled += len(wanted)
        exact += sum(steps in [own for _, own in found] for _, steps in wanted)
        prompted += sum(each in found for each in wanted)
        invented += sum(steps not in [own for _, own in wanted] for _, steps in found)
    print(
        f"{folder.name:<11} {labelled} procedures: {exact} with exactly their steps, {prompted} with their prompt too", end=""
    )
    print(f", {invented} invented")


def languages(data: Path) -> None:
    """Print how many texts are given the language that a person gave them."""
    lines = (TESTS / "unit/sources/language_texts.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line) for line in lines]
    of = Counter(text["language"] for text in texts)
    right = Counter(text["language"] for text in texts if detect(text["text"]) == text["language"])
    told = ", ".join(f"{language} {right[language]}/{count}" for language, count in of.items())
    print(f"languages {right.total()}/{len(texts)} of the labelled texts: {told}")
    for name in ("gnome-help-en.jsonl", "gnome-help-id.csv"):
        if (data / name).is_file():
            sources = describe_sources([str(data / name)])
            counts = Counter(row.language for row in build_index(sources, IngestConfig()))
            print(f"languages {name}: {dict(counts.most_common())}")


def written(folder: Path, count: int) -> dict[str, tuple[Path, Callable[[Path], Any]]]:
    """The same rows in each format, and how pandas reads them."""
    import pandas as pd

    rows = [
        {"id": n, "prompt": f"How do I do task {n}?", "output": f"1. Open page {n}.\n2. Press Save.\n3. Wait {n} s."}
        for n in range(count)
    ]
    table = pd.DataFrame(rows)
    paths = {ending: folder / f"faq.{ending}" for ending in ("csv", "jsonl", "json", "parquet", "xlsx", "html")}
    table.to_csv(paths["csv"], index=False)
    table.to_json(paths["jsonl"], orient="records", lines=True)
    table.to_json(paths["json"], orient="records")
    table.to_parquet(paths["parquet"])
    table.to_excel(paths["xlsx"], index=False)
    items = (
        f"<h2>{html.escape(row['prompt'])}</h2><ol>{''.join(f'<li>{s[3:]}</li>' for s in str(row['output']).splitlines())}</ol>"
        for row in rows
    )
    paths["html"].write_text("".join(items), encoding="utf-8")
    plain: dict[str, Callable[[Path], Any]] = {
        "csv": pd.read_csv,
        "jsonl": lambda path: pd.read_json(path, lines=True),
        "json": pd.read_json,
        "parquet": pd.read_parquet,
        "xlsx": pd.read_excel,
        "html": lambda path: path.read_text(encoding="utf-8"),
    }
    return {ending: (path, plain[ending]) for ending, path in paths.items()}


def speed(count: int) -> None:
    """Print rows per CPU-second."""
    with tempfile.TemporaryDirectory() as folder:
        for ending, (path, plain) in written(Path(folder), count).items():
            started = time.process_time()
            plain(path)
            theirs = time.process_time() - started
            (source,) = describe_sources([str(path)])
            started = time.process_time()
            rows = sum(1 for _ in read_rows(source, PLAIN))
            ours = time.process_time() - started
            assert rows == count
            compared = "" if ending == "html" else f"  {theirs / ours:.2f} times pandas' speed"
            print(f"{ending:<9} {rows / ours:>9,.0f} rows/CPU-s{compared}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=5_000)
    parser.add_argument("--data", type=Path, default=TESTS.parent.parent / "shared" / "data")
    options = parser.parse_args()
    for folder in (TESTS / "pages", *sorted((TESTS / "pages").glob("held_out*"))):
        pages(folder)
    languages(options.data)
    speed(options.rows)


if __name__ == "__main__":
    main()
