from __future__ import annotations

import csv
import html
import json
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from page_reading import found_in

from langkah.procedure import parse_procedure
from langkah.sources.pages import procedures_in_html, procedures_in_markdown

PAGES = Path(__file__).parents[3] / "pages"


class Score(NamedTuple):
    """How the reader did: procedures on the pages, found with exactly their steps, these with their prompt, and others."""

    labelled: int
    exact: int
    prompted: int
    invented: int


def score(folder: Path) -> Score:
    labelled = exact = prompted = invented = 0
    for name, labels in yaml.safe_load((folder / "labels.yaml").read_text(encoding="utf-8")).items():
        read = [(row["prompt"], parse_procedure(row["output"])) for row in found_in(folder / name)]
        found = [(prompt, list(procedure.steps)) for prompt, procedure in read if procedure]
        wanted = [(label["prompt"], label["steps"]) for label in labels]
        steps = [each for _, each in found]
        labelled += len(wanted)
        exact += sum(each in steps for _, each in wanted)
        prompted += sum(each in found for each in wanted)
        invented += sum(each not in [own for _, own in wanted] for each in steps)
    return Score(labelled, exact, prompted, invented)


@pytest.mark.parametrize(
    ("folder", "pages", "least"),
    [(PAGES, 30, 60), (PAGES / "held_out", 6, 15), (PAGES / "held_out_2", 6, 15), (PAGES / "held_out_3", 5, 10)],
)
def test_procedures_of_pages_are_found_with_their_steps_and_none_is_invented(folder: Path, pages: int, least: int) -> None:
    assert len(list(folder.glob("*.html"))) + len(list(folder.glob("*.md"))) == pages
    reached = score(folder)
    assert reached.labelled >= least
    assert reached.exact >= 0.95 * reached.labelled
    assert reached.prompted >= 0.95 * reached.labelled
    assert reached.invented == 0


@pytest.mark.parametrize("form", ["html", "markdown"])
@pytest.mark.parametrize("name", ["gnome-help-en.jsonl", "gnome-help-id.csv"])
def test_real_procedures_laid_out_as_pages_are_found(gnome: Path, name: str, form: str) -> None:
    with (gnome / name).open(encoding="utf-8", newline="") as handle:
        rows = [json.loads(line) for line in handle] if name.endswith("jsonl") else list(csv.DictReader(handle))
    lost = 0
    for row in rows:
        procedure = parse_procedure(row["output"])
        assert procedure is not None
        if form == "html":
            items = "".join(f"<li>{html.escape(step).replace(chr(10), '<br>')}</li>" for step in procedure.steps)
            found = procedures_in_html(f"<h1>{html.escape(row['prompt'])}</h1><ol>{items}</ol>")
        else:
            steps = [step.replace("\n", "\\\n").replace("\n", "\n   ").replace("_", r"\_") for step in procedure.steps]
            found = procedures_in_markdown(
                "# " + row["prompt"] + "\n\n" + "".join(f"{n}. {s}\n" for n, s in enumerate(steps, 1))
            )
        lost += [each.prompt for each in found] != [row["prompt"]] or len(found[0].steps) != len(procedure.steps)
    assert lost <= 0.01 * len(rows)
