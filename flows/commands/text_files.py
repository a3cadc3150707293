"""`langkah scrub` and `langkah score`: one file in, one out, no workspace."""

from __future__ import annotations

from pathlib import Path

import click

from flows.commands.options import PathOption, json_option, settings_options
from flows.commands.output import check_writable, terminal, write_json
from langkah.errors import InputError


@click.command()
@click.argument("file")
@click.option("--out", required=True, type=PathOption, metavar="FILE.jsonl", help="Where the scrubbed rows go.")
@click.option("--report", type=PathOption, metavar="FILE.json", help="Where the counts go.")
@click.option("--field", "fields", multiple=True, metavar="NAME", help="Another text column to scrub; repeatable.")
@settings_options("the section pii is used.")
def scrub(
    file: str, out: Path, report: Path | None, fields: tuple[str, ...], config_file: Path | None, settings: tuple[str, ...]
) -> None:
    """Replace personal data in FILE by placeholders.

    Every row stays, in order, with its other fields; a row that cannot be read is written as its number and the reason.
    """
    from flows.scrub_file import scrub_file
    from langkah.config import load_config
    from langkah.pii import check_ner, check_patterns

    config = load_config(config_file, settings)
    if problems := [*check_patterns(config.pii), *check_ner(config.pii)]:
        raise InputError(*problems)
    done = scrub_file(file, out, report, fields, config, warn=lambda text: click.echo(text, err=True))
    click.echo(done)


@click.command()
@click.argument("predictions", type=PathOption)
@json_option("Write the scores here.")
@settings_options("the section evaluate is used.")
@click.option("--diff", "place", type=click.IntRange(1), metavar="N", help="Show what became of each step in the Nth answer.")
def score(
    predictions: Path, json_file: Path | None, config_file: Path | None, settings: tuple[str, ...], place: int | None
) -> None:
    """Score answers against references.

    PREDICTIONS is a JSONL file; its rows hold `reference` and `prediction`, and optionally `prompt`, `intent`, `language`,
    `ended`.
    """
    from langkah.config import load_config
    from langkah.evaluation import read_predictions, score_predictions, step_diff

    config = load_config(config_file, settings).evaluate
    table = config.phrase_table
    check_writable(json_file, [str(predictions), *([table] if table else [])])
    rows = read_predictions(predictions)
    if place is not None and place > len(rows):
        raise InputError(f"--diff {place}: expected the number of an answer, 1 to {len(rows)}")
    scores = score_predictions(rows, config).model_dump(mode="json")
    from flows.console import print_prediction_scores
    from flows.step_lines import print_step_diff

    print_prediction_scores(terminal(), scores)
    if place is not None:
        row = rows[place - 1]
        print_step_diff(terminal(), step_diff(row.prediction, row.reference, row.language))
    write_json(json_file, scores)
